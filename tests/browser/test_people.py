"""People as targets on the photo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from defocus import Photo, read_photo, write_photo
from defocus.disparity import Disparity
from defocus.edit import Output

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Desk

pytestmark = pytest.mark.browser


@pytest.fixture
def couple(empty_desk: Desk, example: Path, tmp_path: Path) -> Desk:
    """The same woman twice: near on the left, farther on the right."""
    once = read_photo(example).pixels
    values = np.repeat(np.array([0.9, 0.6], np.float32), 512)
    path = write_photo(
        Photo(np.hstack([once, once])),
        tmp_path / "couple.jpg",
        output=Output(embed_disparity=True, quality=95),
        disparity=Disparity(np.tile(values, (512, 1))),
    )
    desk = empty_desk
    desk.add(path)
    assert len(desk.js("studio.current.scene.faces")) == 2
    return desk


def middles(desk: Desk) -> list[tuple[float, float]]:
    """Of the faces, from left to right."""
    faces: list[dict[str, float]] = desk.js("studio.current.scene.faces")
    found = [(face["x"] + face["width"] / 2, face["y"] + face["height"] / 2) for face in faces]
    return sorted(found)


def held(desk: Desk) -> list[bool]:
    """Whether the left one and the right one are in focus."""
    marks: list[Any] = desk.js(
        "[...document.querySelectorAll('.person')].map(mark =>"
        " [Number.parseFloat(mark.style.left), mark.getAttribute('aria-pressed') === 'true'])"
    )
    return [on for _, on in sorted(marks)]


def test_a_click_holds_one_person_and_with_shift_another_is_added(couple: Desk) -> None:
    left, right = middles(couple)
    couple.click_photo(*right)
    assert held(couple) == [False, True]
    focus = couple.edit()["focus"]
    assert focus["mode"] == "rectangle"
    assert focus["at"][0] < right[0] < focus["at"][2]
    couple.page.keyboard.down("Shift")
    couple.click_photo(*left)
    couple.page.keyboard.up("Shift")
    assert held(couple) == [True, True]
    couple.page.keyboard.down("Shift")
    couple.click_photo(*right)  # lets go of that one
    couple.page.keyboard.up("Shift")
    assert held(couple) == [True, False]
    for expected in ([True, True], [False, True]):  # each was one step
        couple.page.keyboard.press("Control+z")
        assert held(couple) == expected
    couple.page.keyboard.press("Control+z")
    assert couple.edit()["focus"]["mode"] == "auto"


def test_a_click_holds_somebody_alone_too_who_is_not_the_subject(
    empty_desk: Desk, sample_photo: Path
) -> None:
    desk = empty_desk
    desk.add(sample_photo)
    ((x, y),) = middles(desk)
    desk.click_photo(x, y)
    assert held(desk) == [True]
    assert desk.edit()["focus"]["mode"] == "point"  # of the subject it holds the whole
    desk.js("studio.current.subject.fill(0)")
    desk.click_photo(x, y)
    focus = desk.edit()["focus"]
    assert focus["mode"] == "rectangle"
    assert focus["at"][0] < x < focus["at"][2]
    assert held(desk) == [True]


def test_a_person_is_outlined_under_the_pointer(couple: Desk) -> None:
    left, right = middles(couple)
    outlined = "[...document.querySelectorAll('.person.under')].length"
    couple.page.mouse.move(*couple.at(*right))
    assert couple.js(outlined) == 1
    couple.page.mouse.move(*couple.at((left[0] + right[0]) / 2, 0.02))
    assert couple.js(outlined) == 0
    couple.page.keyboard.press("b")  # the brush paints, whoever is beneath it
    couple.page.mouse.move(*couple.at(*left))
    assert couple.js(outlined) == 0


def test_tab_goes_through_people_and_enter_holds_them(couple: Desk) -> None:
    couple.page.locator("#viewport").focus()
    couple.page.keyboard.press("Tab")
    couple.page.keyboard.press("Enter")
    one = held(couple)
    assert sorted(one) == [False, True]
    couple.page.keyboard.press("Tab")
    couple.page.keyboard.press("Shift+Enter")
    assert held(couple) == [True, True]
    couple.save()  # and the focus stays where it was
    assert couple.js("document.activeElement.className") == "person"


def test_a_drag_that_begins_on_a_person_draws_the_focus_along(couple: Desk) -> None:
    left, _ = middles(couple)
    mouse = couple.page.mouse
    mouse.move(*couple.at(*left))
    mouse.down()
    mouse.move(*couple.at(0.5, 0.9), steps=5)
    mouse.up()
    assert couple.edit()["focus"]["mode"] == "point"


@pytest.fixture
def lamp(empty_desk: Desk, tmp_path: Path) -> Desk:
    """A near thing on the left and the subject, farther off, on the right; a ground, a wall."""
    values = np.tile(np.linspace(0.0, 0.5, 240, dtype=np.float32)[:, None], (1, 320))
    values[:120] = 0.0
    pixels = np.full((240, 320, 3), 190, np.uint8)
    pixels[120:] = (120, 130, 110)
    for rows, columns, depth, colour in (
        (slice(60, 200), slice(40, 90), 1.0, (60, 40, 150)),
        (slice(90, 190), slice(200, 260), 0.75, (150, 60, 40)),
    ):
        values[rows, columns] = depth
        pixels[rows, columns] = colour
    output = Output(embed_disparity=True, quality=95)
    path = write_photo(
        Photo(pixels), tmp_path / "lamp.jpg", output=output, disparity=Disparity(values)
    )
    empty_desk.add(path)
    assert empty_desk.js("studio.current.things.labels.some(label => label > 0)")
    return empty_desk


NEAR_THING, FAR_THING, WALL = (65 / 320, 0.5), (230 / 320, 0.55), (0.5, 0.1)


def holds(desk: Desk, depth: float) -> bool:
    plane = desk.js("studio.current.plane()")
    return bool(abs(plane["disparity"] - depth) <= plane["range"] / 2 + 1e-3)


def test_a_thing_is_outlined_under_the_pointer_and_held_by_a_click(lamp: Desk) -> None:
    outline = lamp.page.locator("#thing")
    lamp.page.mouse.move(*lamp.at(*WALL))
    assert outline.is_hidden()
    lamp.page.mouse.move(*lamp.at(*NEAR_THING))
    assert outline.is_visible()
    asked: list[str] = []
    lamp.page.on("request", lambda request: asked.append(request.url))
    lamp.click_photo(*NEAR_THING)
    assert asked == []
    assert holds(lamp, 1)
    assert not holds(lamp, 0.75)
    focus = lamp.edit()["focus"]
    left, top, right, bottom = focus["at"]
    assert (focus["mode"], left < NEAR_THING[0] < right) == ("rectangle", True)
    assert top < NEAR_THING[1] < bottom
    lamp.page.keyboard.down("Shift")
    lamp.click_photo(*FAR_THING)
    lamp.page.keyboard.up("Shift")
    assert holds(lamp, 0.75)
    assert holds(lamp, 1)
    lamp.page.keyboard.press("Control+z")
    assert lamp.edit()["focus"] == focus
    lamp.click_photo(*WALL)  # no thing: the point
    assert lamp.edit()["focus"]["mode"] == "point"
    lamp.page.keyboard.press("b")
    lamp.page.mouse.move(*lamp.at(*NEAR_THING))
    assert outline.is_hidden()


def test_enter_holds_the_thing_at_the_point(lamp: Desk) -> None:
    lamp.js(f"studio.viewport.point = {{x: {NEAR_THING[0]}, y: {NEAR_THING[1]}}}")
    lamp.page.locator("#viewport").focus()
    lamp.page.keyboard.press("Enter")
    assert lamp.edit()["focus"]["mode"] == "rectangle"
    assert holds(lamp, 1)

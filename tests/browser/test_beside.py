"""Two pictures: before and after, two apertures, two photos, moved and magnified as one."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from defocus import read_photo

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Desk

pytestmark = pytest.mark.browser


def beside(desk: Desk) -> np.ndarray:
    """The second picture at rest, 240×320×3."""
    desk.until("!!studio.beside.preview?.atRest")
    data = desk.js("document.getElementById('beside-preview').toDataURL()").split(",")[1]
    shown = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    return cv2.resize(shown[..., ::-1], (320, 240), interpolation=cv2.INTER_AREA).astype(float)


def first(desk: Desk) -> np.ndarray:
    desk.settle()
    return cv2.resize(desk.pixels(), (320, 240), interpolation=cv2.INTER_AREA)


def detail(pixels: np.ndarray) -> float:
    """How much fine texture the far third shows."""
    part = pixels[40:200, 235:305].mean(axis=2)
    return float(np.abs(cv2.Laplacian(part, cv2.CV_64F)).mean())


@pytest.fixture
def two(desk: Desk) -> Desk:
    # A portrait's blur: what the distance leaves of it would be too little to tell apertures apart.
    lens = "{...edit.lens, f_number: 0.95}"
    desk.js(f"studio.edit(edit => ({{...edit, by_distance: false, lens: {lens}}}))")
    desk.click_photo(0.15, 0.5)
    desk.page.locator("#viewport").focus()
    desk.page.keyboard.press("y")
    assert desk.page.locator("#beside").is_visible()
    return desk


def test_before_stands_beside_after(two: Desk, planes_photo: Path) -> None:
    original = read_photo(planes_photo).pixels.astype(float)
    assert np.abs(beside(two) - original).mean() < 3
    assert detail(beside(two)) > 3 * detail(first(two))
    left, right = (two.page.locator(f"#{name}").bounding_box() for name in ("viewport", "beside"))
    assert left is not None
    assert right is not None
    assert left["x"] + left["width"] <= right["x"] + 1
    assert left["width"] == pytest.approx(right["width"], abs=1.5)
    two.page.click("#beside-close")
    assert two.page.locator("#beside").is_hidden()


def test_another_aperture_stands_beside_and_follows_focus_and_brush(two: Desk) -> None:
    two.page.get_by_label("What the second picture shows").select_option("f/8")
    blurred, wide = detail(beside(two)), detail(first(two))
    assert blurred > 2 * wide
    two.click_photo(0.85, 0.5)
    assert detail(beside(two)) > 1.2 * blurred
    assert two.edit()["lens"]["f_number"] == 0.95
    two.click_photo(0.15, 0.5)
    before = beside(two)
    stroke = "{points: [[0.85, 0.1], [0.85, 0.9]], radius: 0.2, disparity: 1, hardness: 1}"
    two.js(f"studio.edit(edit => ({{...edit, strokes: [{stroke}]}}))")
    assert detail(beside(two)) > 1.2 * detail(before)


def places(desk: Desk) -> list[list[float]]:
    """Width, left and top of both pictures within their panes."""
    boxes = [
        desk.page.locator(f"#{name}").bounding_box()
        for name in ("preview", "viewport", "beside-preview", "beside")
    ]
    sheet, pane, other, other_pane = (box or {} for box in boxes)
    return [
        [a["width"], a["x"] - b["x"], a["y"] - b["y"]]
        for a, b in ((sheet, pane), (other, other_pane))
    ]


def test_both_are_magnified_and_moved_as_one(two: Desk) -> None:
    # The panes are halved, zoomed and moved first, and what is in them follows.
    def equal() -> bool:
        one, other = places(two)
        return bool(other == pytest.approx(one, abs=2))

    two.wait(equal, "two equal pictures")
    mouse = two.page.mouse
    box = two.page.locator("#beside").bounding_box()
    assert box is not None
    mouse.move(box["x"] + 100, box["y"] + 200)
    mouse.wheel(0, -400)
    two.until("!studio.viewport.placement.fitted")
    two.wait(equal, "both magnified")
    before = places(two)[0]
    mouse.down()
    mouse.move(box["x"] + 60, box["y"] + 170, steps=4)
    mouse.up()
    moved = pytest.approx(before[1] - 40, abs=2)
    two.wait(lambda: places(two)[0][1] == moved and equal(), "both moved")


def test_another_photo_stands_beside(empty_desk: Desk, copies: Callable[..., list[Path]]) -> None:
    desk = empty_desk
    desk.add(*copies("a.jpg", "b.jpg"))
    desk.js("studio.edit(edit => ({...edit, lens: {...edit.lens, f_number: 16}}))")
    desk.page.click("#beside-toggle")
    what = desk.page.get_by_label("What the second picture shows")
    what.select_option("b.jpg")
    assert detail(first(desk)) > 1.5 * detail(beside(desk))  # at f/16, and at the usual f/2
    desk.js("studio.album.choose(studio.photos[1])")  # there is no other photo beside itself
    desk.settle()
    assert what.locator("option:checked").text_content() == "Original"
    desk.page.click("text=Close all")
    assert desk.page.locator("#beside").is_hidden()

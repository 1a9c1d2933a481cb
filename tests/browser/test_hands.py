"""Fingers, double clicks and held keys: what each does, and what it leaves in the history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Desk

pytestmark = pytest.mark.browser


class Fingers:
    """Touches, as the browser itself takes them."""

    def __init__(self, desk: Desk) -> None:
        self._session = desk.page.context.new_cdp_session(desk.page)

    def _send(self, kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y, "id": index} for index, (x, y) in enumerate(points)]
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def drag(self, start: tuple[float, float], end: tuple[float, float], steps: int = 8) -> None:
        self._send("touchStart", start)
        for step in range(1, steps + 1):
            self._send("touchMove", between(start, end, step / steps))
        self._send("touchEnd")

    def spread(self, middle: tuple[float, float], apart: float, times: float) -> None:
        """Two fingers, one a moment after the other, go apart."""
        x, y = middle
        self._send("touchStart", (x - apart, y))
        self._send("touchMove", (x - apart - 3, y))  # no hand is quite still
        self._send("touchStart", (x - apart - 3, y), (x + apart, y))
        for step in range(1, 9):
            wide = apart * (1 + (times - 1) * step / 8)
            self._send("touchMove", (x - wide, y), (x + wide, y))
        self._send("touchEnd")


def between(start: tuple[float, float], end: tuple[float, float], t: float) -> tuple[float, float]:
    return start[0] + t * (end[0] - start[0]), start[1] + t * (end[1] - start[1])


@pytest.fixture
def touch(phone: Desk) -> Fingers:
    return Fingers(phone)


def steps(desk: Desk) -> int:
    """How many steps can be undone."""
    return int(desk.js("JSON.parse(studio.current.history.pack()).past.length"))


@pytest.mark.parametrize("brush", ["false", "true"])
def test_two_fingers_zoom_and_do_nothing_else(phone: Desk, touch: Fingers, brush: str) -> None:
    phone.js(f"studio.panel.setBrush({brush})")
    edit, before = phone.edit(), steps(phone)
    touch.spread(phone.at(0.5, 0.5), 40, 2)
    assert phone.js("studio.viewport.placement.fitted") is False
    assert phone.edit() == edit
    assert steps(phone) == before


def test_one_finger_moves_the_magnified_photo(phone: Desk, touch: Fingers) -> None:
    phone.js("studio.viewport.zoomBy(3)")
    edit, before = phone.edit(), phone.js("studio.viewport.placement.offset")
    touch.drag((200, 200), (140, 170))
    after = phone.js("studio.viewport.placement.offset")
    assert after["x"] == pytest.approx(before["x"] - 60, abs=10)
    assert after["y"] == pytest.approx(before["y"] - 30, abs=10)
    assert phone.edit() == edit


def test_one_finger_draws_the_focus_along_when_all_is_in_sight(phone: Desk, touch: Fingers) -> None:
    before = steps(phone)
    touch.drag(phone.at(0.15, 0.5), phone.at(0.85, 0.5))
    assert phone.edit()["focus"]["at"] == pytest.approx([0.85, 0.5], abs=0.02)
    assert steps(phone) == before + 1


def test_a_tap_focuses_also_when_magnified(phone: Desk, touch: Fingers) -> None:
    phone.js("studio.viewport.zoomBy(1.5)")
    phone.page.touchscreen.tap(*phone.at(0.6, 0.4))
    assert phone.edit()["focus"]["at"] == pytest.approx([0.6, 0.4], abs=0.02)


def test_a_finger_paints_with_the_brush_in_hand(phone: Desk, touch: Fingers) -> None:
    phone.js("studio.panel.setBrush(true)")
    touch.drag(phone.at(0.3, 0.3), phone.at(0.6, 0.6))
    assert len(phone.edit()["strokes"]) == 1
    assert len(phone.edit()["strokes"][0]["points"]) > 3


def test_a_finger_cannot_close_a_photo_whose_cross_it_does_not_see(
    new_desk: Callable[..., Desk],
) -> None:
    desk = new_desk(viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True)
    desk.open(0, "planes.jpg")
    desk.js("studio.openOffered(1).then(() => true)")
    desk.js("studio.album.choose(studio.photos[0])")
    box = desk.page.locator("#strip li").nth(1).bounding_box()
    assert box is not None
    desk.page.touchscreen.tap(box["x"] + box["width"] - 8, box["y"] + 8)
    assert desk.js("studio.photos.length") == 2
    assert desk.js("studio.photos.indexOf(studio.current)") == 1


def test_a_double_click_leaves_nothing_in_the_history(desk: Desk) -> None:
    desk.js("studio.edit(edit => ({...edit, foreground: 0.5}))")
    desk.js("studio.undo()")
    edit, before = desk.edit(), steps(desk)
    desk.page.mouse.dblclick(*desk.at(0.85, 0.5))
    assert desk.edit() == edit
    assert steps(desk) == before
    assert desk.js("studio.current.history.canRedo") is True  # it was no change
    desk.js("studio.viewport.fit()")


@pytest.mark.parametrize("key", [" ", "Enter"])
def test_the_compare_button_can_be_held_with_a_key(desk: Desk, key: str) -> None:
    desk.page.locator("#compare").focus()
    desk.page.keyboard.down(key)
    assert desk.js("studio.preview.view.split") == 1
    desk.page.keyboard.up(key)
    assert desk.js("studio.preview.view.split") == 0


def test_c_shows_the_original_on_any_keyboard(desk: Desk) -> None:
    desk.page.keyboard.down("c")
    assert desk.js("studio.preview.view.split") == 1
    desk.page.keyboard.up("c")
    assert desk.js("studio.preview.view.split") == 0

"""The depth brush as a tool: what it paints, takes away and shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Desk

pytestmark = pytest.mark.browser

NEAR, FAR = (0.15, 0.5), (0.85, 0.5)


@pytest.fixture
def brush(desk: Desk) -> Desk:
    desk.page.locator("#viewport").focus()
    desk.page.keyboard.press("b")
    return desk


def choose(desk: Desk, paint: str) -> None:
    desk.page.click(f".depth-brush [data-value={paint}]")


def draw(desk: Desk, *places: tuple[float, float]) -> None:
    mouse = desk.page.mouse
    mouse.move(*desk.at(*places[0]))
    mouse.down()
    for place in places[1:]:
        mouse.move(*desk.at(*place), steps=4)
    mouse.up()


def depth_at(desk: Desk, place: tuple[float, float]) -> float:
    x, y = place
    value = desk.js(
        "(({ values, width, height }) =>"
        f" values[Math.floor({y} * height) * width + Math.floor({x} * width)])(studio.current.map)"
    )
    return float(value)


def tint_at(desk: Desk, place: tuple[float, float]) -> list[int]:
    """Red, green, blue and opacity of what is drawn over the photo."""
    x, y = place
    pixel: list[int] = desk.js(
        "(canvas => [...canvas.getContext('2d').getImageData("
        f"Math.floor({x} * canvas.width), Math.floor({y} * canvas.height), 1, 1).data])"
        "(document.getElementById('painted'))"
    )
    return pixel


def strokes(desk: Desk) -> list[dict[str, Any]]:
    return list(desk.edit()["strokes"])


def test_what_was_painted_can_be_erased_in_part(brush: Desk) -> None:
    choose(brush, "near")
    draw(brush, (0.85, 0.2), (0.85, 0.8))
    assert depth_at(brush, FAR) == pytest.approx(1, abs=0.01)
    brush.page.keyboard.press("x")
    draw(brush, (0.85, 0.45), (0.85, 0.55))
    assert depth_at(brush, FAR) == pytest.approx(0, abs=0.01)
    assert depth_at(brush, (0.85, 0.25)) == pytest.approx(1, abs=0.01)
    assert strokes(brush)[1]["disparity"] is None
    brush.page.keyboard.press("x")  # paints nearer again
    assert brush.js("studio.panel.brush.paint") == "near"
    brush.save()  # and the server takes such an edit
    assert brush.page.locator(".toast.error").count() == 0


def test_a_weak_brush_goes_part_of_the_way(brush: Desk) -> None:
    choose(brush, "near")
    strength = brush.page.get_by_label("Strength, value")
    strength.fill("50")
    strength.press("Enter")
    draw(brush, (0.85, 0.4), (0.85, 0.6))
    assert depth_at(brush, FAR) == pytest.approx(0.5, abs=0.01)


def test_a_click_with_alt_takes_up_the_depth_of_a_place(brush: Desk) -> None:
    brush.page.keyboard.down("Alt")
    brush.click_photo(0.5, 0.5)
    brush.page.keyboard.up("Alt")
    assert strokes(brush) == []
    draw(brush, (0.85, 0.4), (0.85, 0.6))
    assert depth_at(brush, FAR) == pytest.approx(0.5, abs=0.02)


def test_what_is_painted_shows_while_the_brush_is_in_hand(brush: Desk) -> None:
    painted = brush.page.locator("#painted")
    assert painted.is_visible()
    choose(brush, "near")
    draw(brush, (0.85, 0.4), (0.85, 0.6))
    choose(brush, "far")
    draw(brush, (0.15, 0.4), (0.15, 0.6))
    warm, cool = tint_at(brush, FAR), tint_at(brush, NEAR)
    assert warm[3] > 80
    assert cool[3] > 80
    assert warm[0] > warm[2] + 50
    assert cool[2] > cool[0] + 50
    assert tint_at(brush, (0.5, 0.5))[3] == 0
    brush.page.keyboard.press("Control+z")
    assert tint_at(brush, NEAR)[3] == 0
    brush.page.keyboard.press("b")
    assert painted.is_hidden()


def test_the_strokes_are_listed_pointed_at_and_removed_one_by_one(brush: Desk) -> None:
    choose(brush, "near")
    draw(brush, (0.85, 0.4), (0.85, 0.6))
    choose(brush, "far")
    draw(brush, (0.15, 0.4), (0.15, 0.6))
    items = brush.page.locator(".strokes li")
    assert items.all_text_contents() == ["2. To 0 % near", "1. To 100 % near"]
    mark = brush.page.locator("#stroke-mark")
    assert mark.is_hidden()
    items.nth(1).hover()
    assert mark.is_visible()
    brush.page.get_by_label("Remove stroke 1. To 100 % near").click()
    assert [stroke["disparity"] for stroke in strokes(brush)] == [0]
    mark.wait_for(state="hidden")
    brush.page.keyboard.press("Control+z")
    assert [stroke["disparity"] for stroke in strokes(brush)] == [1, 0]


def test_the_ring_shows_where_the_brush_fades(brush: Desk) -> None:
    brush.page.mouse.move(*brush.at(0.5, 0.5))
    for hardness, fades in ((0.6, "20%"), (1, "0%")):
        brush.js(f"studio.panel.brush.hardness = {hardness}")
        brush.page.mouse.move(*brush.at(0.5, 0.5 + hardness / 100))
        ring = "document.getElementById('brush-ring').style.getPropertyValue('--fades')"
        assert brush.js(ring) == fades

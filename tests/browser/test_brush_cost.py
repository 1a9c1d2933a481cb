"""What a brush stroke costs, however many there are already, and that it paints the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from conftest import Desk

pytestmark = pytest.mark.browser

# The map as it is painted afresh, from the first stroke to the last.
AFRESH = """import("/strokes.js").then(({ PaintedMap }) => {
    const { plain, edit } = window.measured();
    const map = new PaintedMap(plain);
    map.set(structuredClone(edit.strokes));
    return [...map.map.values];
})"""
# Notes of each change of the map what share of it was given to the lens.
WATCH = """(() => {
    const { base } = studio.preview;
    window.shares = [];
    const plain = { ...studio.current.map, values: studio.current.map.values.slice() };
    window.measured = () => ({ plain, edit: studio.current.edit });
    const given = base.setDisparity.bind(base);
    base.setDisparity = (map, subject, changed = null) => {
        given(map, subject, changed);
        const { left, top, right, bottom } = changed
            ?? { left: 0, top: 0, right: map.width, bottom: map.height };
        shares.push((right - left) * (bottom - top) / (map.width * map.height));
    };
    window.unwatch = () => { delete base.setDisparity; };
})()"""


def strokes(count: int) -> str:
    """Some, spread over the photo and across each other."""
    rng = np.random.default_rng(7)
    made = [
        {
            "points": rng.uniform(0, 1, (3, 2)).round(4).tolist(),
            "radius": 0.03,
            "disparity": float(rng.uniform(0, 1)),
            "hardness": 0.5,
        }
        for _ in range(count)
    ]
    return json.dumps(made)


def painted(desk: Desk) -> np.ndarray:
    return np.array(desk.js("[...studio.current.map.values]"))


def agrees(desk: Desk) -> bool:
    # Half a code of the weights' 255 for each stroke that lies over another.
    return bool(np.abs(painted(desk) - np.array(desk.js(AFRESH))).max() < 1e-3)


@pytest.mark.parametrize("count", [0, 20])
def test_a_move_of_the_brush_costs_its_new_segment(desk: Desk, count: int) -> None:
    desk.js(WATCH)
    desk.js(f"studio.edit(edit => ({{...edit, strokes: {strokes(count)}}}))")
    desk.js("studio.panel.setBrush(true)")
    mouse = desk.page.mouse
    mouse.move(*desk.at(0.1, 0.5))
    mouse.down()
    desk.js("shares.length = 0")
    for step in range(1, 30):
        mouse.move(*desk.at(0.1 + 0.027 * step, 0.5 + 0.01 * (step % 3)))
    shares = desk.js("shares")
    mouse.up()
    assert len(shares) >= 20
    assert max(shares) < 0.06  # the brush is 8 % of the width across
    assert agrees(desk)
    desk.js("unwatch()")


def test_undo_and_redo_of_a_stroke_touch_its_place_alone(desk: Desk) -> None:
    desk.js(WATCH)
    before = painted(desk)
    desk.js(f"studio.edit(edit => ({{...edit, strokes: {strokes(100)}}}))")
    hundred = painted(desk)
    desk.js("studio.panel.setBrush(true)")
    desk.page.mouse.move(*desk.at(0.4, 0.3))
    desk.page.mouse.down()
    desk.page.mouse.move(*desk.at(0.5, 0.4), steps=4)
    desk.page.mouse.up()
    more = painted(desk)
    assert not np.array_equal(more, hundred)
    desk.js("shares.length = 0")
    desk.page.keyboard.press("Control+z")
    np.testing.assert_allclose(painted(desk), hundred, atol=1e-5)
    desk.page.keyboard.press("Control+Shift+z")
    np.testing.assert_allclose(painted(desk), more, atol=1e-5)
    assert max(desk.js("shares")) < 0.1
    desk.page.keyboard.press("Control+z")
    desk.page.keyboard.press("Control+z")
    np.testing.assert_array_equal(painted(desk), before)
    desk.js("unwatch()")


def test_strokes_that_change_anyhow_are_painted_as_from_the_beginning(desk: Desk) -> None:
    desk.js(WATCH)
    changes = (
        "[0, 2, 1]",  # another order
        "[3, 0]",
        "[]",
        "[4, 5, 6, 7]",
        "[4, 6, 7]",
    )
    desk.js(f"window.some = {strokes(8)}; undefined")
    for change in changes:
        desk.js(f"studio.edit(edit => ({{...edit, strokes: {change}.map(i => some[i])}}))")
        assert agrees(desk), change
    desk.js("unwatch()")


def test_the_steps_that_outlive_a_reload_hold_each_stroke_once(desk: Desk) -> None:
    desk.js(f"window.some = {strokes(30)}; undefined")
    desk.js(
        "for (let i = 1; i <= some.length; i++)"
        " studio.edit(edit => ({...edit, strokes: some.slice(0, i)}))"
    )
    kept = desk.js(
        "import('/history.js').then(({ History }) => {"
        " const text = studio.current.history.pack();"
        " const again = History.unpack(text);"
        " return { length: text.length, undone: again.undo(studio.current.edit) }; })"
    )
    assert kept["undone"] == {**desk.edit(), "strokes": json.loads(strokes(30))[:29]}
    edits = 32 * len(json.dumps({**desk.edit(), "strokes": []}))
    assert kept["length"] < edits + 3 * len(strokes(30))

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from defocus.edit import Edit, Stroke
from defocus.errors import EditError
from defocus.photo import Photo
from defocus.strokes import apply_strokes


def test_no_stroke_is_the_same_map() -> None:
    values = np.zeros((4, 4), np.float32)
    assert apply_strokes(values, ()) is values


def test_a_dab_sets_its_disparity_inside_and_nothing_outside() -> None:
    values = np.zeros((100, 100), np.float32)
    painted = apply_strokes(values, [Stroke(((0.5, 0.5),), 0.1, 0.8)])
    assert painted[50, 50] == pytest.approx(0.8)
    assert painted[50, 50 + 20] == 0
    assert values.max() == 0, "the input is left alone"
    assert not painted[:30].any()


def test_hard_edge_is_steeper_than_soft() -> None:
    values = np.zeros((100, 100), np.float32)
    hard, soft = (
        apply_strokes(values, [Stroke(((0.5, 0.5),), 0.2, 1.0, hardness)]) for hardness in (1, 0)
    )
    between = (slice(50, 51), slice(52, 76))
    assert (hard[between] >= soft[between]).all()
    assert hard[50, 70] == 1
    assert soft[50, 70] < 0.5


def test_later_strokes_win() -> None:
    values = np.zeros((50, 50), np.float32)
    first, second = Stroke(((0.5, 0.5),), 0.1, 1.0), Stroke(((0.5, 0.5),), 0.1, 0.2)
    assert apply_strokes(values, [first, second])[25, 25] == pytest.approx(0.2)


def test_a_path_paints_all_along() -> None:
    painted = apply_strokes(
        np.zeros((40, 200), np.float32), [Stroke(((0.1, 0.5), (0.9, 0.5)), 0.02, 1.0)]
    )
    assert (painted[20, 25:175] == 1).all()


def test_same_picture_at_any_size() -> None:
    stroke = Stroke(((0.2, 0.3), (0.7, 0.6)), 0.1, 1.0, 0.3)
    large = apply_strokes(np.zeros((2400, 3200), np.float32), [stroke])
    small = apply_strokes(np.zeros((300, 400), np.float32), [stroke])
    reduced = large.reshape(300, 8, 400, 8).mean((1, 3))
    assert np.abs(reduced - small).mean() < 0.005


def test_outside_the_frame_paints_nothing() -> None:
    painted = apply_strokes(np.zeros((10, 10), np.float32), [Stroke(((1.9, 1.9),), 0.01, 1.0)])
    assert not painted.any()


def test_a_stroke_of_half_strength_goes_half_of_the_way() -> None:
    values = np.full((50, 50), 0.2, np.float32)
    painted = apply_strokes(values, [Stroke(((0.5, 0.5),), 0.1, 1.0, strength=0.5)])
    assert painted[25, 25] == pytest.approx(0.6)


def test_a_stroke_without_a_disparity_takes_strokes_away_where_it_goes() -> None:
    values = np.tile(np.linspace(0, 1, 200, dtype=np.float32), (40, 1))
    line = Stroke(((0.1, 0.5), (0.9, 0.5)), 0.02, 1.0)
    half = Stroke(((0.1, 0.5), (0.5, 0.5)), 0.05, None, 1.0)
    painted = apply_strokes(values, [line, half])
    np.testing.assert_allclose(painted[:, 20:98], values[:, 20:98], atol=1e-6)
    assert (painted[20, 115:175] == 1).all()
    weak = apply_strokes(values, [line, replace(half, strength=0.5)])
    assert weak[20, 60] == pytest.approx((1 + values[20, 60]) / 2)


def two_colours(width: int = 200, height: int = 100, left: int = 60, right: int = 180) -> Photo:
    pixels = np.full((height, width, 3), right, np.uint8)
    pixels[:, : width // 2] = left
    return Photo(pixels)


def test_a_stroke_that_stops_at_edges_paints_what_looks_like_what_is_under_its_middle() -> None:
    values = np.zeros((100, 200), np.float32)
    stroke = Stroke(((0.45, 0.3), (0.45, 0.7)), 0.1, 1.0, hardness=1.0)
    anywhere = apply_strokes(values, [stroke], two_colours())
    stopped = apply_strokes(values, [replace(stroke, edges=True)], two_colours())
    assert (anywhere[30:70, 80:110] == 1).all()
    assert (stopped[30:70, 80:98] == 1).all()
    assert not stopped[:, 102:].any()
    # Without the photo there are no edges. (OpenCV's distances have been seen to differ by a bit.)
    without = apply_strokes(values, [replace(stroke, edges=True)])
    np.testing.assert_allclose(without, anywhere, rtol=0, atol=1e-6)


def test_the_colour_is_taken_anew_along_the_path() -> None:
    values = np.zeros((100, 200), np.float32)
    points = tuple((0.3 + 0.02 * step, 0.5) for step in range(21))
    painted = apply_strokes(values, [Stroke(points, 0.05, 1.0, edges=True)], two_colours())
    assert (painted[50, 60:98] == 1).all()
    assert (painted[50, 104:140] == 1).all()


def test_grain_does_not_stop_a_stroke() -> None:
    values = np.zeros((100, 200), np.float32)
    grain = np.random.default_rng(5).normal(0, 6, (100, 200, 3))
    pixels = np.clip(two_colours().pixels + grain, 0, 255).astype(np.uint8)
    stroke = Stroke(((0.3, 0.5),), 0.1, 1.0, hardness=1.0, edges=True)
    painted = apply_strokes(values, [stroke], Photo(pixels))
    assert painted[40:60, 50:70].min() > 0.9


def test_edges_are_the_same_at_any_size_and_in_any_colour_space() -> None:
    stroke = Stroke(((0.4, 0.3), (0.48, 0.6)), 0.1, 1.0, 0.3, edges=True)
    small = apply_strokes(np.zeros((150, 300), np.float32), [stroke], two_colours(300, 150))
    photo = two_colours(2400, 1200)
    large = apply_strokes(np.zeros((1200, 2400), np.float32), [stroke], photo)
    reduced = large.reshape(150, 8, 300, 8).mean((1, 3))
    assert np.abs(reduced - small).mean() < 0.005
    deep = replace(photo, pixels=photo.pixels.astype(np.uint16) * 257)
    again = apply_strokes(np.zeros((1200, 2400), np.float32), [stroke], deep)
    np.testing.assert_allclose(again, large, atol=0.02)


@pytest.mark.parametrize("edges", [None, 1, "yes"])
def test_whether_it_stops_is_true_or_false(edges: Any) -> None:
    with pytest.raises(EditError, match="edges of a brush"):
        Stroke(((0.5, 0.5),), 0.1, 1.0, edges=edges)


def test_strokes_of_before_there_were_edges_are_read_as_they_were() -> None:
    edit = Edit(strokes=(Stroke(((0.5, 0.5),), 0.1, 1.0),))
    record = json.loads(edit.to_json())
    del record["strokes"][0]["edges"]
    assert Edit.from_json(json.dumps(record)) == edit

"""Tiles: they cover the photo, take the layout of the whole, and need its consent to a person."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from defocus.depth.tiles import Tile, agreed, blended, grid, joined


def _ramp(width: int, height: int) -> np.ndarray:
    return np.broadcast_to(np.linspace(-1, 1, width, dtype=np.float32), (height, width)).copy()


@given(
    st.integers(2, 4),
    st.floats(0.55, 0.9),
    st.integers(1, 90),
    st.integers(1, 90),
)
@example(2, 0.55, 1, 30)  # 1 - .55 is a hair less than .45: the last row was in no tile
@example(3, 0.55, 90, 10)
@example(2, 0.85, 30, 70)
def test_a_grid_covers_a_picture_of_any_size(
    count: int, share: float, width: int, height: int
) -> None:
    covered = np.zeros((height, width), int)
    for tile in grid(count, share):
        part = covered[tile.of((width, height))]
        assert part.size
        part += 1
    assert covered.min() >= 1


def test_tiles_of_one_map_blend_to_that_map() -> None:
    tiles = grid(2, 0.6)
    truth = _ramp(80, 60)
    parts = [truth[tile.of((80, 60))] for tile in tiles]
    np.testing.assert_allclose(blended(tiles, parts, (80, 60)), truth, atol=1e-5)


def test_scale_and_shift_of_each_tile_come_from_the_whole() -> None:
    tiles = grid(2, 0.6)
    truth = _ramp(80, 60) + _ramp(60, 80).T
    parts = [(k + 1) * truth[tile.of((80, 60))] - 3 * k for k, tile in enumerate(tiles)]
    np.testing.assert_allclose(joined(tiles, parts, truth), truth, atol=1e-4)


@pytest.mark.parametrize("wrong", ["inverted", "flat", "unrelated"])
def test_a_tile_that_contradicts_the_whole_gives_no_relief(wrong: str) -> None:
    layout = _ramp(80, 60)
    whole = Tile(0, 0, 1, 1)
    part = {
        "inverted": -layout,
        "flat": np.ones((30, 40), np.float32),
        "unrelated": _ramp(60, 80).T,
    }[wrong]
    found = joined([whole], [part], layout)
    assert np.ptp(found) < 0.01
    assert np.isfinite(found).all()


def _person(*spots: tuple[int, int, int, int], sure: float = 0.95) -> np.ndarray:
    seen = np.full((120, 160), 0.02, np.float32)
    for top, bottom, left, right in spots:
        seen[top:bottom, left:right] = sure
    return seen


BODY, HEAD, POSTER = (50, 110, 60, 100), (30, 50, 70, 90), (5, 50, 120, 155)


def test_a_head_that_only_tiles_see_comes_back_on_its_body() -> None:
    got = agreed(_person(BODY), _person(BODY, HEAD))
    assert got[32:48, 72:88].min() > 0.9


def test_a_poster_that_only_a_tile_takes_for_a_person_stays_none() -> None:
    got = agreed(_person(BODY), _person(BODY, POSTER))
    assert got[20:40, 130:145].max() < 0.5


def test_who_is_so_near_that_tiles_do_not_know_him_stays() -> None:
    near = (10, 120, 20, 140)
    got = agreed(_person(near), _person(near, sure=0.3))
    assert got[40:100, 50:110].min() > 0.7


def test_the_outline_is_that_of_the_tiles() -> None:
    blurred = _person((50, 110, 57, 103), sure=0.8)  # three cells too wide
    got = agreed(blurred, _person(BODY))
    assert got[60:100, 57:59].max() < 0.5 < got[60:100, 61:99].min()


@given(st.integers(0, 2**32 - 1))
def test_it_is_a_probability_whatever_comes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    whole, tiles = rng.random((2, 13, 17), dtype=np.float32)
    got = agreed(whole, tiles)
    assert got.min() >= 0
    assert got.max() <= 1
    assert got.dtype == np.float32

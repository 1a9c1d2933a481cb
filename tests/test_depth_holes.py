"""Zeros that mean "nothing measured", and zeros that mean zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from defocus.depth.file import read_disparity
from defocus.depth.holes import filled

if TYPE_CHECKING:
    from pathlib import Path


def _sensor(seed: int = 0, dtype: type = np.uint16) -> np.ndarray:
    """Distances of a slanted wall: 500 to 4500 mm, or codes of 25 to 225."""
    top = 25 if dtype == np.uint8 else 500
    wall = np.add.outer(np.linspace(top, 5 * top, 90), np.linspace(0, 4 * top, 120))
    return wall.astype(dtype)


@given(st.integers(0, 2**32 - 1), st.floats(0.01, 0.3), st.booleans())
def test_scattered_holes_take_the_value_beside_them(
    seed: int, share: float, are_distances: bool
) -> None:
    codes = _sensor()
    holes = np.random.default_rng(seed).random(codes.shape) < share / (1 if are_distances else 4)
    holed = np.where(holes, 0, codes).astype(np.uint16)
    got = filled(holed, are_distances=are_distances)
    np.testing.assert_array_equal(got[~holes], codes[~holes])
    assert np.abs(got.astype(int) - codes)[holes].max(initial=0) <= 400
    np.testing.assert_array_equal(holed[holes], 0)  # what was given is not changed


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32, np.int32])
def test_a_block_without_values_is_filled_from_its_rim(dtype: type) -> None:
    codes = _sensor(dtype=dtype)
    codes[40:52, 60:75] = 0
    got = filled(codes, are_distances=False)
    assert got.min() > 0
    assert got[45, 66] in codes[39:53, 59:76]


def test_a_large_area_of_zeros_stays_the_sky_of_a_disparity() -> None:
    codes = _sensor()
    codes[:30] = 0
    np.testing.assert_array_equal(filled(codes, are_distances=False), codes)


def test_nothing_is_at_distance_zero_however_large_the_hole() -> None:
    codes = _sensor()
    codes[:60] = 0
    got = filled(codes, are_distances=True)
    np.testing.assert_array_equal(got[:60], np.broadcast_to(codes[60], (60, 120)))


@pytest.mark.parametrize("are_distances", [True, False])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_map_that_fills_its_range_keeps_its_zeros(are_distances: bool, dtype: type) -> None:
    top = np.iinfo(dtype).max
    ramp = np.tile(np.linspace(0, top, 256).astype(dtype), (20, 1))
    assert filled(ramp, are_distances=are_distances) is ramp
    empty = np.zeros((5, 6), dtype)
    assert filled(empty, are_distances=are_distances) is empty
    full = ramp + dtype(1) * (ramp == 0)
    assert filled(full, are_distances=are_distances) is full


@pytest.mark.parametrize("suffix", [".png", ".tif", ".npy", ".npz"])
@pytest.mark.parametrize("invert", [True, False])
def test_holes_of_a_file_are_neither_nearest_nor_farthest(
    tmp_path: Path, suffix: str, invert: bool
) -> None:
    codes = _sensor()
    codes[10:16, 20:26] = codes[70, 100] = 0
    path = tmp_path / f"map{suffix}"
    if suffix == ".npy":
        np.save(path, codes)
    elif suffix == ".npz":
        np.savez(path, depth=codes)
    else:
        Image.fromarray(codes).save(path)
    got = read_disparity(path, invert=invert).values
    whole = _sensor().astype(np.float32)
    expected = whole.max() + whole.min() - whole if invert else whole
    assert np.abs(got - expected).max() <= 200

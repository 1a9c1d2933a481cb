from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from defocus.disparity import Disparity, Estimate, Unit
from defocus.errors import DepthError

_MAPS = hnp.arrays(
    np.float32,
    st.tuples(st.integers(1, 12), st.integers(1, 12)),
    elements=st.floats(-9, 9, width=16),
)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.zeros(4, np.float32), "H×W"),
        (np.zeros((0, 4), np.float32), "not empty"),
        (np.zeros((2, 2)), "float32"),
        (np.full((2, 2), np.nan, np.float32), "NaN or inf"),
    ],
)
def test_refuses(values: np.ndarray, words: str) -> None:
    with pytest.raises(DepthError, match=words):
        Disparity(values)


def test_person_has_the_same_size() -> None:
    with pytest.raises(DepthError, match="differ in size"):
        Estimate(Disparity(np.zeros((2, 3), np.float32)), np.zeros((3, 2), np.float32))


def test_normalised_puts_percentiles_at_0_and_1() -> None:
    values = np.linspace(100, 300, 201, dtype=np.float32).reshape(1, -1)
    got = Disparity(values, "metric").normalised()
    assert got.kind == "metric"
    np.testing.assert_allclose(np.percentile(got.values, (1, 99)), (0, 1), atol=1e-5)
    assert got.values.max() > 1  # what lies beyond is kept


@given(_MAPS, st.floats(0.5, 100), st.floats(-100, 100))
def test_normalised_forgets_scale_and_shift(values: np.ndarray, scale: float, shift: float) -> None:
    if np.ptp(values) < 0.1:
        return
    moved = (values * scale + shift).astype(np.float32)
    np.testing.assert_allclose(
        Disparity(moved).normalised().values, Disparity(values).normalised().values, atol=0.02
    )


@given(_MAPS, st.floats(0.5, 100), st.floats(-100, 100))
def test_the_unit_leads_back_to_the_source(
    values: np.ndarray, per_one: float, at_zero: float
) -> None:
    got = Disparity(values, "metric", unit=Unit(at_zero, per_one)).normalised()
    back = got.unit.at_zero + got.unit.per_one * got.values.astype(float)
    size = 1 + abs(at_zero) + per_one * np.abs(values).max()
    if np.ptp(values) > 0.1:
        np.testing.assert_allclose(back, at_zero + per_one * values, atol=1e-4 * size)


def test_flat_map_normalises_to_zero() -> None:
    got = Disparity(np.full((3, 4), 7.0, np.float32)).normalised()
    np.testing.assert_array_equal(got.values, 0)
    assert got.unit.of(0) == 7


@given(_MAPS)
def test_inverted_keeps_the_range_and_turns_the_order(values: np.ndarray) -> None:
    got = Disparity(values).inverted().values
    np.testing.assert_allclose([got.min(), got.max()], [values.min(), values.max()], atol=1e-4)
    near, far = np.unravel_index([values.argmax(), values.argmin()], values.shape)
    assert got[near[0], far[0]] <= got[near[1], far[1]]


def test_from_depth_is_one_over_metres() -> None:
    got = Disparity.from_depth(np.array([[0.5, 4, np.inf, 0, -1]], np.float32), source="z")
    np.testing.assert_allclose(got.values, [[2, 0.25, 0, 100, 100]])
    assert (got.kind, got.source, got.values.dtype) == ("metric", "z", np.float32)
    with pytest.raises(DepthError, match="NaN"):
        Disparity.from_depth(np.array([[np.nan]], np.float32))


@pytest.mark.parametrize("size_wh", [(1, 1), (3, 7), (40, 30)])
def test_resized_keeps_values_and_unit(size_wh: tuple[int, int]) -> None:
    disparity = Disparity(np.full((6, 8), 2, np.float32), "metric", unit=Unit(1, 3))
    got = disparity.resized(size_wh)
    assert (got.size_wh, got.kind, got.unit) == (size_wh, "metric", Unit(1, 3))
    np.testing.assert_array_equal(got.values, 2)

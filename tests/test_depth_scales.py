"""Layout from small maps, edges from a large one."""

from __future__ import annotations

import numpy as np
import pytest

from defocus.depth.scales import merged


def _ramp(width: int, height: int) -> np.ndarray:
    return np.broadcast_to(np.linspace(-1, 1, width, dtype=np.float32), (height, width)).copy()


def test_layout_comes_from_the_small_map_and_the_edge_from_the_large_one() -> None:
    step = np.where(np.arange(200) < 100, 0, 1).astype(np.float32)
    details = np.broadcast_to(step, (150, 200)).copy()
    details[:75] += 0.5  # what the large input gets wrong: the upper half seems nearer
    layout = np.broadcast_to(step[::10], (15, 20)).copy()
    found = merged([layout], details)
    assert found.shape == details.shape
    jump = found[:, 101] - found[:, 98]
    assert jump.min() > 0.5 * (found[:, 180] - found[:, 20]).mean()  # as sharp as the details
    upper, lower = found[20, 150], found[130, 150]
    assert abs(upper - lower) < 0.1 * (found[20, 150] - found[20, 50])


def test_scale_and_shift_of_any_map_do_not_matter() -> None:
    rng = np.random.default_rng(0)
    small = [rng.random((12, 16), dtype=np.float32) for _ in range(2)]
    large = rng.random((48, 64), dtype=np.float32)
    expected = merged(small, large)
    got = merged([3 * small[0] - 7, 0.2 * small[1] + 1], 5 * large + 2)
    np.testing.assert_allclose(got, expected, atol=1e-4)


def test_agreeing_maps_stay_as_they_are() -> None:
    found = merged([_ramp(64, 48), _ramp(32, 24)], _ramp(128, 96))
    np.testing.assert_allclose(found / found.max(), _ramp(128, 96), atol=0.05)


@pytest.mark.parametrize("flat", ["layout", "details", "both"])
def test_maps_without_relief(flat: str) -> None:
    layout = np.zeros((6, 8), np.float32) if flat != "details" else _ramp(8, 6)
    details = np.full((12, 16), 3, np.float32) if flat != "layout" else _ramp(16, 12)
    assert np.isfinite(merged([layout], details)).all()

"""The lens: its checks, and radii from disparity."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from defocus.errors import EditError
from defocus.optics import LENS_RANGES, Lens, radius_px, relative_gain_px, thin_lens_gain_px_m


@pytest.mark.parametrize("name", LENS_RANGES)
def test_lens_ranges_hold(name: str) -> None:
    low, high = LENS_RANGES[name]
    for value in (low, high):
        assert getattr(replace(Lens(), **{name: value}), name) == value
    for bad in (low - 0.01, high + 0.01, float("nan"), float("inf"), "1", True):
        with pytest.raises(EditError, match=name):
            replace(Lens(), **{name: bad})


@pytest.mark.parametrize("blades", [1, 2, 17, -3, 4.5])
def test_blades_are_none_or_3_to_16(blades: Any) -> None:
    with pytest.raises(EditError, match="blades"):
        Lens(blades=blades)


def test_radius_is_linear_in_disparity_and_positive_in_front() -> None:
    values = np.array([[0, 0.25, 0.5, 1]], np.float32)
    assert radius_px(values, 0.5, 20).tolist() == [[-10, -5, 0, 10]]
    assert radius_px(values, 0.5, 20).dtype == np.float32


def test_focus_range_is_a_dead_band() -> None:
    values = np.array([[0, 0.4, 0.6, 1]], np.float32)
    assert radius_px(values, 0.5, 10, focus_range=0.4) == pytest.approx(
        np.array([[-3, 0, 0, 3]], np.float32), abs=1e-6
    )


def test_foreground_scales_only_what_is_in_front() -> None:
    values = np.array([[0, 1]], np.float32)
    assert radius_px(values, 0.5, 10, foreground=0.25).tolist() == [[-5, 1.25]]
    assert values.tolist() == [[0, 1]]


def test_relative_gain_is_that_of_a_full_frame_portrait() -> None:
    # 85 mm at two metres: infinity is 0.5 1/m away, and the picture's diagonal is 43.3 mm.
    size = (6000, 4000)
    metric = thin_lens_gain_px_m(6000 * 85 / 36, 0.085, 1.4, 2.0) * 0.5
    assert relative_gain_px(size, 1.4) == pytest.approx(metric, rel=0.05)


def test_thin_lens_gain_agrees_with_ray_optics() -> None:
    # f = 50 mm, f/2, focused at 2 m; a point at 4 m is imaged before the sensor.
    focal, number, focus, depth = 0.05, 2.0, 2.0, 4.0
    sensor = 1 / (1 / focal - 1 / focus)
    image = 1 / (1 / focal - 1 / depth)
    diameter_m = focal / number * (sensor - image) / image
    px_per_m = 1000 / focal
    gain = thin_lens_gain_px_m(1000, focal, number, focus)
    assert gain * (1 / focus - 1 / depth) == pytest.approx(diameter_m / 2 * px_per_m, rel=1e-6)


def test_a_lens_without_an_opinion_on_highlights_is_a_portraits_in_an_edit() -> None:
    from defocus.edit import PORTRAIT_HIGHLIGHTS, Edit

    assert Lens().highlights is None
    assert Edit(lens=Lens(f_number=1.4)).lens == Lens(1.4, highlights=PORTRAIT_HIGHLIGHTS)
    assert Edit(lens=Lens(highlights=0)).lens.highlights == 0

"""The reference renderer, against what can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from defocus.errors import EditError
from defocus.optics import Lens
from defocus.render import render_reference
from defocus.render.reference import aperture


@pytest.mark.parametrize("radius", [0.0, 0.7, 1.0, 3.3])
def test_a_round_aperture_keeps_light_and_has_its_size(radius: float) -> None:
    kernel = aperture(radius)
    x = np.arange(kernel.shape[1]) - kernel.shape[1] // 2
    assert kernel.sum() == pytest.approx(1)
    if radius > 3:  # the variance of a uniform disc is r²/4, that of a pixel 1/12
        assert (kernel * x**2).sum() == pytest.approx(radius**2 / 4 + 1 / 12, rel=0.06)
    assert (kernel * x).sum() == pytest.approx(0)


def test_zero_radius_is_identity() -> None:
    image = np.arange(5 * 4 * 3, dtype=np.uint8).reshape(5, 4, 3)
    assert np.array_equal(render_reference(image, np.zeros((5, 4), np.float32)), image)


def test_a_sharp_surface_hides_the_blurred_one_behind() -> None:
    image = np.zeros((9, 20, 3), np.float32)
    image[:, 10:] = 1
    radius = np.full((9, 20), -3, np.float32)
    radius[:, 10:] = 0
    result = render_reference(image, radius)
    assert np.array_equal(result, image)  # the white subject does not leak, the black neither


def test_a_blurred_foreground_covers_half_at_its_edge() -> None:
    image = np.zeros((9, 40, 3), np.float32)
    image[:, 20:] = 1
    radius = np.zeros((9, 40), np.float32)
    radius[:, 20:] = 4
    column = render_reference(image, radius)[4, :, 0]
    assert column[:15] == pytest.approx(0)
    assert 0.3 < column[19] < 0.5
    assert np.all(np.diff(column) > -1e-6)


def test_shapes_must_fit() -> None:
    with pytest.raises(EditError, match="do not fit"):
        render_reference(np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5), np.float32))


def test_a_lamp_gets_the_light_back_that_its_clipping_lost() -> None:
    image = np.full((60, 80, 3), 10, np.uint8)
    image[29:31, 39:41] = 255
    radius = np.full((60, 80), -5, np.float32)
    plain, bright = (render_reference(image, radius, Lens(highlights=h)) for h in (0, 1))
    assert bright[30, 40].min() > plain[30, 40].max() + 60


@pytest.mark.parametrize("squeeze", [0.5, 1.6])
def test_squeezing_keeps_the_area(squeeze: float) -> None:
    kernel = aperture(6, Lens(blades=5, squeeze=squeeze))
    assert 1 / kernel.max() == pytest.approx(np.pi * 36, rel=0.02)


def test_a_corner_of_the_triangle_points_up() -> None:
    rows = np.flatnonzero(aperture(6, Lens(blades=3, rotation_deg=90)).sum(1))
    middle = aperture(6, Lens(blades=3, rotation_deg=90)).shape[0] // 2
    assert middle - rows[0] > 1.7 * (rows[-1] - middle)

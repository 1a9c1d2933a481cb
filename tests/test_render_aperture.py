"""A point of light shows the shape of the aperture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from defocus.optics import Lens
from defocus.render import render_lens

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE = 201
RADIUS = 40


def spot(lens: Lens, at: tuple[int, int] = (100, 100)) -> NDArray[np.float64]:
    """What a bright point draws, as a share of its light; at = (x, y)."""
    image = np.zeros((SIZE, SIZE, 3), np.float32)
    image[at[1], at[0]] = 20_000
    result = render_lens(image, np.full((SIZE, SIZE), -RADIUS, np.float32), lens)
    return result[..., 0].astype(float) / 20_000


def second_moments(image: NDArray[np.float64]) -> tuple[float, float]:
    y, x = np.mgrid[:SIZE, :SIZE].astype(float)
    total = image.sum()
    x -= (image * x).sum() / total
    y -= (image * y).sum() / total
    return (image * x**2).sum() / total, (image * y**2).sum() / total


@pytest.mark.parametrize("blades", [3, 5, 6])
def test_blades_draw_a_polygon(blades: int) -> None:
    image = spot(Lens(blades=blades))
    y, x = np.mgrid[-100:101, -100:101]
    angle = np.arctan2(-y, x)
    outside = np.hypot(x, y) > RADIUS + 2
    # Light beyond the disc of equal area lies in the corners: the angular spectrum peaks there.
    spectrum = [abs((image * outside * np.exp(1j * k * angle)).sum()) for k in range(1, 17)]
    assert np.argmax(spectrum) + 1 in (blades, 2 * blades, 3 * blades, 4 * blades)
    assert (image > 0.5 * image.max()).sum() == pytest.approx(np.pi * RADIUS**2, rel=0.04)


def test_rotation_turns_counter_clockwise() -> None:
    tip = spot(Lens(blades=3, rotation_deg=90))  # one corner of the triangle points up
    rows = np.flatnonzero(tip.max(1) > 0.3 * tip.max())
    assert 100 - rows[0] > 1.7 * (rows[-1] - 100)


def test_full_roundness_is_a_disc() -> None:
    disc = spot(Lens())
    assert np.abs(spot(Lens(blades=5, roundness=1)) - disc).max() < 0.15 * disc.max()


@pytest.mark.parametrize("squeeze", [0.5, 0.75, 1.6])
def test_squeeze_is_width_over_height(squeeze: float) -> None:
    across, along = second_moments(spot(Lens(squeeze=squeeze)))
    assert np.sqrt(across / along) == pytest.approx(squeeze, rel=0.03)


def test_cat_eye_clips_towards_the_corners_only() -> None:
    lens = Lens(cat_eye=0.8)
    centre, corner = spot(lens), spot(lens, (150, 150))
    round_corner = spot(Lens(), (150, 150))
    assert np.abs(centre - spot(Lens())).max() < 0.2 * centre.max()
    assert (corner > 0.3 * corner.max()).sum() < 0.8 * (round_corner > 0.3 * corner.max()).sum()
    y, x = np.mgrid[:SIZE, :SIZE]
    assert (corner * (x + y)).sum() / corner.sum() < 295  # what is left lies towards the centre


def test_ring_moves_light_to_the_rim_and_back() -> None:
    y, x = np.mgrid[-100:101, -100:101]
    distance = np.hypot(x, y)
    rim, middle = (distance > 35) & (distance < 38), distance < 15
    for ring, low, high in ((1.0, 2.0, 5.0), (0.0, 0.98, 1.02), (-1.0, 0.1, 0.6)):
        image = spot(Lens(ring=ring))
        assert low < image[rim].mean() / image[middle].mean() < high
        assert image.min() > -1e-6


def test_highlights_lift_clipped_lights_only() -> None:
    image = np.full((120, 120, 3), 30, np.uint8)
    image[58:62, 58:62] = 255
    image[20:24, 20:24] = 200
    radius = np.full((120, 120), -12, np.float32)
    plain, lifted = render_lens(image, radius), render_lens(image, radius, Lens(highlights=1))
    assert lifted[60, 60].min() > plain[60, 60].max() + 60
    assert np.array_equal(lifted[:40, :40], plain[:40, :40])
    raised = render_lens(image, radius, Lens(highlights=1, highlight_threshold=0.7))
    assert raised[22, 22].min() > plain[22, 22].max() + 2


def test_a_highlight_that_is_hardly_blurred_becomes_no_glint() -> None:
    """0.1 % of the diagonal is a quarter of the blur from which a light glows fully."""
    image = np.full((600, 800, 3), 20, np.uint8)
    image[300:303, 400:403] = 255
    for radius_px, glows in ((0.99, False), (-0.99, False), (4.0, True)):
        radius = np.full(image.shape[:2], radius_px, np.float32)
        plain, lifted = (render_lens(image, radius, Lens(highlights=h)) for h in (0, 1))
        assert np.array_equal(plain, lifted) != glows

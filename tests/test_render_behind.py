"""Second samples behind soft pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from defocus.render import Behind, render_lens

if TYPE_CHECKING:
    from numpy.typing import NDArray

H, W = 100, 140


def behind(alpha: int, colour: float, radius: float) -> Behind:
    return Behind(
        np.full((H, W), alpha, np.uint8),
        np.full((H, W, 3), colour, np.float32),
        np.full((H, W), radius, np.float32),
    )


def flat(value: float) -> NDArray[np.float32]:
    return np.full((H, W, 3), value, np.float32)


def radii(value: float) -> NDArray[np.float32]:
    return np.full((H, W), value, np.float32)


def test_opaque_pixels_have_nothing_behind() -> None:
    image = np.random.default_rng(1).integers(0, 256, (H, W, 3), dtype=np.uint8)
    radius = np.linspace(-30, 30, H * W, dtype=np.float32).reshape(H, W)
    nothing = Behind(np.full((H, W), 255, np.uint8), np.zeros_like(image), radii(0))
    assert np.array_equal(render_lens(image, radius, behind=nothing), render_lens(image, radius))


@pytest.mark.parametrize(
    ("front", "back"),
    [(f, b) for f in (0.0, -3.0, -20.0, 3.0, 20.0) for b in (0.0, -3.0, -20.0) if f >= b],
)
def test_the_two_samples_share_a_pixel_by_alpha(front: float, back: float) -> None:
    result = render_lens(flat(0.8), radii(front), behind=behind(102, 0.2, back))
    assert np.abs(result - (0.4 * 0.8 + 0.6 * 0.2)).max() < 0.02


@pytest.mark.parametrize("front", [-1.0, -2.0, -3.5, -5.0])
@pytest.mark.parametrize("alpha", [51, 102, 204])
def test_beside_a_sharp_subject_a_soft_pixel_stays_see_through(front: float, alpha: int) -> None:
    """The gap that its alpha leaves in its surface is none that the subject hides."""
    subject = np.zeros((H, W), bool)
    subject[:, 70:] = True
    edge = np.zeros((H, W), bool)
    edge[:, 40:70] = True
    image = np.where(edge[..., None], flat(0.8), flat(0.2))
    image[subject] = 0.5
    radius = np.select([subject, edge], [0, front], -20).astype(np.float32)
    soft = np.where(edge, alpha, 255).astype(np.uint8)
    result = render_lens(image, radius, behind=Behind(soft, flat(0.2), radii(-20)))
    share = alpha / 255
    assert np.abs(result[30:70, 60:66] - (share * 0.8 + (1 - share) * 0.2)).max() < 0.08


def test_a_sharp_strand_lies_over_its_blurred_background() -> None:
    strand = np.zeros((H, W), bool)
    strand[:, 70] = True
    back = flat(0.1)
    back[:, 75:] = 0.9
    image = back.copy()
    image[strand] = 0.6
    radius = np.where(strand, 0, -15).astype(np.float32)
    alpha = np.where(strand, 128, 255).astype(np.uint8)
    result = render_lens(image, radius, behind=Behind(alpha, back, radii(-15)))
    around = result[50, [69, 71], 0].mean()
    assert result[50, 70, 0] == pytest.approx(0.5 * 0.6 + 0.5 * around, abs=0.02)


def test_no_weight_in_front_is_the_background_alone() -> None:
    image, back = flat(5), flat(0.3)
    everything = Behind(np.zeros((H, W), np.uint8), back, radii(-9))
    assert np.abs(render_lens(image, radii(0), behind=everything) - 0.3).max() < 1e-3


@pytest.mark.parametrize("strip", [3, 6, 12])
@pytest.mark.parametrize("step", [-0.8, -1.5, -2.2, -3.9])
def test_what_is_far_does_not_shine_through_a_surface_that_goes_on(strip: int, step: float) -> None:
    # A dark thing before far white; inside it the radius leaves the plane.
    image = np.full((40, 120, 3), 60, np.uint8)
    image[:, :30] = 255
    radius = np.zeros((40, 120), np.float32)
    radius[:, :30] = -40
    radius[:, 30 + strip :] = step
    radius[:, 30 + strip] = step / 2
    row = render_lens(image, radius)[20, :, 1]
    # Within the blur of the thing's true edge white may be seen past it.
    beyond = 30 + max(strip, 2 + int(-1.2 * step)) if strip < -step else 30
    assert row[beyond:].max() <= 85
    assert row[beyond + 12 :].max() <= 66

"""From coarse cells to working pixels: the three ideas of :mod:`defocus.refine`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from defocus._maps import MIRROR, bounds, enlarged, linear_in_colour, ramp, shrink

if TYPE_CHECKING:
    from defocus._maps import Floats

CELL_NOISE = 1e-5  # variance of colours 0..1 that means nothing, in a mean of many pixels
_SURFACE_NOISE = 4e-4  # variance that any surface's colours have at least


def raise_cells(coarse: Floats, picture: Floats, step: float) -> Floats:
    """Idea 1: coarse disparity to the picture's size, linear in colour where there are steps."""
    size_wh = picture.shape[1], picture.shape[0]
    cells = shrink(picture, (coarse.shape[1], coarse.shape[0]))
    model = enlarged(linear_in_colour(coarse, cells, CELL_NOISE), size_wh)
    fitted = (model[..., :3] * picture).sum(-1) + model[..., 3]
    low, high = bounds(coarse, 1)
    trust = enlarged(ramp(high - low, step), size_wh)
    least, most = _limits(coarse, size_wh)
    smooth = enlarged(coarse, size_wh)
    return np.asarray(smooth + trust * (np.clip(fitted, least, most) - smooth), np.float32)


def _limits(coarse: Floats, size_wh: tuple[int, int]) -> tuple[Floats, Floats]:
    """The farthest and the nearest that the truth may be around each pixel.

    These are the cells around it; but a wire thinner than a cell is nearer than any cell says, and
    a narrow gap is farther. How much thinner is not known: up to four times as much is allowed.
    """
    import cv2

    kernel = np.ones((3, 3), np.uint8)
    low, high = bounds(coarse, 1)
    ridge = cv2.dilate(cv2.morphologyEx(coarse, cv2.MORPH_TOPHAT, kernel), kernel)
    gap = cv2.dilate(cv2.morphologyEx(coarse, cv2.MORPH_BLACKHAT, kernel), kernel)
    least = np.maximum(low - 3 * gap, coarse.min())
    most = np.minimum(high + 3 * ridge, coarse.max())
    return enlarged(least, size_wh), enlarged(most, size_wh)


def split_surfaces(values: Floats, picture: Floats, reach_px: int, step: float) -> Floats:
    """Idea 2: at steps, give every pixel the disparity of the surface it belongs to."""
    low, high = bounds(values, reach_px)
    span = high - low
    nearness = (values - low) / np.maximum(span, 1e-9)
    near = _Surface.of(np.clip(4 * nearness - 2, 0, 1), values, picture, reach_px)
    far = _Surface.of(np.clip(2 - 4 * nearness, 0, 1), values, picture, reach_px)
    by_colour = np.clip((near.likelihood(picture) - far.likelihood(picture)) / 3, -3, 3)
    known = np.clip(nearness, 0.01, 0.99)
    by_map = np.log(known / (1 - known))
    share = 1 / (1 + np.exp(-4 * (by_colour + by_map)))
    parted = far.disparity + share * (near.disparity - far.disparity)
    return np.asarray(values + ramp(span, step) * (parted - values), np.float32)


@dataclass(frozen=True, eq=False, slots=True)
class _Surface:
    """What is known about one of the two surfaces that meet around each pixel.

    Attributes:
        colour: h×w×3 mean of its colours.
        variance: h×w×3 of its colours.
        disparity: h×w mean of its disparity, from closer by.
    """

    colour: Floats
    variance: Floats
    disparity: Floats

    @classmethod
    def of(cls, weight: Floats, values: Floats, picture: Floats, reach_px: int) -> _Surface:
        """From the pixels that surely belong to it. These means are smooth: a quarter of the
        size is enough for them."""
        import cv2

        height, width = weight.shape
        small_wh = max(1, width // 4), max(1, height // 4)

        def mean(x: Floats, sigma_px: float) -> Floats:
            small = shrink(x, small_wh)
            blurred = cv2.GaussianBlur(small, (0, 0), sigma_px / 4, borderType=MIRROR)
            return np.asarray(blurred, np.float32)

        colour_reach, value_reach = 2.0 * reach_px, 0.7 * reach_px
        weighted = picture * weight[..., None]
        total = mean(weight, colour_reach)[..., None] + 1e-6
        colour = mean(weighted, colour_reach) / total
        square = mean(weighted * picture, colour_reach) / total
        variance = np.maximum(square - colour * colour, 0) + _SURFACE_NOISE
        disparity = mean(weight * values, value_reach) / (mean(weight, value_reach) + 1e-6)
        return cls(*(enlarged(x, (width, height)) for x in (colour, variance, disparity)))

    def likelihood(self, picture: Floats) -> Floats:
        """Log of the density of the picture's colours on this surface, but for a constant."""
        terms = (picture - self.colour) ** 2 / self.variance + np.log(self.variance)
        return np.asarray(-0.5 * terms.sum(-1), np.float32)


def back_project(values: Floats, coarse: Floats, reach_px: int, step: float) -> Floats:
    """Idea 3: give back what the coarse map holds and the fine one lost, to the nearer pixels."""
    size_wh = values.shape[1], values.shape[0]
    coarse_wh = coarse.shape[1], coarse.shape[0]
    least, most = _limits(coarse, size_wh)
    for _ in range(2):
        low, high = bounds(values, reach_px)
        span = high - low
        share = 0.02 + np.where(span > step, (values - low) / np.maximum(span, 1e-9), 0.5)
        missing = coarse - shrink(values, coarse_wh)
        gain = np.minimum(share / enlarged(shrink(share, coarse_wh), size_wh), 6)
        values = np.clip(values + gain * enlarged(missing, size_wh), least, most)
    return values

"""From coarse cells to working pixels: the three ideas of :mod:`defocus.refine`."""

from __future__ import annotations

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
    """Idea 2: at steps, give every pixel the disparity of the surface it belongs to.

    A pixel's odds for the nearer surface are those of the map, times how much likelier its colour
    is there, if colours are normally distributed around each surface's own mean.
    """
    from defocus import _maps_core

    low, high = bounds(values, reach_px)
    values = np.ascontiguousarray(values)
    steps = _maps_core.Steps(values=values, low=low, high=high, picture=picture)
    blocks = [-(-side // _maps_core.BLOCK_PX) for side in values.shape]
    near, far = np.empty((*blocks, 12), np.float32), np.empty((*blocks, 12), np.float32)
    _maps_core.gather_surfaces(steps, near=near, far=far)
    near, far = (_surface(sums, reach_px / _maps_core.BLOCK_PX) for sums in (near, far))
    parted = np.empty_like(values)
    _maps_core.part_surfaces(steps, step=step, near=near, far=far, out=parted)
    return without_specks(parted)


def without_specks(values: Floats) -> Floats:
    """A few pixels alone beyond all around them took their side by chance of their colour; a wire,
    however thin, crosses the ring around each of its pixels."""
    import cv2

    ring = np.ones((5, 5), np.uint8)
    ring[1:-1, 1:-1] = 0
    return np.clip(values, cv2.erode(values, ring), cv2.dilate(values, ring))


def _surface(sums: Floats, reach: float) -> Floats:
    """What is known about one of the two surfaces that meet around each block of pixels.

    Args:
        sums: h×w×12 over the block's pixels that surely belong to it (see ``surfaces.hpp``).
        reach: in blocks.

    Returns:
        h×w×8: mean colour, log of the variances' product, variances, disparity from closer by.
    """
    import cv2

    def around(x: Floats, sigma: float) -> Floats:
        return np.asarray(cv2.GaussianBlur(x, (0, 0), sigma, borderType=MIRROR), np.float32)

    colours = around(sums[..., :8], 2.0 * reach)
    total = colours[..., :1] + 1e-5
    mean, square = colours[..., 1:4] / total, colours[..., 4:7] / total
    variance = np.maximum(square - mean * mean, 0) + _SURFACE_NOISE
    weight, weighted = np.moveaxis(around(sums[..., [0, 8]], 0.7 * reach), -1, 0)
    entropy = np.log(variance).sum(-1)
    return np.dstack([mean, entropy, variance, weighted / (weight + 1e-5)])


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

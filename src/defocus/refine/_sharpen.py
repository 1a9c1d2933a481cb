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
_BROAD = 2.5  # blocks: a Gaussian of this deviation leaves nothing that half the grid cannot hold
_GIVEN_BACK = 2  # times: bounds and the most that a pixel takes leave a rest


@dataclass(frozen=True, slots=True)
class Cells:
    """What was given: h×w each.

    Attributes:
        values: the coarse disparity.
        least, most: the farthest and the nearest that the truth may be around each cell.
    """

    values: Floats
    least: Floats
    most: Floats

    @classmethod
    def of(cls, values: Floats) -> Cells:
        """These are the cells around it; but a wire thinner than a cell is nearer than any cell
        says, and a narrow gap is farther. How much thinner is not known: up to four times as much
        is allowed.
        """
        import cv2

        kernel = np.ones((3, 3), np.uint8)
        low, high = bounds(values, 1)
        ridge = cv2.dilate(cv2.morphologyEx(values, cv2.MORPH_TOPHAT, kernel), kernel)
        gap = cv2.dilate(cv2.morphologyEx(values, cv2.MORPH_BLACKHAT, kernel), kernel)
        least = np.maximum(low - 3 * gap, values.min())
        most = np.minimum(high + 3 * ridge, values.max())
        return cls(np.ascontiguousarray(values), least, most)


def raise_cells(cells: Cells, picture: Floats, step: float) -> Floats:
    """Idea 1: coarse disparity to the picture's size, linear in colour where there are steps."""
    from defocus._maps_core import enlarge_fitted

    values = cells.values
    colours = shrink(picture, (values.shape[1], values.shape[0]))
    low, high = bounds(values, 1)
    layers = np.dstack([values, cells.least, cells.most, ramp(high - low, step)])
    model = linear_in_colour(values, colours, CELL_NOISE)
    fine = np.empty(picture.shape[:2], np.float32)
    enlarge_fitted(layers=layers, model=model, photo=np.ascontiguousarray(picture), out=fine)
    return fine


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

    high, wide = sums.shape[:2]
    colours, sigma, grid = np.ascontiguousarray(sums[..., :8]), 2.0 * reach, 1
    if sigma > _BROAD:
        colours, sigma, grid = _by_fours(colours), sigma / 2, 2
    colours = around(colours, sigma)
    total = colours[..., :1] + 1e-5
    mean, square = colours[..., 1:4] / total, colours[..., 4:7] / total
    variance = np.maximum(square - mean * mean, 0) + _SURFACE_NOISE
    entropy = np.log(variance).sum(-1)
    seen = np.dstack([mean, entropy, variance])
    seen = enlarged(seen, (grid * seen.shape[1], grid * seen.shape[0]))[:high, :wide]
    weight, weighted = np.moveaxis(around(sums[..., [0, 8]], 0.7 * reach), -1, 0)
    return np.dstack([seen, weighted / (weight + 1e-5)])


def _by_fours(sums: Floats) -> Floats:
    """Sums of four blocks each; beyond the map there is nothing."""
    high, wide = sums.shape[:2]
    even = np.pad(sums, ((0, high % 2), (0, wide % 2), (0, 0))) if high % 2 or wide % 2 else sums
    rows = even[::2] + even[1::2]
    return np.asarray(rows[:, ::2] + rows[:, 1::2], np.float32)


def back_project(values: Floats, cells: Cells, reach_px: int, step: float) -> None:
    """Idea 3: give back what the coarse map holds and the fine one lost, to the nearer pixels.

    ``values`` are changed in place.
    """
    from defocus import _maps_core

    _maps_core.back_project(
        values,
        cells=cells.values,
        least=cells.least,
        most=cells.most,
        reach=reach_px,
        step=step,
        rounds=_GIVEN_BACK,
    )

"""Colours as evidence: which of two regions a pixel's colour is usual in, nearby.

Through a gap between two people, under a raised arm or beside an ear one sees the wall that is seen
around them as well; a sleeve that no network is sure of has the colours of the rest of the coat.
Histograms over place and colour tell, blurred along every axis and read between their cells as a
bilateral grid is (Chen, Paris & Durand 2007, "Real-time edge-aware image processing with the
bilateral grid").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus._maps import Floats

_CELL = 1 / 6  # of the long side: as far as a wall or a coat looks alike; blurred, twice that
_STEP = 0.05  # of L*a*b* in hundreds: colours closer than this count as one
_GREYEST, _MOST = -0.6, 0.6  # of a* and b*: what is more colourful counts as this
_RARE = 0.001  # a colour's share of a region nearby that is as good as none
# Of a cell: of so little of a region nearby the colours are as good as unknown, those of both.
_KNOWN = 0.005


def colour_logit(lab: Floats, theirs: Floats, others: Floats) -> Floats:
    """How much more usual a pixel's colour is among theirs than among others, nearby.

    Args:
        lab: h×w×3, L*a*b* in hundreds.
        theirs: h×w in 0..1, how surely a pixel is theirs.
        others: h×w in 0..1, how surely it is not.

    Returns:
        h×w float32, the logarithm of the ratio of both; 0 where neither is known.
    """
    height, width = theirs.shape
    cell_px = _CELL * max(height, width)
    low = np.array([0, _GREYEST, _GREYEST], np.float32)
    high = np.array([1, _MOST, _MOST], np.float32)
    bins = np.rint((np.clip(lab, low, high) - low) / _STEP).astype(np.int64)
    colours = np.rint((high - low) / _STEP).astype(np.int64) + 1
    flat = (bins[..., 0] * colours[1] + bins[..., 1]) * colours[2] + bins[..., 2]
    y = np.arange(height, dtype=np.float32) / cell_px
    x = np.arange(width, dtype=np.float32) / cell_px
    cells = int(y[-1]) + 2, int(x[-1]) + 2
    shape = (*cells, *(int(each) for each in colours))
    counts = [_counted(weight, y, x, flat, shape) for weight in (theirs, others)]
    totals = [each.sum(axis=(2, 3, 4), keepdims=True) for each in counts]
    few = np.float32(_KNOWN * cell_px**2)
    both = few * sum(counts) / (sum(totals) + np.float32(1e-6))
    told = [
        np.log((count + both) / (total + few) + np.float32(_RARE))
        for count, total in zip(counts, totals, strict=True)
    ]
    return _between(told[0] - told[1], y, x, flat)


def _counted(
    weight: Floats, y: Floats, x: Floats, flat: NDArray[np.int64], shape: tuple[int, ...]
) -> Floats:
    """The colours of what has weight, by place, blurred."""
    size = int(np.prod(shape[2:]))
    nearest = np.rint(y).astype(np.int64)[:, None] * shape[1] + np.rint(x).astype(np.int64)
    count = np.bincount((nearest * size + flat).ravel(), weight.ravel(), shape[0] * shape[1] * size)
    grid = count.astype(np.float32).reshape(shape)
    for axis in range(grid.ndim):
        grid = _blurred(grid, axis)
    return grid


def _between(grid: Floats, y: Floats, x: Floats, flat: NDArray[np.int64]) -> Floats:
    """What a grid holds for each pixel's colour, linear between the cells."""
    size = int(np.prod(grid.shape[2:]))
    table = grid.reshape(-1)
    found = np.zeros(flat.shape, np.float32)
    top, left = y.astype(np.int64), x.astype(np.int64)
    for down in (0, 1):
        by_row = np.abs(1 - down - (y - top))[:, None]
        for across in (0, 1):
            place = (top + down)[:, None] * grid.shape[1] + left + across
            found += by_row * np.abs(1 - across - (x - left)) * table[place * size + flat]
    return found


def _blurred(grid: Floats, axis: int) -> Floats:
    """By 1, 2, 1 along an axis; nothing lies beyond its ends."""
    out = 2 * grid
    first = [slice(None)] * grid.ndim
    last = [slice(None)] * grid.ndim
    first[axis], last[axis] = slice(1, None), slice(None, -1)
    out[tuple(last)] += grid[tuple(first)]
    out[tuple(first)] += grid[tuple(last)]
    return np.asarray(out / 4, np.float32)

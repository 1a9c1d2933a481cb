"""Holes in a region: what the outside cannot reach, and whether it is background."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus._maps import Floats

_SMALL = 0.015  # of the region's area
_AROUND = 0.1  # of the long side: so far a hole's background is looked for
# L*a*b* in hundreds: a hole that differs so much from every colour around the region is no glimpse.
_STRANGE = 0.08
_SAMPLES = 100, 200  # colours of the hole and of the background: enough for a median


def without_holes(region: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The region with what it encloses."""
    import cv2

    outside = np.pad(~region, 1, constant_values=True).astype(np.uint8)
    cv2.floodFill(outside, None, (0, 0), 2)
    return np.asarray(outside[1:-1, 1:-1] != 2, np.bool_)


def mistaken(region: NDArray[np.bool_], lab: Floats) -> NDArray[np.bool_]:
    """The small holes whose colours the background around the region does not have.

    Through the triangle between an arm and a body the background shows; a badge or the knot of a
    tie that the network takes for background is the subject's own.

    Args:
        region: h×w.
        lab: h×w×3, L*a*b* in hundreds.
    """
    import cv2

    holes = without_holes(region) & ~region
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        holes.astype(np.uint8), connectivity=4
    )
    reach_px = round(_AROUND * max(region.shape))
    found = np.zeros_like(region)
    for label in range(1, count):
        left, top, width, height, area = (int(v) for v in stats[label])
        if area >= _SMALL * np.count_nonzero(region):
            continue
        rows = slice(max(top - reach_px, 0), top + height + reach_px)
        columns = slice(max(left - reach_px, 0), left + width + reach_px)
        own = labels[rows, columns] == label
        around = ~(region | holes)[rows, columns]
        near = lab[rows, columns]
        if not around.any() or _distance(near[own], near[around]) > _STRANGE:
            found[rows, columns] |= own
    return found


def _distance(colours: Floats, others: Floats) -> float:
    """Median of how far each colour is from the nearest of the others."""
    few, many = (
        some[:: max(1, len(some) // count)]
        for some, count in zip((colours, others), _SAMPLES, strict=True)
    )
    apart = np.sqrt(((few[:, None] - many[None]) ** 2).sum(-1))
    return float(np.median(apart.min(axis=1)))

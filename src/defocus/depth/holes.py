"""Holes of measured maps: a sensor or a stereo method writes 0 where it found nothing.

In a map of integers 0 is also a value of its own: the farthest in a disparity, the nearest in a
picture of depth that fills its range. A hole is told by the gap between 0 and what comes next, and,
where 0 could be the sky or a wall, by its size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from defocus._maps import nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Of the greatest code: so far from 0 the next value must be. A map that fills its range has steps
# of 1/255 or less; a sensor's nearest reading is a tenth of its farthest or more.
_GAP = 0.02
# Of the map's area: what is larger than this, in one piece, may be the sky.
_LARGEST = 0.02


def filled(codes: NDArray[Any], *, are_distances: bool) -> NDArray[Any]:
    """A map of integers with its holes filled by the nearest pixel that has a value.

    Args:
        codes: H×W integers.
        are_distances: larger = farther. Nothing is at distance 0: in a map of more than 8 bits
            every 0 beyond the gap is a hole then, however large.

    Returns:
        The same array if it has no holes.
    """
    import cv2

    holes = codes == 0
    if not holes.any() or holes.all():
        return codes
    next_code = np.min(codes, where=~holes, initial=codes.max())
    if next_code < max(2, _GAP * codes.max()):
        return codes
    mask = holes.view(np.uint8)
    if not (are_distances and codes.dtype.itemsize > 1):
        _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        small = stats[:, cv2.CC_STAT_AREA] <= _LARGEST * codes.size
        small[0] = False  # what is no hole
        mask = small[labels].view(np.uint8)
        if not mask.any():
            return codes
    hole = mask > 0
    out = codes.copy()
    out[hole] = codes.ravel()[nearest(~hole)[hole]]
    return out

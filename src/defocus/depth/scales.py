"""One map out of several views of a photo: the layout of the small ones, the edges of the largest.

A network orders the things of a scene best when it sees the whole at about the size it was trained
at, and finds their edges best when it sees them large (Miangoleh et al. 2021, "Boosting monocular
depth estimation models to high-resolution", arXiv:2105.14021). Small views cost little, and what it
gets wrong in one of them it often gets right in another, most of all in the mirror image.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class View:
    """How a network is shown a photo: its long side in pixels, perhaps as its mirror image."""

    long_side_px: int
    mirrored: bool = False


LAYOUT_SIGMA = 0.02  # of the long side: what is coarser than this comes from the small inputs


def merged(layouts: Sequence[Floats], details: Floats) -> Floats:
    """Relative disparity with the mean layout of small maps and the details of a large one.

    Args:
        layouts: at least one H×W float32 of any size, each up to scale and shift.
        details: H×W float32, up to scale and shift.

    Returns:
        H×W float32 of the size of ``details``, in units of the layout's mean absolute deviation.
    """
    import cv2

    size_wh = details.shape[1], details.shape[0]
    layout = np.mean([cv2.resize(_normalised(values), size_wh) for values in layouts], 0)
    relief = details - details.mean()
    scale = (relief * layout).mean() / max(float((relief**2).mean()), 1e-12)
    sharp = scale * relief  # fitted to the layout up to a shift, which the difference restores
    sigma_px = LAYOUT_SIGMA * max(details.shape)
    return np.asarray(sharp + cv2.GaussianBlur(layout - sharp, (0, 0), sigma_px), np.float32)


def _normalised(values: Floats) -> Floats:
    """Less its median, over its mean absolute deviation: the scale the network was trained in."""
    centred = values - np.median(values)
    return np.asarray(centred / max(float(np.abs(centred).mean()), 1e-6), np.float32)

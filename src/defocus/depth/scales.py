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

from defocus.depth.tiles import WHOLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from defocus.depth.tiles import Tile

    Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class View:
    """How a network is shown a photo: its long side in pixels; perhaps mirrored, or a part."""

    long_side_px: int
    mirrored: bool = False
    part: Tile = WHOLE


@dataclass(frozen=True, slots=True)
class Look:
    """All views of one photo, to be joined.

    Attributes:
        whole: for the layout, and for who is in the picture.
        tiles: for the edges; they cover the photo and are of one size.
        tile_px: long side of each of them as it is shown.
    """

    whole: tuple[View, ...]
    tiles: tuple[Tile, ...]
    tile_px: int

    @property
    def long_side_px(self) -> int:
        """Of the photo, at the scale at which the tiles are shown."""
        return round(self.tile_px / self.tiles[0].width)

    def joined_wh(self, tile_hw: tuple[int, ...]) -> tuple[int, int]:
        """Width and height of the joined map, by those of a tile's."""
        tile = self.tiles[0]
        return round(tile_hw[1] / tile.width), round(tile_hw[0] / tile.height)


# What tiles and larger views say of an edge is a mean of near and far; so much more is the truth.
_CONTRAST = 1.1
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
    layout = mean_layout(layouts, size_wh)
    relief = details - details.mean()
    scale = (relief * layout).mean() / max(float((relief**2).mean()), 1e-12)
    # Fitted to the layout up to a shift, which the difference restores.
    sharp = np.float32(_CONTRAST * scale) * relief
    sigma_px = LAYOUT_SIGMA * max(details.shape)
    return np.asarray(sharp + cv2.GaussianBlur(layout - sharp, (0, 0), sigma_px), np.float32)


def mean_layout(layouts: Sequence[Floats], size_wh: tuple[int, int]) -> Floats:
    """Mean of maps that are known up to scale and shift, in units of their mean deviation."""
    import cv2

    seen = [cv2.resize(_normalised(values), size_wh) for values in layouts]
    return np.asarray(np.mean(seen, 0), np.float32)


def _normalised(values: Floats) -> Floats:
    """Less its median, over its mean absolute deviation: the scale the network was trained in."""
    centred = values - np.median(values)
    return np.asarray(centred / max(float(np.abs(centred).mean()), 1e-6), np.float32)

"""From working pixels to the photo's, tile by tile."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus.refine._arrays import bounds, ramp
from defocus.refine._sharpen import linear_in_colour

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.progress import Progress
    from defocus.refine._arrays import Floats

_PHOTO_NOISE = 1e-4  # variance of colours 0..1 that means nothing, at the working size
_TILE_PX = 512


def enlarge_by_tiles(
    work: Floats, picture: Floats, guide: NDArray[Any], step: float, report: Progress
) -> Floats:
    """From the working size to the photo's, tile by tile; tiles without steps are interpolated."""
    height, width = guide.shape[:2]
    low, high = bounds(work, 1)
    layers = np.dstack([work, low, high, ramp(high - low, step)])
    model = linear_in_colour(work, picture, _PHOTO_NOISE)
    unit = np.float32(1 / np.iinfo(guide.dtype).max)
    out = np.empty((height, width), np.float32)

    def enlarge(corner: tuple[int, int]) -> None:
        top, left = corner
        tile = np.s_[top : top + _TILE_PX, left : left + _TILE_PX]
        colours = guide[tile]
        window = _Window((width, height), (left, top), (colours.shape[1], colours.shape[0]))
        values, least, most, trust = np.moveaxis(window.of(layers), -1, 0)
        if trust.any():
            fit = window.of(model)
            fitted = fit[..., 3] + sum(fit[..., k] * (colours[..., k] * unit) for k in range(3))
            values = values + trust * (np.clip(fitted, least, most) - values)
        out[tile] = values

    corners = [(y, x) for y in range(0, height, _TILE_PX) for x in range(0, width, _TILE_PX)]
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for done, _ in enumerate(pool.map(enlarge, corners)):
            report("refine", 0.6 + 0.4 * done / len(corners))
    return out


@dataclass(frozen=True, slots=True)
class _Window:
    """A rectangle of the photo, to be cut from smaller arrays that span the whole photo."""

    photo_wh: tuple[int, int]
    left_top: tuple[int, int]
    size_wh: tuple[int, int]

    def of(self, small: Floats) -> Floats:
        """That part of ``small``, enlarged bilinearly (pixel centres aligned)."""
        import cv2

        scale = [small.shape[1 - axis] / self.photo_wh[axis] for axis in (0, 1)]
        shift = [(self.left_top[axis] + 0.5) * scale[axis] - 0.5 for axis in (0, 1)]
        matrix = np.array([[scale[0], 0, shift[0]], [0, scale[1], shift[1]]])
        return np.asarray(
            cv2.warpAffine(
                small,
                matrix,
                self.size_wh,
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            ),
            np.float32,
        )

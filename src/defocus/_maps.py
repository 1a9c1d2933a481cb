"""What refinement and matting share: maps (h×w or h×w×c float32), their sizes, and tiles."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

MIRROR = 4  # cv2.BORDER_REFLECT_101, without importing cv2 for it


def bounds(values: Floats, reach_px: int) -> tuple[Floats, Floats]:
    """The least and the greatest value within ``reach_px`` along both axes."""
    import cv2

    kernel = np.ones((2 * reach_px + 1, 2 * reach_px + 1), np.uint8)
    low, high = cv2.erode(values, kernel), cv2.dilate(values, kernel)
    return np.asarray(low, np.float32), np.asarray(high, np.float32)


def ramp(span: Floats, step: float) -> Floats:
    """0 below a step, 1 from two steps on."""
    return np.asarray(np.clip(span / step - 1, 0, 1), np.float32)


def reduced(picture: NDArray[Any], size_wh: tuple[int, int]) -> Floats:
    """Area-reduced, float32 in 0..1."""
    return shrink(picture, size_wh) * np.float32(1 / np.iinfo(picture.dtype).max)


def shrink(values: NDArray[Any], size_wh: tuple[int, int]) -> Floats:
    """Mean over areas."""
    import cv2

    return np.asarray(cv2.resize(values, size_wh, interpolation=cv2.INTER_AREA), np.float32)


def enlarged(values: Floats, size_wh: tuple[int, int]) -> Floats:
    """Bilinear."""
    import cv2

    return np.asarray(cv2.resize(values, size_wh, interpolation=cv2.INTER_LINEAR), np.float32)


def linear_in_colour(values: Floats, colours: Floats, noise: float) -> Floats:
    """Least squares values ≈ a·rgb + b in each 3×3 window, windows averaged: h×w×4 (a, b).

    ``noise`` is the variance of colours that means nothing; more of it makes the fit stiffer.
    """
    import cv2

    def mean(x: Floats) -> Floats:
        return np.asarray(cv2.blur(x, (3, 3), borderType=MIRROR), np.float32)

    r, g, b = cv2.split(colours)
    mean_rgb, mean_value = mean(colours), mean(values)
    m = [mean_rgb[..., k] for k in range(3)]
    rr = mean(r * r) - m[0] * m[0] + noise
    gg = mean(g * g) - m[1] * m[1] + noise
    bb = mean(b * b) - m[2] * m[2] + noise
    rg = mean(r * g) - m[0] * m[1]
    rb = mean(r * b) - m[0] * m[2]
    gb = mean(g * b) - m[1] * m[2]
    right = [mean(c * values) - mc * mean_value for c, mc in zip((r, g, b), m, strict=True)]
    # the inverse of a symmetric 3×3 matrix by its cofactors
    c00, c01, c02 = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
    c11, c12, c22 = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
    det = rr * c00 + rg * c01 + rb * c02
    a0 = (c00 * right[0] + c01 * right[1] + c02 * right[2]) / det
    a1 = (c01 * right[0] + c11 * right[1] + c12 * right[2]) / det
    a2 = (c02 * right[0] + c12 * right[1] + c22 * right[2]) / det
    shift = mean_value - a0 * m[0] - a1 * m[1] - a2 * m[2]
    return mean(cv2.merge([a0, a1, a2, shift]))


@dataclass(frozen=True, slots=True)
class Window:
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

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns of the photo."""
        (left, top), (width, height) = self.left_top, self.size_wh
        return slice(top, top + height), slice(left, left + width)


def tiles(photo_wh: tuple[int, int], tile_px: int) -> list[Window]:
    """Windows of at most ``tile_px``² that cover a photo."""
    width, height = photo_wh
    return [
        Window(photo_wh, (left, top), (min(tile_px, width - left), min(tile_px, height - top)))
        for top in range(0, height, tile_px)
        for left in range(0, width, tile_px)
    ]


def in_parallel(work: Callable[[Window], None], windows: list[Window]) -> Iterator[float]:
    """Do the work on every window with all cores; yields the done fraction after each."""
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for done, _ in enumerate(pool.map(work, windows), 1):
            yield done / len(windows)

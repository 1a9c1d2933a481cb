"""What refinement and matting share: maps (h×w or h×w×c float32) and their sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
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

    def means(*planes: Floats) -> list[Floats]:  # up to four planes in the time of one
        around = cv2.split(cv2.blur(cv2.merge(planes), (3, 3), borderType=MIRROR))
        return [np.asarray(plane, np.float32) for plane in around]

    r, g, b = (np.ascontiguousarray(colours[..., k]) for k in range(3))
    *m, mean_value = means(r, g, b, values)
    squares = zip(means(r * r, g * g, b * b), m, strict=True)
    rr, gg, bb = (square - mean * mean + noise for square, mean in squares)
    rg, rb, gb = means(r * g, r * b, g * b)
    rg, rb, gb = rg - m[0] * m[1], rb - m[0] * m[2], gb - m[1] * m[2]
    products = zip(means(r * values, g * values, b * values), m, strict=True)
    right = [product - mean * mean_value for product, mean in products]
    # the inverse of a symmetric 3×3 matrix by its cofactors
    c00, c01, c02 = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
    c11, c12, c22 = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
    det = rr * c00 + rg * c01 + rb * c02
    a0 = (c00 * right[0] + c01 * right[1] + c02 * right[2]) / det
    a1 = (c01 * right[0] + c11 * right[1] + c12 * right[2]) / det
    a2 = (c02 * right[0] + c12 * right[1] + c22 * right[2]) / det
    shift = mean_value - a0 * m[0] - a1 * m[1] - a2 * m[2]
    return np.asarray(
        cv2.blur(cv2.merge([a0, a1, a2, shift]), (3, 3), borderType=MIRROR), np.float32
    )

"""What refinement, matting and others share: maps (h×w or h×w×c float32) and their sizes."""

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
    return shrink_far(picture, size_wh) * np.float32(1 / np.iinfo(picture.dtype).max)


def shrink(values: NDArray[Any], size_wh: tuple[int, int]) -> Floats:
    """Mean over areas."""
    import cv2

    return np.asarray(cv2.resize(values, size_wh, interpolation=cv2.INTER_AREA), np.float32)


def shrink_far(values: NDArray[Any], size_wh: tuple[int, int]) -> Floats:
    """The same at half the cost where it is more than a third: by halves first, each rounded."""
    while not (values.shape[0] % 2 or values.shape[1] % 2) and values.shape[1] >= 3 * size_wh[0]:
        values = halved(values)
    return shrink(values, size_wh)


def halved(picture: NDArray[Any]) -> NDArray[Any]:
    """Half the size, by means of four pixels; an odd last row and column is left out.

    OpenCV does this many times as fast as it shrinks a large picture by any other factor.
    """
    import cv2

    half_wh = picture.shape[1] // 2, picture.shape[0] // 2
    even = picture[: 2 * half_wh[1], : 2 * half_wh[0]]
    return cv2.resize(even, half_wh, interpolation=cv2.INTER_AREA)


def nearest(known: NDArray[np.bool_]) -> NDArray[np.int32]:
    """For each pixel the flat index of the nearest known one, h×w. Some must be known."""
    import cv2

    _, labels = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    index = np.zeros(int(labels.max()) + 1, np.int32)
    index[labels[known]] = np.flatnonzero(known)
    return np.asarray(index[labels], np.int32)


def enlarged(values: Floats, size_wh: tuple[int, int]) -> Floats:
    """Bilinear."""
    import cv2

    return np.asarray(cv2.resize(values, size_wh, interpolation=cv2.INTER_LINEAR), np.float32)


def resized(values: Floats, size_wh: tuple[int, int]) -> Floats:
    """Bilinear up, mean over areas down; the map itself if it has that size."""
    if size_wh == (values.shape[1], values.shape[0]):
        return values
    return shrink(values, size_wh) if size_wh[0] < values.shape[1] else enlarged(values, size_wh)


def fit(size_wh: tuple[int, int], longest_px: int) -> tuple[int, int]:
    """The size of the same shape whose longer side is at most ``longest_px``."""
    scale = min(1.0, longest_px / max(size_wh))
    return max(1, round(size_wh[0] * scale)), max(1, round(size_wh[1] * scale))


def centre_prior(height: int, width: int, sigma: float = 0.28) -> NDArray[np.float64]:
    """How likely a photographer puts the subject there: 1 in the middle."""
    x = (np.arange(width) + 0.5) / width - 0.5
    y = (np.arange(height) + 0.5) / height - 0.5
    return np.exp(-(y[:, None] ** 2 + x[None] ** 2) / (2 * sigma**2))


def linear_in_colour(
    values: Floats, colours: Floats, noise: float, where: NDArray[np.bool_] | None = None
) -> Floats:
    """Least squares values ≈ a·rgb + b in each 3×3 window, windows averaged: h×w×4 (a, b).

    ``noise`` is the variance of colours that means nothing; more of it makes the fit stiffer. With
    ``where`` (h×w) only what is right between those pixels and their neighbours is worked out.
    """
    import cv2

    from defocus._maps_core import fit_colours

    wanted = None
    if where is not None:  # neighbours, and the windows that hold them
        grown = cv2.dilate(where.astype(np.uint8), np.ones((5, 5), np.uint8))
        wanted = np.asarray(grown, np.uint8)
    model = np.empty((*values.shape, 4), np.float32)
    fit_colours(
        values=np.ascontiguousarray(values),
        colours=np.ascontiguousarray(colours),
        noise=noise,
        out=model,
        wanted=wanted,
    )
    return model

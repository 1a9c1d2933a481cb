"""What known pixels say about those around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from defocus._maps import MIRROR, enlarged, shrink

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus._maps import Floats

_REACH = 0.045  # of the long side


def nearby(values: Floats, known: NDArray[np.bool_]) -> Floats:
    """Continue known values smoothly: a weighted mean of those around, nearest ones first."""
    weight = known.astype(np.float32)
    reach = max(values.shape) * _REACH
    total = _blur(weight, reach / 3)
    near = _blur(values * weight, reach / 3) / np.maximum(total, 1e-6)
    wide = _blur(values * weight, 3 * reach) / np.maximum(_blur(weight, 3 * reach), 1e-6)
    return np.asarray(wide + np.clip(50 * total, 0, 1) * (near - wide), np.float32)


def colours_around(picture: Floats, known: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Mean and variance (h×w×3 each) of the colours of known pixels around each pixel."""
    size_wh = known.shape[1], known.shape[0]
    mean, variance = few_colours_around(picture, known)
    return enlarged(mean, size_wh), enlarged(variance, size_wh)


def few_colours_around(picture: Floats, known: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """The same at a quarter of the size."""
    weight = known.astype(np.float32)
    reach = max(known.shape) * _REACH
    total = _smooth(weight, reach)[..., None] + 1e-4
    known_colours = picture * weight[..., None]
    mean = _smooth(known_colours, reach) / total
    square = _smooth(picture * known_colours, reach) / total
    return mean, np.maximum(square - mean * mean, 0)


def _blur(values: Floats, sigma_px: float) -> Floats:
    """Gaussian; a quarter of the size is enough for so smooth a result."""
    return enlarged(_smooth(values, sigma_px), (values.shape[1], values.shape[0]))


def _smooth(values: Floats, sigma_px: float) -> Floats:
    import cv2

    height, width = values.shape[:2]
    small = shrink(values, (max(1, width // 4), max(1, height // 4)))
    smooth = cv2.GaussianBlur(small, (0, 0), max(sigma_px / 4, 0.5), borderType=MIRROR)
    return np.asarray(smooth, np.float32)

"""A first guess of alpha from the colours on either side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from defocus._maps import MIRROR, enlarged, shrink

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus._maps import Floats
    from defocus.matte._trimap import Trimap

_REACH = 0.045  # of the long side: how far around the known colours are looked at
_MARGIN = 0.02  # beyond half a standard deviation, for a colour to be expected
_TRUST = 2e-3  # in the guess, at least; the matting Laplacian weighs about 1
_DOUBTFUL = 0.05  # more trust where colours tell nothing, far from the known edge


def guess_alpha(picture: Floats, trimap: Trimap) -> tuple[Floats, Floats]:
    """Where a pixel lies between the mean colours in front and behind.

    As far as these are told apart by less than they vary, the trimap's own hard edge is believed.

    Returns:
        h×w alpha in 0..1, and h×w trust in it.
    """
    front, front_variance = _colours(picture, ~trimap.unknown & (trimap.front > 0.5))
    back, back_variance = _colours(picture, ~trimap.unknown & (trimap.front < 0.5))
    axis = front - back
    distance = (axis * axis).sum(-1)
    along = ((picture - back) * axis).sum(-1) / (distance + 1e-4)
    spread = (front_variance + back_variance).sum(-1)
    told_apart = distance / (distance + 2 * spread + 1e-3)
    guess = trimap.front + told_apart * (np.clip(along, 0, 1) - trimap.front)
    trust = _TRUST + _DOUBTFUL * (1 - told_apart) ** 2 * trimap.doubt
    return np.asarray(guess, np.float32), np.asarray(trust, np.float32)


def colour_range(picture: Floats, known: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """The darkest and the brightest colour (h×w×3 each) to expect, from known pixels around.

    A little too much alpha makes the background that explains a pixel brighter than any other, and
    the lens then draws a light where there is none.
    """
    mean, variance = _colours(picture, known)
    margin = _MARGIN + 0.5 * np.sqrt(variance)
    return np.asarray(mean - margin, np.float32), np.asarray(mean + margin, np.float32)


def nearby(values: Floats, known: NDArray[np.bool_]) -> Floats:
    """Continue known values smoothly: a weighted mean of those around, nearest ones first."""
    weight = known.astype(np.float32)
    reach = max(values.shape) * _REACH
    total = _blur(weight, reach / 3)
    near = _blur(values * weight, reach / 3) / np.maximum(total, 1e-6)
    wide = _blur(values * weight, 3 * reach) / np.maximum(_blur(weight, 3 * reach), 1e-6)
    return np.asarray(wide + np.clip(50 * total, 0, 1) * (near - wide), np.float32)


def _colours(picture: Floats, known: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Mean and variance (h×w×3 each) of the colours of known pixels around each pixel."""
    weight = known.astype(np.float32)
    reach = max(known.shape) * _REACH
    total = _blur(weight, reach)[..., None] + 1e-4
    mean = _blur(picture * weight[..., None], reach) / total
    square = _blur(picture * picture * weight[..., None], reach) / total
    return mean, np.maximum(square - mean * mean, 0)


def _blur(values: Floats, sigma_px: float) -> Floats:
    """Gaussian; a quarter of the size is enough for so smooth a result."""
    import cv2

    height, width = values.shape[:2]
    small = shrink(values, (max(1, width // 4), max(1, height // 4)))
    smooth = cv2.GaussianBlur(small, (0, 0), max(sigma_px / 4, 0.5), borderType=MIRROR)
    return enlarged(np.asarray(smooth, np.float32), (width, height))

"""A first guess of alpha from the colours on either side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from defocus.matte._around import colours_around

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus._maps import Floats
    from defocus.matte._trimap import Trimap

_MARGIN = 0.02  # beyond half a standard deviation, for a colour to be expected
_TRUST = 2e-3  # in the guess, at least; the matting Laplacian weighs about 1
_DOUBTFUL = 0.05  # more trust where colours tell nothing, far from the known edge


def guess_alpha(picture: Floats, trimap: Trimap) -> tuple[Floats, Floats]:
    """Where a pixel lies between the mean colours in front and behind.

    As far as these are told apart by less than they vary, the trimap's own hard edge is believed.

    Returns:
        h×w alpha in 0..1, and h×w trust in it.
    """
    front, front_variance = colours_around(picture, ~trimap.unknown & (trimap.front > 0.5))
    back, back_variance = colours_around(picture, ~trimap.unknown & (trimap.front < 0.5))
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
    mean, variance = colours_around(picture, known)
    margin = _MARGIN + 0.5 * np.sqrt(variance)
    return np.asarray(mean - margin, np.float32), np.asarray(mean + margin, np.float32)

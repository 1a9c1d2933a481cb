"""A first guess of alpha from the colours on either side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from defocus._maps import nearest
from defocus.matte._around import few_colours_around, nearby

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus._maps import Floats
    from defocus.matte._trimap import Trimap

_MARGIN = 0.02  # beyond half a standard deviation, for a colour to be expected
_NOISE = 0.02  # standard deviation of colours 0..1 that means nothing
_UNSEEN = 0.2  # share of the variance around that true colours may lie beside the known ones
_REACH = 0.042  # of the long side: where known colours are looked up
_AGAINST_MAP = 6.0  # −2 log odds that the map is wrong by a whole alpha at its edge
_FAR = 0.3  # −2 log odds of a known colour twice as far as the nearest
_DOUBT = 0.02  # variance of alpha at which half of the trust is left
_TRUST = 0.1  # in a guess without doubt; the matting Laplacian weighs about 1
_TOLD_TRUST = 0.3  # in a network; as three guesses without doubt, chosen without its weights
_LEAST_CONTRAST = 0.5  # of a network's matte between known front and back, to be believed at all
_LEAST_TRUST = 3e-3  # in any guess, or doubtful alpha seeps through a busy background


def guess_alpha(picture: Floats, trimap: Trimap) -> tuple[Floats, Floats]:
    """Where a pixel lies between the known colours in front and behind, and how sure that is.

    Returns:
        h×w alpha in 0..1, and h×w trust in it.
    """
    from defocus import _maps_core

    sure_front = ~trimap.unknown & (trimap.front > 0.5)
    sure_back = ~trimap.unknown & (trimap.front < 0.5)
    if not (sure_front.any() and sure_back.any()):
        return trimap.front, np.full_like(trimap.front, _TRUST)
    long_side = max(trimap.front.shape)
    against = _AGAINST_MAP + (trimap.from_edge_px / max(0.5, trimap.edge_px / 2)) ** 2
    found = np.zeros((*trimap.front.shape, 3), np.float32)
    sides = _maps_core.Sides(
        picture=picture,
        unknown=trimap.unknown.astype(np.uint8),
        front=nearest(sure_front),
        back=nearest(sure_back),
        prior=trimap.likely,
        against=np.asarray(against, np.float32),
    )
    rules = _maps_core.SideRules(
        noise=_NOISE**2, unseen=_UNSEEN, reach=_REACH * long_side, far=_FAR
    )
    _maps_core.sample_sides(sides, rules, found)
    alpha, variance, misfit = np.moveaxis(found, -1, 0)
    trust = _TRUST * np.exp(-0.5 * misfit) / (1 + variance / _DOUBT) + _LEAST_TRUST
    return np.ascontiguousarray(alpha), np.asarray(trust, np.float32)


def belief(told: Floats, trimap: Trimap) -> Floats:
    """How far a network's matte (h×w) is believed, h×w in 0..1: as far as it tells the known front
    from the known back around a pixel. What it does not take for the subject's edge says nothing.
    """
    sure_front = ~trimap.unknown & (trimap.front > 0.5)
    sure_back = ~trimap.unknown & (trimap.front < 0.5)
    if not (sure_front.any() and sure_back.any()):
        return np.zeros_like(told)
    contrast = nearby(told, sure_front) - nearby(told, sure_back)
    share = np.clip((contrast - _LEAST_CONTRAST) / (1 - _LEAST_CONTRAST), 0, 1)
    return np.asarray(share, np.float32)


def with_opinion(
    guess: Floats, trust: Floats, told: Floats, believed: Floats
) -> tuple[Floats, Floats]:
    """A guess and a network's matte as one: their mean by trust, and both trusts together."""
    weight = _TOLD_TRUST * believed
    both = trust + weight
    return (
        np.asarray(guess + weight / both * (told - guess), np.float32),
        np.asarray(both, np.float32),
    )


def colour_range(picture: Floats, known: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """The darkest and the brightest colour to expect, from known pixels around, at a quarter of the
    size.

    A little too much alpha makes the background that explains a pixel brighter than any other, and
    the lens then draws a light where there is none.
    """
    mean, variance = few_colours_around(picture, known)
    margin = _MARGIN + 0.5 * np.sqrt(variance)
    return np.asarray(mean - margin, np.float32), np.asarray(mean + margin, np.float32)

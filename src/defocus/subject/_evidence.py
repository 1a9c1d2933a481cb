"""How likely a pixel belongs to people or to what they hold, from all that is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from defocus._maps import nearest, ramp
from defocus.constants import MIN_FOCUS_RANGE
from defocus.subject._colours import colour_logit
from defocus.subject._holes import without_holes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus._maps import Floats

_REACH = 0.2  # of the long side: what is narrower stands before its surroundings, and may be held
_PART_WAY = 0.3  # of the way from the surroundings to the subject: there it begins
_AHEAD = 0.1  # normalised disparity: what is so much nearer than the subject is not held by it
# Logits. What stands as far as the subject and before its surroundings outweighs a network that
# sees nobody there; what lies as far as the surroundings, one that is only fairly sure.
_AS_FAR_AS_THE_SUBJECT, _AS_FAR_AS_THE_REST = 3.5, 1.5
_UNSEEN = 0.1  # of the person output: held things have no more, less says nothing
# What is salient and theirs outweighs both others, but not where it has the colours of what is
# around: a wall between two heads, grass under an arm.
_SALIENT = 1.4
# Logits at most. Anything may have their colours too: that is weaker evidence.
_COLOURS_OF_THE_REST, _COLOURS_OF_THEIRS = 4.0, 1.5
_AS_NEAR = 0.15  # normalised disparity: a ball before a player's feet, a chair
_GAP = 0.005  # of the long side: so far the maps' edges lie apart
_MOST_HELD = 0.5  # of the subject's size, for what is drawn farther
_BODY = 2.0  # logits for what is as near as a face and below it
_SURE = 0.05  # of a map of what is salient: nearer than this to 0 or 1 it is as good as that
_HALF = (0.12, 0.5)  # of the person output, even odds: half of what most of the group has


def evidence(
    values: Floats,
    probability: Floats,
    own: NDArray[np.bool_],
    others: NDArray[np.bool_],
    salient: Floats | None = None,
    bodies: Floats | None = None,
    lab: Floats | None = None,
) -> Floats:
    """The odds of the person output, the disparity, what is salient and colours, multiplied.

    Args:
        values: h×w disparity, normalised to 0..1.
        probability: h×w in 0..1, of a person.
        own, others: h×w, from :func:`defocus.subject._group.group`.
        salient: h×w in 0..1, or None: what is joined to them or as near is theirs.
        bodies: h×w in 0..1, what is below a face and as near, or None.
        lab: h×w×3, L*a*b* in hundreds, or None: then colours tell nothing.

    Returns:
        h×w float32 in 0..1.
    """
    import cv2

    long_px = max(values.shape)
    usual = float(np.median(probability[own]))
    half = float(np.clip(usual / 2, *_HALF))
    seen = np.clip(np.where(others, 0, probability), _UNSEEN, 1 - _UNSEEN / 10)
    logit = np.log(seen / (1 - seen)) - np.log(half / (1 - half))

    body = without_holes(own)
    subject = _of_the_nearest(values, np.where(own, probability, 0), long_px)
    rest = surroundings(values, body | (probability > half / 2), max(1, round(_REACH * long_px)))
    rest = np.minimum(cv2.GaussianBlur(rest, (0, 0), _REACH / 8 * long_px), values)
    apart = subject - rest
    way = np.clip((values - rest) / np.maximum(apart, MIN_FOCUS_RANGE), 0, 1)
    away = cv2.distanceTransform((~body).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    held = ramp(way, _PART_WAY) * (1 - ramp(values - subject, _AHEAD))
    held *= np.where(seen > _HALF[0], 1, np.exp(-away / np.float32(_REACH * long_px)))
    far = 1 - ramp(way, _PART_WAY / 2)
    # Where both are in the band, disparity tells nothing.
    logit += ramp(apart, MIN_FOCUS_RANGE) * (
        _AS_FAR_AS_THE_SUBJECT * held - _AS_FAR_AS_THE_REST * far
    )
    if bodies is not None:
        logit += _BODY * bodies * ~others
    if salient is not None:
        logit += _looked_at(salient, own, others, subject - values)
    if lab is not None:
        theirs = np.asarray(own * probability, np.float32)
        # What may be theirs says nothing of others' colours: else a held thing would testify
        # against itself.
        not_theirs = np.asarray(np.maximum(-np.tanh(logit / 2), 0), np.float32)
        told = colour_logit(lab, theirs, not_theirs)
        told = np.clip(told, -_COLOURS_OF_THE_REST, _COLOURS_OF_THEIRS)
        # What stands before the wall is not the wall: a pole has the colours of the trees behind.
        logit += np.where(told < 0, told * (1 - held), told)
    return np.asarray(1 / (1 + np.exp(-logit)), np.float32)


def _looked_at(
    salient: Floats, own: NDArray[np.bool_], others: NDArray[np.bool_], behind: Floats
) -> Floats:
    """Logits for what is salient and the subject's: as near as it, or joined to it.

    What is held is often drawn as far as what is seen behind it; a bus behind somebody is as well,
    but large.

    Args:
        salient, own, others: as in :func:`evidence`.
        behind: h×w, how much farther than the subject next to it a pixel is.
    """
    import cv2

    rest = ((salient > 0.5) & ~others & ~own).astype(np.uint8)
    count, labels = cv2.connectedComponents(rest, connectivity=8)
    sizes = np.bincount(labels.ravel(), minlength=count)
    away = np.bincount(labels.ravel(), behind.ravel(), count) / sizes
    theirs = np.abs(away) < _AS_NEAR
    gap_px = max(1, round(_GAP * max(own.shape)))
    reach = np.ones((2 * gap_px + 1,) * 2, np.uint8)
    touching = np.unique(labels[cv2.dilate(own.astype(np.uint8), reach) > 0])
    no_larger = sizes < _MOST_HELD * np.count_nonzero(own)
    theirs[touching] |= ((away < _AS_NEAR) | no_larger)[touching]
    theirs[0] = False
    seen = np.clip(salient, _SURE, 1 - _SURE)
    logit = np.log(seen / (1 - seen))
    # What is not salient says nothing: the map leaves out dark companions.
    return np.asarray(_SALIENT * (own | theirs[labels]) * np.maximum(logit, 0), np.float32)


def _of_the_nearest(values: Floats, weight: Floats, long_px: int) -> Floats:
    """Mean disparity of those near; far from all, of all."""
    import cv2

    mean = float((weight * values).sum() / max(float(weight.sum()), 1e-6))
    sigma_px = _REACH / 2 * long_px
    near = cv2.GaussianBlur(np.asarray(weight, np.float32), (0, 0), sigma_px)
    total = cv2.GaussianBlur(np.asarray(weight * values, np.float32), (0, 0), sigma_px)
    few = np.float32(0.02)
    return np.asarray((total + few * np.float32(mean)) / (near + few), np.float32)


def surroundings(values: Floats, hidden: NDArray[np.bool_], reach_px: int) -> Floats:
    """The disparity of what is wide, at each pixel: ground, walls, what is far.

    A grey opening by a line, along rows and along columns, the farther of both (Serra 1982, "Image
    analysis and mathematical morphology"): it leaves ramps and walls and takes away what is narrow
    in either direction.

    Args:
        values: h×w disparity.
        hidden: h×w: what lies before the surroundings and is not looked at.
        reach_px: half of the length of the line.

    Returns:
        h×w float32, nowhere else than in ``hidden`` more than ``values``.
    """
    import cv2

    unknown = np.float32(np.finfo(np.float32).max)
    # Beyond the frame nothing is known either: a ground that it cuts off is still wide.
    seen = np.pad(np.where(hidden, unknown, values), reach_px, constant_values=unknown)
    found = np.full_like(seen, unknown)
    for shape in ((1, 2 * reach_px + 1), (2 * reach_px + 1, 1)):
        line = np.ones(shape, np.uint8)
        low = cv2.erode(seen, line)
        low[low == unknown] = -unknown
        opened = cv2.dilate(low, line)
        opened[opened == -unknown] = unknown
        np.minimum(found, opened, out=found)
    found = found[reach_px:-reach_px, reach_px:-reach_px]
    gap = np.asarray(found == unknown, np.bool_)
    if gap.all():
        return np.zeros_like(values)
    if gap.any():  # as the nearest that is known
        found = found.ravel()[nearest(~gap)]
    return np.asarray(found, np.float32)

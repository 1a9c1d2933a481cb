"""Small parts of the subject that the disparity lost: a thumb, an ear, a lock, a hinge.

Before a smooth background they show: its colours do not explain them, but those of the subject
beside them do; they begin at its edge, stick out of it, are crisp, and end nearby. What has other
colours (letters on the wall, a window's frame), goes on (a beam, a horizon, a branch), lies along
the edge (a shadow) or fills a gap of it is not the subject's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from defocus.matte._around import colours_around

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus._maps import Floats
    from defocus.matte._trimap import Mask, Trimap

_REACH = 0.06  # of the long side: what goes on beyond it is not the subject's
_TAPERS = 0.3  # of a part's width where it begins, at most, that may reach so far: hair does
_UNLIKE = 5.0  # standard deviations from the background's mean colour
_NOISE = 0.02  # standard deviation that any background's colours 0..1 have at least
_ROUGH = 0.12  # and from which on the background is too varied to tell
_FREE = 2.2  # of a part's border with the subject: its border with the background, at least
_SOFT = 0.3  # of a part's contrast, at most, that is left two pixels outside of it
_SAME_COLOUR = 0.06  # largest difference of a channel that light and shade make within one cloth
_MOST = 0.6  # of a part's pixels whose colour the subject beside it has too
_LOOKED_AT = 400  # pixels of a part, and of the subject beside it: enough to tell
_SPECK_PX = 4  # fewer pixels than this are noise
_RIM_PX = 2


def with_protrusions(picture: Floats, trimap: Trimap) -> Trimap:
    """The same, with what sticks out of the front before a smooth background.

    Args:
        picture: h×w×3 float32 in 0..1.
        trimap: from the disparity.
    """
    import cv2

    reach_px = max(3.0, _REACH * max(trimap.front.shape))
    from_band = cv2.distanceTransform((~trimap.unknown).astype(np.uint8), cv2.DIST_L2, 3)
    behind = ~trimap.unknown & (trimap.front < 0.5)
    zone = behind & (from_band < reach_px)
    mean, variance = colours_around(picture, behind & ~zone)
    spread = np.sqrt(variance.sum(-1))
    contrast = np.sqrt(((picture - mean) ** 2).sum(-1))
    unlike = zone & (spread < _ROUGH) & (contrast > _UNLIKE * np.maximum(spread, _NOISE))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(unlike.astype(np.uint8))
    begins = _counts(labels, count, from_band < 2)
    limit = (from_band > reach_px - 2) | _at_frame(zone.shape)
    goes_on = _counts(labels, count, limit) > _TAPERS * begins
    inner, outer = _borders(labels, count, behind)
    sticks_out = (inner > 0) & (outer > _FREE * inner)
    kept = sticks_out & ~goes_on & (stats[:, cv2.CC_STAT_AREA] >= _SPECK_PX)
    kept[0] = False  # the label of everything else
    front = ~trimap.unknown & (trimap.front > 0.5)
    around = round(reach_px)

    def own_near(left: int, top: int, width: int, height: int) -> Floats:
        """Pixels (m×3) of the front around a box."""
        box = np.s_[
            max(0, top - around) : top + height + around,
            max(0, left - around) : left + width + around,
        ]
        return np.asarray(picture[box][front[box]])

    for label in np.flatnonzero(kept):
        left, top, width, height = (int(v) for v in stats[label, :4])
        box = np.s_[max(0, top - 3) : top + height + 3, max(0, left - 3) : left + width + 3]
        others = unlike[box] & (labels[box] != label)
        part = labels[box] == label
        kept[label] = _is_crisp(part, contrast[box], behind[box] & ~others) and _is_alike(
            picture[box][part], mean[box][part], own_near(left, top, width, height)
        )
    parts = kept[labels]
    # Hair is thin, and mixed with what lies behind it: its alpha is for the solver to find.
    solid = parts & _grown(_shrunk(parts, 1), 1)
    rim = _grown(parts, _RIM_PX) & behind
    return replace(
        trimap,
        unknown=(trimap.unknown | rim) & ~solid,
        front=np.where(solid, np.float32(1), trimap.front),
        likely=np.where(solid, np.float32(1), trimap.likely),
        protrusions=solid,
        from_edge_px=np.where(rim, np.float32(0), trimap.from_edge_px),
    )


def _counts(labels: NDArray[np.int32], count: int, where: Mask) -> NDArray[np.intp]:
    """For each label, how many of its pixels lie there."""
    return np.bincount(labels[where], minlength=count)


def _at_frame(shape: tuple[int, ...]) -> Mask:
    inside = np.zeros(shape, np.bool_)
    inside[1:-1, 1:-1] = True
    return ~inside


def _borders(
    labels: NDArray[np.int32], count: int, behind: Mask
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """For each label, the length of its border with what is not behind, and with what is."""
    inner, outer = np.zeros(count, np.intp), np.zeros(count, np.intp)
    for here, there in (
        (np.s_[1:], np.s_[:-1]),
        (np.s_[:-1], np.s_[1:]),
        (np.s_[:, 1:], np.s_[:, :-1]),
        (np.s_[:, :-1], np.s_[:, 1:]),
    ):
        border = labels[here] != labels[there]
        inner += np.bincount(labels[here][border & ~behind[there]], minlength=count)
        outer += np.bincount(labels[here][border & behind[there]], minlength=count)
    return inner, outer


def _is_crisp(part: Mask, contrast: Floats, behind: Mask) -> bool:
    """What is in focus ends within two pixels; what the photo shows out of focus fades."""
    inside = np.percentile(contrast[part], 90)
    core = part & (contrast > 0.5 * inside)
    outside = _grown(core, 2) & ~_grown(core, 1) & behind
    return bool(outside.any() and contrast[outside].mean() < _SOFT * inside)


def _is_alike(part: Floats, behind: Floats, own: Floats) -> bool:
    """Its colours are those of the subject beside it (skin, hair, cloth go on) or lie between them
    and what is behind, as those of thin hair do.

    Args:
        part: n×3, its pixels.
        behind: n×3, what is expected behind each of them.
        own: m×3, pixels of the subject beside it.
    """
    if not own.size:
        return False
    every, every_own = (max(1, len(pixels) // _LOOKED_AT) for pixels in (part, own))
    off = (part - behind)[::every, None]
    across = own[None, ::every_own] - behind[::every, None]
    share = (off * across).sum(-1) / np.maximum((across * across).sum(-1), 1e-6)
    left = np.abs(off - np.clip(share, 0, 1)[..., None] * across).max(-1).min(1)
    return bool(np.mean(left < _SAME_COLOUR) > _MOST)


def _shrunk(region: Mask, by_px: int) -> Mask:
    return ~_grown(~region, by_px)


def _grown(region: Mask, reach_px: int) -> Mask:
    import cv2

    square = np.ones((2 * reach_px + 1,) * 2, np.uint8)
    return np.asarray(cv2.dilate(region.astype(np.uint8), square) > 0, np.bool_)

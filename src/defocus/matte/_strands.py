"""Hair that reaches beyond the band: thin, unlike what lies just beside it, held by the subject.

A median over a window wider than any hair shows the background without it. Where the picture is
rough all over (grass, leaves), nothing stands out of that and nothing is taken for hair. Nor is a
bar of a fence or a ribbon behind the subject: hair, a thread, a whisker has the colours of what it
grows on, mixed with what lies behind.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from defocus._maps import nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus._maps import Floats
    from defocus.matte._trimap import Trimap

_REACH = 0.12  # of the long side: what goes on beyond it is a wire or a twig
_WINDOW_PX = 9  # of the median: over twice the width of hair
_UNLIKE = 4.0  # times the usual difference from what lies beside, which is _QUIET at least
_ROUGH = 4.0  # code values: where more is usual, hair cannot be told from grass or print
_QUIET = 2.0  # code values of 255: noise of a clean photo
_CAP = 12.0  # code values: a strand counts no more than that for what is usual
_AROUND_PX = 31  # where the usual deviation is looked up
_RIM_PX = 1
# Of what sets a strand apart from the background, at most, that the nearest colours of the subject
# do not explain. On 30 photos hair has .03 to .42, bars, ribbons, edges of doors .6 to 1.
_STRANGE = 0.5


def with_strands(picture: Floats, trimap: Trimap) -> Trimap:
    """The same, its unknown zone grown along thin things that begin in it and end nearby.

    Args:
        picture: h×w×3 float32 in 0..1.
        trimap: from the disparity.
    """
    import cv2

    reach_px = _REACH * max(trimap.front.shape)
    from_band = cv2.distanceTransform((~trimap.unknown).astype(np.uint8), cv2.DIST_L2, 3)
    behind = ~trimap.unknown & (trimap.front < 0.5)
    zone = behind & (from_band < reach_px)
    if not zone.any():
        return trimap
    codes = np.round(255 * picture).astype(np.uint8)
    calm = np.asarray(cv2.medianBlur(codes, _WINDOW_PX), np.uint8)
    off = cv2.absdiff(codes, calm).max(-1)
    window = (_AROUND_PX, _AROUND_PX)
    share = cv2.blur(behind.astype(np.float32), window) + np.float32(1e-3)
    capped = np.minimum(off, np.float32(_CAP)) * behind
    usual = cv2.blur(capped.astype(np.float32), window) / share
    thin = zone & (usual < _ROUGH) & (off > _UNLIKE * np.maximum(usual, _QUIET))
    count, labels = cv2.connectedComponents(thin.astype(np.uint8), connectivity=8)
    begins = np.bincount(labels[thin & (from_band < 2)], minlength=count) > 0
    rim = cv2.distanceTransform(_inside(zone.shape), cv2.DIST_C, 3)
    goes_on = np.bincount(labels[thin & ((from_band > reach_px - 2) | (rim < 2))], minlength=count)
    square = np.ones((3, 3), np.uint8)
    solid = cv2.morphologyEx(thin.astype(np.uint8), cv2.MORPH_OPEN, square) > 0
    thick = np.bincount(labels[solid], minlength=count) > 0
    kept = begins & (goes_on == 0) & ~thick
    kept[0] = False  # the label of everything else
    kept &= _strangeness(picture, calm, trimap, labels, kept) < _STRANGE
    grown = cv2.dilate(kept[labels].astype(np.uint8), np.ones((2 * _RIM_PX + 1,) * 2, np.uint8)) > 0
    strands = grown & behind
    return replace(
        trimap,
        unknown=trimap.unknown | strands,
        from_edge_px=np.where(strands, np.float32(0), trimap.from_edge_px),
    )


def _strangeness(
    picture: Floats,
    calm: NDArray[np.uint8],
    trimap: Trimap,
    labels: NDArray[np.int32],
    asked: NDArray[np.bool_],
) -> Floats:
    """How much of their difference from the background no share of the subject's colour explains.

    Args:
        picture: h×w×3 float32 in 0..1.
        calm: h×w×3, the background without what is thin.
        trimap: of the same size.
        labels: of parts, h×w.
        asked: for each label, whether it is wanted.

    Returns:
        For each label 0 (all explained) to 1; 0 where nobody asked.
    """
    front = ~trimap.unknown & (trimap.front > 0.5)
    at = np.flatnonzero(asked[labels])
    count = len(asked)
    if not (at.size and front.any()):
        return np.zeros(count, np.float32)
    behind = calm.reshape(-1, 3)[at] * np.float32(1 / 255)
    off = picture.reshape(-1, 3)[at] - behind
    across = picture.reshape(-1, 3)[nearest(front).ravel()[at]] - behind
    share = (off * across).sum(-1) / np.maximum((across * across).sum(-1), 1e-4)
    left = np.abs(off - np.clip(share, 0, 1)[:, None] * across).max(-1)
    strange = left / np.maximum(np.abs(off).max(-1), 1e-3)
    part = labels.ravel()[at]
    total = np.bincount(part, strange, minlength=count)
    return (total / np.maximum(np.bincount(part, minlength=count), 1)).astype(np.float32)


def _inside(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """0 along the frame, 1 elsewhere."""
    inside = np.zeros(shape, np.uint8)
    inside[1:-1, 1:-1] = 1
    return inside

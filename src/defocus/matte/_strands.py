"""Hair that reaches beyond the band: thin, unlike what lies just beside it, held by the subject.

A median over a window wider than any hair shows the background without it. Where the picture is
rough all over (grass, leaves), nothing stands out of that and nothing is taken for hair.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

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
    off = cv2.absdiff(codes, cv2.medianBlur(codes, _WINDOW_PX)).max(-1)
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
    grown = cv2.dilate(kept[labels].astype(np.uint8), np.ones((2 * _RIM_PX + 1,) * 2, np.uint8)) > 0
    strands = grown & behind
    return replace(
        trimap,
        unknown=trimap.unknown | strands,
        from_edge_px=np.where(strands, np.float32(0), trimap.from_edge_px),
    )


def _inside(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """0 along the frame, 1 elsewhere."""
    inside = np.zeros(shape, np.uint8)
    inside[1:-1, 1:-1] = 1
    return inside

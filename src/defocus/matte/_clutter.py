"""What alpha cannot tell before a busy ground: leaves and grass that have some of the subject's
colour are as likely crumbs of the ground as faint hair, and crumbs that stay sharp are seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from defocus.matte._around import colours_around

if TYPE_CHECKING:
    from defocus._maps import Floats
    from defocus.matte._trimap import Trimap

# Standard deviations of alpha that the ground's own pattern makes: what is no more is taken for
# ground. .5 leaves half of the crumbs beside trees and grass, 2 costs wheels their spokes; the
# error on drawn hair is .285 without, .295 with 1, .299 with 2 (busy ground), .0605, .0602, .0601
# (plain ground).
_TELLING = 1.0
_MOST = 0.35  # of alpha that is ever taken away: before any ground, more is hair
_NOISE = 0.02  # of colours 0..1: front and ground that differ less tell nothing


def without_clutter(
    alpha: Floats, picture: Floats, trimap: Trimap, believed: Floats | None = None
) -> Floats:
    """Alpha beyond the disparity's edge, less what the pattern of the ground there would make.

    With the front's mean colour F, the ground's B and d = F − B, a ground colour that varies by
    Σ (its fine pattern alone: a slow change is known around) makes α vary by √(dᵀΣd)/|d|².

    Args:
        alpha: h×w in 0..1.
        picture: h×w×3 in 0..1.
        trimap: of the same size.
        believed: h×w in 0..1, how far a network told alpha that sees more than colours; or None.

    Returns:
        h×w in 0..1, nowhere more than ``alpha``; 1 stays 1.
    """
    import cv2

    sure_front = ~trimap.unknown & (trimap.front > 0.5)
    sure_back = ~trimap.unknown & (trimap.front < 0.5)
    if not (sure_front.any() and sure_back.any()):
        return alpha
    slow = cv2.GaussianBlur(picture, (0, 0), max(1.0, trimap.edge_px / 2))
    _, spread = colours_around(np.asarray(picture - slow, np.float32), sure_back)
    across = colours_around(picture, sure_front)[0] - colours_around(picture, sure_back)[0]
    length = (across * across).sum(-1) + _NOISE**2
    chance = np.sqrt((across * across * spread).sum(-1)) / length
    # Where the map's edge may lie beside the true one, the subject itself may be faint in it.
    outside = np.clip(trimap.from_edge_px / max(1.0, trimap.edge_px), 0, 1) * (trimap.front < 0.5)
    faint = np.clip(_TELLING * chance, 0, _MOST) * outside
    if believed is not None:
        faint *= 1 - believed
    return np.asarray(np.clip((alpha - faint) / (1 - faint), 0, 1), np.float32)

"""Where the matte is known, and where it must be found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Mask = NDArray[np.bool_]

IN_FOCUS = 0.22  # normalised disparity around the focal plane that counts as the subject's
_BEHIND = 0.3  # farther than this behind the focal plane is background
_STEP = 0.25  # between subject and background, for a matte to pay
_REACH = 0.012  # of the long side: how far the disparity's step may lie beside the true edge
_HAIR = 0.018  # and how far hair reaches beyond the solid part
_SURE = 0.04  # of a portrait matte: nearer than this to 0 or 1 is taken as such


@dataclass(frozen=True, eq=False, slots=True)
class Trimap:
    """What is known before the colours have been looked at, h×w each.

    Attributes:
        unknown: where alpha has to be found.
        doubt: 0 at the edge as it is known so far, 1 at the rim of ``unknown``.
        front: 1 on what is in focus before something farther, 0 behind; exact outside ``unknown``.
        protrusions: what of the front the disparity does not know of.
    """

    unknown: Mask
    doubt: Floats
    front: Floats
    protrusions: Mask


def from_disparity(disparity: Floats, focal: float) -> Trimap | None:
    """A band around every step from the focal plane down to something farther.

    Args:
        disparity: h×w float32, normalised, refined.
        focal: disparity of the focal plane.

    Returns:
        None if nothing in focus stands before anything else.
    """
    import cv2

    long_side = max(disparity.shape)
    reach, hair = max(2, round(_REACH * long_side)), max(3, round(_HAIR * long_side))
    around = np.ones((2 * (reach + hair) + 1,) * 2, np.uint8)
    high, low = cv2.dilate(disparity, around), cv2.erode(disparity, around)
    apart = (np.abs(high - focal) < IN_FOCUS) & (low < focal - _BEHIND) & (high - low > _STEP)
    front = disparity > np.where(apart, 0.5 * (high + low), focal - 0.5 * _BEHIND)
    contour = cv2.morphologyEx(front.astype(np.uint8), cv2.MORPH_GRADIENT, _disc(1)) > 0
    steep = cv2.dilate(disparity, _disc(reach)) - cv2.erode(disparity, _disc(reach))
    edge = apart & contour & (steep > 0.5 * (high - low))
    if not edge.any():
        return None
    far_from_edge = cv2.distanceTransform((~edge).astype(np.uint8), cv2.DIST_L2, 3)
    doubt = np.asarray(far_from_edge / np.where(front, reach, hair), np.float32)
    return Trimap(doubt <= 1, np.minimum(doubt, 1), front.astype(np.float32), np.zeros_like(front))


def from_portrait(portrait: Floats, disparity: Floats, focal: float) -> Trimap | None:
    """A phone's portrait matte, if it is the portrait of what is in focus."""
    import cv2

    inside = portrait > 0.5
    if not inside.any() or inside.all():
        return None
    if abs(float(np.median(disparity[inside])) - focal) > IN_FOCUS:
        return None
    soft = ((portrait > _SURE) & (portrait < 1 - _SURE)).astype(np.uint8)
    edge = cv2.morphologyEx(inside.astype(np.uint8), cv2.MORPH_GRADIENT, _disc(1))
    margin = max(1, round(0.002 * max(portrait.shape)))
    unknown = cv2.dilate(np.maximum(soft, edge), _disc(margin)) > 0
    return Trimap(
        np.asarray(unknown, np.bool_), np.zeros_like(portrait), portrait, np.zeros_like(inside)
    )


def _disc(radius_px: int) -> NDArray[np.uint8]:
    import cv2

    size = (2 * radius_px + 1, 2 * radius_px + 1)
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, size), np.uint8)

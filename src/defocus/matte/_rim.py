"""The subject's rim, from where it is certain out to its edge: one surface, sharp as a whole.

The weight of what is held falls before the edge that the disparity shows. What lies between the two
is blurred a little, and a seam is seen if the band of unknown pixels ends in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from defocus.matte._around import nearby

if TYPE_CHECKING:
    from defocus._maps import Floats
    from defocus.matte._trimap import Mask, Plane, Trimap

_CERTAIN = 0.95  # of the subject's weight
_REACHES = 3  # times the trimap's: the weight's ramp, and how far either map's edge may lie off
_SLIGHT_PX = 3.0  # of blur: what is less blurred beside the subject, and behind it, is its rim


@dataclass(frozen=True, eq=False, slots=True)
class Rim:
    """h×w each.

    Attributes:
        firm: what lies between the certain subject and the band that is unknown.
        front_disparity: of what is in front, continued beyond its edge.
    """

    firm: Mask
    front_disparity: Floats


def rim_of(weight: Floats, disparity: Floats, plane: Plane, trimap: Trimap) -> Rim:
    """The rim of the subject.

    Args:
        weight: h×w of the subject, 0..1; 0 everywhere if nothing is held.
        disparity: h×w, normalised, the subject held.
        plane: of focus.
        trimap: of the same size.
    """
    import cv2

    front = ~trimap.unknown & (trimap.front > 0.5) & ~trimap.protrusions
    seen = nearby(disparity, front)
    certain = front & (weight > _CERTAIN)
    if not certain.any():
        return Rim(np.zeros_like(front), seen)
    reach_px = _REACHES * max(1.0, trimap.edge_px)
    from_subject = cv2.distanceTransform((~certain).astype(np.uint8), cv2.DIST_L2, 3)
    radius_px = plane.radius_px(disparity)
    slight = (radius_px > -_SLIGHT_PX) & (radius_px <= 0)  # before it, a wire may cross the subject
    near_edge = trimap.from_edge_px < reach_px
    firm = front & ~certain & slight & near_edge & (from_subject < reach_px)
    own = np.clip(2 - from_subject / np.float32(reach_px), 0, 1)
    held = seen + own * (nearby(disparity, certain) - seen)
    return Rim(np.asarray(firm, np.bool_), np.asarray(held, np.float32))

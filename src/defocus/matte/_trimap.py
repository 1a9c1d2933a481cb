"""Where the matte is known, and where it must be found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Mask = NDArray[np.bool_]

# What lies behind has to blur so much more than what is in front, or a soft edge does not show:
# of the photo's long side, in pixels no less and no more than these.
_PAYS, _PAYS_PX = 0.004, (4.0, 8.0)
_NOISE = 0.1  # of normalised disparity: a smaller step is slope or the network's doubt
_REACH = 0.012  # of the long side: how far the disparity's step may lie beside the true edge
_HAIR = 0.018  # and how far hair reaches beyond the solid part
_HELD = 0.5  # weight of what is the subject rather than not
_SURE = 0.04  # of a portrait matte: nearer than this to 0 or 1 is taken as such


@dataclass(frozen=True, eq=False, slots=True)
class Trimap:
    """What is known before the colours have been looked at, h×w each.

    Attributes:
        unknown: where alpha has to be found.
        front: 1 on what is in focus before something farther, 0 behind; exact outside ``unknown``.
        likely: what of alpha is expected before the colours are looked at, in 0..1.
        protrusions: what of the front the disparity does not know of.
        edge_px: how far the edge of ``front`` may lie beside the true one.
        loose: what the disparity has in front, but nothing of the subject holds: it is behind.
    """

    unknown: Mask
    front: Floats
    likely: Floats
    protrusions: Mask
    from_edge_px: Floats
    edge_px: float
    loose: Mask


@dataclass(frozen=True, slots=True)
class Plane:
    """The focal plane, and how blur grows with the distance from it.

    Attributes:
        disparity: of the plane.
        gain_px: K, pixels of blur radius per unit of disparity.
        band: width around the plane that stays sharp, in the unit of the disparity.
    """

    disparity: float
    gain_px: float
    band: float

    def radius_px(self, disparity: Floats) -> Floats:
        """Signed blur radius, positive in front of the plane."""
        offset = disparity - np.float32(self.disparity)
        half = np.float32(self.band / 2)
        return np.asarray(self.gain_px * (offset - np.clip(offset, -half, half)), np.float32)

    @property
    def nearest(self) -> np.float32:
        """The nearest disparity that is sharp."""
        return np.float32(self.disparity + self.band / 2)

    def behind(self, radius_px: float) -> float:
        """The disparity behind the plane that blurs so much."""
        return self.disparity - self.band / 2 - radius_px / max(self.gain_px, 1e-6)


def pays_px(photo_long_px: int) -> float:
    """Radius of blur from which on a soft edge shows, in pixels of a photo of that long side."""
    return float(np.clip(_PAYS * photo_long_px, *_PAYS_PX))


def from_disparity(
    disparity: Floats, plane: Plane, unheld: Floats | None = None, *, pays_px: float
) -> Trimap | None:
    """A band around every step from what is sharp down to something that blurs.

    Args:
        disparity: h×w float32, normalised, refined.
        plane: of focus.
        unheld: the same before the subject was drawn to the plane: where the two part, colours
            decide.
        pays_px: see :func:`pays_px`.

    Returns:
        None if nothing in focus stands before anything that blurs.
    """
    import cv2

    long_side = max(disparity.shape)
    reach, hair = max(2, round(_REACH * long_side)), max(3, round(_HAIR * long_side))
    around = np.ones((2 * (reach + hair) + 1,) * 2, np.uint8)
    low, high = (np.asarray(f(disparity, around), np.float32) for f in (cv2.erode, cv2.dilate))
    # What is itself half as blurred as what lies behind it is not in focus.
    gain = -plane.radius_px(low) - 2 * np.abs(plane.radius_px(high))
    apart = (gain > pays_px) & (high - low > _NOISE)
    parting = np.where(apart, 0.5 * (high + low), plane.behind(pays_px / 2))
    front = disparity > parting
    likely = front if unheld is None else 0.5 * (front + (unheld > parting).astype(np.float32))
    contour = cv2.morphologyEx(front.astype(np.uint8), cv2.MORPH_GRADIENT, _disc(1)) > 0
    steep = cv2.dilate(disparity, _disc(reach)) - cv2.erode(disparity, _disc(reach))
    edge = apart & contour & (steep > 0.5 * (high - low))
    if not edge.any():
        return None
    far_from_edge = cv2.distanceTransform((~edge).astype(np.uint8), cv2.DIST_L2, 3)
    unknown = np.asarray(far_from_edge <= np.where(front, reach, hair), np.bool_)
    likely = np.asarray(cv2.GaussianBlur(likely.astype(np.float32), (0, 0), reach / 2), np.float32)
    far_px = np.asarray(far_from_edge, np.float32)
    return Trimap(
        unknown,
        front.astype(np.float32),
        likely,
        np.zeros_like(front),
        far_px,
        float(reach),
        np.zeros_like(front),
    )


def near_the_subject(trimap: Trimap, weight: Floats) -> Trimap:
    """The same, alpha sought only around what holds to something solid.

    What is thinner than the band all over and apart from who is held (a joint between tiles, a
    twig, specks of the map) has no solid part whose colours could tell: the solver finds but
    crumbs there. It goes to what lies behind.

    Args:
        trimap: from the disparity.
        weight: h×w of the subject, 0..1.
    """
    import cv2

    solid = (~trimap.unknown & (trimap.front > 0.5)) | (weight > _HELD)
    # Thin things break off in the map: what lies two pixels apart counts as joined.
    joined = cv2.dilate((solid | (trimap.front > 0.5)).astype(np.uint8), _disc(1))
    count, labels = cv2.connectedComponents(joined, connectivity=8)
    holds = np.bincount(labels[solid], minlength=count) > 0
    holds[0] = False  # the label of what is behind
    hair = round(_HAIR * max(weight.shape))
    at_hand = cv2.dilate(holds[labels].astype(np.uint8), _disc(hair)) > 0
    loose = np.asarray(trimap.unknown & ~at_hand, np.bool_)
    front = np.where(loose, np.float32(0), trimap.front)
    return replace(trimap, unknown=trimap.unknown & ~loose, front=front, loose=loose)


def from_portrait(
    portrait: Floats, disparity: Floats, plane: Plane, *, pays_px: float
) -> Trimap | None:
    """A phone's portrait matte, if it is the portrait of what is in focus."""
    import cv2

    inside = portrait > 0.5
    if not inside.any() or inside.all():
        return None
    middle = np.full((1, 1), np.median(disparity[inside]), np.float32)
    if abs(plane.radius_px(middle).item()) > pays_px:
        return None
    soft = ((portrait > _SURE) & (portrait < 1 - _SURE)).astype(np.uint8)
    edge = cv2.morphologyEx(inside.astype(np.uint8), cv2.MORPH_GRADIENT, _disc(1))
    margin = max(1, round(0.002 * max(portrait.shape)))
    unknown = cv2.dilate(np.maximum(soft, edge), _disc(margin)) > 0
    return Trimap(
        np.asarray(unknown, np.bool_),
        portrait,
        portrait,
        np.zeros_like(inside),
        np.zeros_like(portrait),
        0.0,
        np.zeros_like(inside),
    )


def around(weight: Floats) -> Floats:
    """The greatest weight within the reach of the map's error."""
    import cv2

    reach = max(2, round(_REACH * max(weight.shape)))
    return np.asarray(cv2.dilate(weight, _disc(reach)), np.float32)


def _disc(radius_px: int) -> NDArray[np.uint8]:
    import cv2

    size = (2 * radius_px + 1, 2 * radius_px + 1)
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, size), np.uint8)

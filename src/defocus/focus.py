"""Where the focal plane lies: a point, a box, a disparity, near, far, faces, or the subject."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from defocus._maps import centre_prior, fit, resized
from defocus.constants import MAX_FOCUS_RANGE as MAX_RANGE
from defocus.constants import MIN_FOCUS_RANGE as MIN_RANGE
from defocus.constants import POINT_REACH
from defocus.subject.things import ground

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from defocus.edit import Focus
    from defocus.faces import Face

# Width of the band beside a subject that is held: what its region misses of it, a hand, a strap, is
# as far as that. Half of it shows ground and walls blurred beside the feet; with less, what crosses
# the plane (a fence) is sharp in beads.
HELD_RANGE = 0.14
_WORK_PX = 384
# Of what stands in a scene, centre first: the farthest and the nearest that shall be sharp. The
# near end counts: from there to what is as good as infinitely far is farther than any band.
_SCENE = (0.1, 0.65)
_STANDS = 0.06  # normalised disparity before the ground: what stands on it, as a band is wide
_FEW_STAND = 0.15  # of the picture: a plain,
_PLAIN = (0.25, 0.65)  # of which the middle shall be sharp
_EYE = 0.1  # of a face's width and height: how far around an eye its depth is taken


@dataclass(frozen=True, slots=True)
class FocalPlane:
    """Where the picture is sharp.

    Attributes:
        disparity: normalised disparity of the plane.
        range: width of the band around it that stays sharp.
        holds_subject: the subject stays sharp as a whole, even where its disparity leaves the band.
    """

    disparity: float
    range: float
    holds_subject: bool = False


def find_focus(
    disparity: NDArray[np.float32],
    focus: Focus,
    subject: NDArray[np.float32] | None = None,
    faces: Sequence[Face] = (),
    *,
    leads: bool = True,
) -> FocalPlane:
    """The focal plane for a choice of focus.

    Args:
        disparity: h×w, normalised to 0..1, any size.
        focus: the choice. ``range=None`` keeps the subject whole; a number is pure optics.
        subject: weight of the subject, 0..1, any size, see :mod:`defocus.subject`; or None.
        faces: of the subject, the main one first. Without any, who asks for them gets ``auto``.
        leads: False for a subject that stays sharp wherever ``auto`` puts the plane of the scene.
    """
    size_wh = fit((disparity.shape[1], disparity.shape[0]), _WORK_PX)
    values = resized(disparity, size_wh)
    if subject is not None:
        subject = resized(subject, size_wh)
        if subject.max() <= 0.5:
            subject = None
    if focus.mode in ("face", "eyes", "all") and faces:
        plane = _on_faces(disparity, values, subject, focus.mode, faces)
    elif focus.mode in ("auto", "face", "eyes", "all"):
        if subject is not None and leads:
            plane = _on_subject(values, subject, faces)
        else:
            plane = replace(_on_middle(values), holds_subject=subject is not None)
    elif focus.mode in ("near", "far"):
        at = float(np.percentile(values, 98 if focus.mode == "near" else 2))
        plane = FocalPlane(at, MIN_RANGE)
    elif focus.mode == "disparity":
        plane = FocalPlane(focus.at[0], MIN_RANGE)
    elif focus.mode == "rectangle":
        plane = _in_rectangle(values, subject, *focus.at)
    else:
        plane = _on_point(disparity, subject, focus.at[0], focus.at[1])
    if focus.range is not None:
        return FocalPlane(plane.disparity, focus.range)
    return plane


def _on_point(
    full: NDArray[np.float32], subject: NDArray[np.float32] | None, x: float, y: float
) -> FocalPlane:
    # The full map, not the small one: a click on a twig means the twig.
    reach = POINT_REACH
    at = float(np.median(_patch(full, x - reach, y - reach, x + reach, y + reach)))
    if subject is not None and np.median(_patch(subject, x, y, x, y)) > 0.5:
        return FocalPlane(at, HELD_RANGE, holds_subject=True)
    return FocalPlane(at, MIN_RANGE)


def _in_rectangle(
    values: NDArray[np.float32],
    subject: NDArray[np.float32] | None,
    left: float,
    top: float,
    right: float,
    bottom: float,
) -> FocalPlane:
    patch = _patch(values, left, top, right, bottom)
    at = float(np.median(patch))
    if subject is not None and np.median(_patch(subject, left, top, right, bottom)) > 0.5:
        return FocalPlane(at, HELD_RANGE, holds_subject=True)
    low, high = np.percentile(patch, (20, 80))
    return FocalPlane(at, _clip_range(float(high - low)))


def _on_subject(
    values: NDArray[np.float32], subject: NDArray[np.float32], faces: Sequence[Face] = ()
) -> FocalPlane:
    """Its middle, faces in the band. It is held, whatever its depth: what is beside it is not."""
    middle = float(np.median(values[subject > 0.5]))
    if faces:
        at = float(np.median([_of_face(values, face) for face in faces]))
        slack = (HELD_RANGE - MIN_RANGE) / 2
        middle = float(np.clip(middle, at - slack, at + slack))
    return FocalPlane(middle, HELD_RANGE, holds_subject=True)


def _on_faces(
    full: NDArray[np.float32],
    values: NDArray[np.float32],
    subject: NDArray[np.float32] | None,
    mode: str,
    faces: Sequence[Face],
) -> FocalPlane:
    """The main face, its nearer eye, or all of them."""
    main = faces[0]
    if mode == "eyes":
        wide, high = _EYE * main.size[0], _EYE * main.size[1]
        eyes = [_patch(full, x - wide, y - high, x + wide, y + high) for x, y in main.eyes]
        return FocalPlane(max(float(np.median(eye)) for eye in eyes), MIN_RANGE)
    if mode == "face":
        low, far = np.percentile(_box(values, main, 0.7), (10, 90))
        return FocalPlane(_of_face(values, main), _clip_range(float(far - low)))
    at = [_of_face(values, face) for face in faces]
    span = max(at) - min(at) + MIN_RANGE
    return FocalPlane((max(at) + min(at)) / 2, min(span, 1.0), holds_subject=subject is not None)


def _of_face(values: NDArray[np.float32], face: Face) -> float:
    return float(np.median(_box(values, face, 0.5)))


def _box(values: NDArray[np.float32], face: Face, share: float) -> NDArray[np.float32]:
    """The middle of a face, away from what lies behind it."""
    (x, y), (wide, high) = face.centre, face.size
    wide, high = share * wide / 2, share * high / 2
    return _patch(values, x - wide, y - high, x + wide, y + high)


def _on_middle(values: NDArray[np.float32]) -> FocalPlane:
    """No subject is known: a landscape, a street or a room, of which the nearer things are sharp.

    What stands on the ground counts, the more, the nearer to the picture's centre it is; the ground
    itself where there is little else. Of two walls, one near and one far, the near one is sharp.
    """
    prior = centre_prior(*values.shape)
    standing = prior * (values > ground(values) + _STANDS)
    if standing.sum() > _FEW_STAND * prior.sum():
        low, high = _quantiles(values, standing, _SCENE)
    else:
        low, high = _quantiles(values, prior, _PLAIN)
    # As wide as a band may be, so that what is far and large stays calm: blur is seen in what is
    # near, where a lens would show it from so far away.
    farthest = max(low, high + MIN_RANGE - MAX_RANGE) - MIN_RANGE / 2
    return FocalPlane(farthest + MAX_RANGE / 2, MAX_RANGE)


def _quantiles(
    values: NDArray[np.float32], weight: NDArray[np.float64], shares: tuple[float, ...]
) -> list[float]:
    order = np.argsort(values, axis=None)
    sums = np.cumsum(weight.ravel()[order])
    return [float(values.ravel()[order[np.searchsorted(sums, q * sums[-1])]]) for q in shares]


def _patch(
    values: NDArray[np.float32], x0: float, y0: float, x1: float, y1: float
) -> NDArray[np.float32]:
    height, width = values.shape
    left = int(np.clip(x0 * width, 0, width - 1))
    top = int(np.clip(y0 * height, 0, height - 1))
    right = int(np.clip(np.ceil(x1 * width), left + 1, width))
    bottom = int(np.clip(np.ceil(y1 * height), top + 1, height))
    return values[top:bottom, left:right]


def _clip_range(span: float) -> float:
    return float(np.clip(span, MIN_RANGE, MAX_RANGE))

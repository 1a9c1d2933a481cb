"""What the network is shown: the whole, and boxes around whoever may be somebody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from defocus._maps import Floats
    from defocus.faces import Face

_LIKELY = 0.3  # of the person output: somebody may be there
_MIN_AREA = 0.002  # of the picture: whom it is worth to look at
_MOST = 5  # boxes; the largest count
_GROWN = 1.6  # times the size of what is looked at: a lost head or arm is beyond it
_NARROWEST = 0.62  # of a box's longer side
# In widths of the face, a head and a chest: how large, and how far below the face's centre.
_AROUND_FACE, _BELOW = 5.0, 1.2
_SMALLER = 0.75  # of the box that shows a face already: another around the face tells more
_FADE = 0.12  # of a box: its margin, where it counts less
_CLOSER = 2.0  # how much more a box counts than the whole


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a picture: its sides as shares of the whole."""

    left: float
    top: float
    right: float
    bottom: float

    def of(self, size_wh: tuple[int, int]) -> tuple[slice, slice]:
        """Its rows and columns in a picture of that size, at least one each."""
        return _span(self.top, self.bottom, size_wh[1]), _span(self.left, self.right, size_wh[0])

    def weight(self, rows: slice, columns: slice, shape: tuple[int, ...]) -> Floats:
        """How much it counts at each pixel of its rows and columns."""
        if self == WHOLE:
            return np.ones((rows.stop - rows.start, columns.stop - columns.start), np.float32)
        down, across = _fade(rows, shape[0]), _fade(columns, shape[1])
        return np.float32(_CLOSER) * np.minimum(down[:, None], across)


WHOLE = Box(0, 0, 1, 1)


def views(person: Floats, faces: Sequence[Face]) -> tuple[Box, ...]:
    """Boxes around the likely people who have a face, and closer around it; the largest face first.

    Args:
        person: h×w in 0..1.
        faces: of the picture.
    """
    import cv2

    height, width = person.shape
    likely = (person > _LIKELY).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(likely, connectivity=8)
    bodies = [
        _box(left + wide / 2, top + high / 2, wide, high, (width, height))
        for left, top, wide, high, area in stats[1:].tolist()
        if area >= _MIN_AREA * person.size
    ]
    boxes = []
    for face in sorted(faces, key=lambda face: -face.size[0]):
        close = _around_face(face, height / width)
        wide = close.right - close.left
        shown = [body for body in bodies if _holds(body, face) and body.right - body.left > wide]
        boxes += shown
        if wide < _SMALLER * min((body.right - body.left for body in shown), default=1):
            boxes.append(close)
    return tuple(dict.fromkeys(boxes))[:_MOST]


def _box(x: float, y: float, wide: float, high: float, size_wh: tuple[int, int]) -> Box:
    width, height = size_wh
    wide, high = max(wide, high * _NARROWEST) * _GROWN, max(high, wide * _NARROWEST) * _GROWN
    return Box(
        max(0.0, (x - wide / 2) / width),
        max(0.0, (y - high / 2) / height),
        min(1.0, (x + wide / 2) / width),
        min(1.0, (y + high / 2) / height),
    )


def _around_face(face: Face, aspect: float) -> Box:
    (x, y), wide = face.centre, face.size[0]
    high = wide / aspect
    y += _BELOW * high
    wide, high = _AROUND_FACE / 2 * wide, _AROUND_FACE / 2 * high
    return Box(max(0.0, x - wide), max(0.0, y - high), min(1.0, x + wide), min(1.0, y + high))


def _holds(box: Box, face: Face) -> bool:
    x, y = face.centre
    return box.left < x < box.right and box.top < y < box.bottom


def _span(start: float, end: float, pixels: int) -> slice:
    first = min(int(start * pixels), pixels - 1)
    return slice(first, max(first + 1, min(round(end * pixels), pixels)))


def _fade(span: slice, pixels: int) -> Floats:
    """1 within, less towards ends that are not the picture's."""
    length = span.stop - span.start
    at = (np.arange(length, dtype=np.float32) + 0.5) / (_FADE * length)
    weight = np.ones(length, np.float32)
    if span.start > 0:
        weight = np.minimum(weight, at)
    if span.stop < pixels:
        weight = np.minimum(weight, at[::-1])
    return weight

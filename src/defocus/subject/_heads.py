"""Faces and the subject: whose heads are in the picture, and which faces are the subject's."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from defocus._maps import ramp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from defocus._maps import Floats
    from defocus.faces import Face

_SURE = 0.75  # of a face, to make a head of it against the network's word
# Of the face's box: half a head's width and height, and how far its middle lies above the face's.
_HALF_WIDTH, _HALF_HEIGHT, _HIGHER = 0.62, 0.85, 0.2
# Of the face's box: half of the shoulders' width, and how far down a trunk goes.
_SHOULDERS, _TRUNK = 1.4, 3.5
_AS_NEAR = 0.05  # normalised disparity: half of a body's depth, less than to a wall behind it
_OF_NOTE = 0.4  # of the main face's size: a smaller one stands behind


def heads(faces: Sequence[Face], size_wh: tuple[int, int]) -> Floats:
    """Where the heads of sure faces are, and how large: h×w, a face's width in pixels, else 0."""
    width, height = size_wh
    x = (np.arange(width) + 0.5) / width
    y = (np.arange(height)[:, None] + 0.5) / height
    seen = np.zeros((height, width), np.float32)
    for face in faces:
        if face.score >= _SURE:
            wide, high = face.size
            across = (x - face.centre[0]) / (_HALF_WIDTH * wide)
            along = (y - face.centre[1] + _HIGHER * high) / (_HALF_HEIGHT * high)
            seen[across**2 + along**2 < 1] = wide * width
    return seen


def bodies(faces: Sequence[Face], values: Floats) -> Floats:
    """What is below a sure face, so wide as shoulders, and as near: h×w in 0..1.

    The network sees a face and a collar, and of a dark coat before a dark wall nothing.

    Args:
        faces: of the picture.
        values: h×w disparity, normalised to 0..1.
    """
    height, width = values.shape
    x = (np.arange(width) + 0.5) / width
    y = (np.arange(height)[:, None] + 0.5) / height
    seen = np.zeros((height, width), np.float32)
    for face in faces:
        if face.score >= _SURE:
            (cx, cy), (wide, high) = face.centre, face.size
            middle = (abs(x - cx) < wide / 4) & (abs(y - cy) < high / 4)
            if middle.any():
                below = (abs(x - cx) < _SHOULDERS * wide) & (y > cy) & (y < cy + _TRUNK * high)
                away = np.abs(values - np.median(values[middle]))
                seen = np.maximum(seen, below * (1 - ramp(away, _AS_NEAR)))
    return seen


def faces_within(weight: Floats, faces: Sequence[Face]) -> tuple[Face, ...]:
    """Those of the subject that a photographer would keep sharp, the main one first.

    Args:
        weight: h×w of the subject, 0..1.
        faces: of the picture.
    """
    height, width = weight.shape

    def held(face: Face) -> bool:
        x, y = face.centre
        return bool(weight[min(int(y * height), height - 1), min(int(x * width), width - 1)] > 0.5)

    def counts(face: Face) -> float:
        off_centre = math.hypot(face.centre[0] - 0.5, face.centre[1] - 0.4)
        return math.sqrt(face.size[0] * face.size[1]) * math.exp(-((off_centre / 0.6) ** 2))

    own = sorted((face for face in faces if held(face)), key=counts, reverse=True)
    return tuple(face for face in own if face.size[0] >= _OF_NOTE * own[0].size[0])

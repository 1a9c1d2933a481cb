"""Faces: where they are and where their eyes are, by a small detector in the package.

It sees the photo as a whole, for large faces, and in four overlapping tiles, for small ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus._maps import Floats

__all__ = ["Face", "find_faces"]

MODEL_PATH = Path(__file__).with_name("models") / "blazeface-full-range.onnx"
_SIDE_PX, _CELL_PX = 192, 4
_TILE = 0.6  # of the longer side
_SURE = 0.6  # score: at .5 a shoulder or a pan is a face now and then
_SAME = 0.3  # intersection over union of two boxes that are one face
_WITHIN = 0.6  # of a box that lies in another one


@dataclass(frozen=True, slots=True)
class Face:
    """A face; all places as shares of the picture's width and height from its top left.

    Attributes:
        centre: of the box from the eyebrows to the chin.
        size: width and height of that box.
        eyes: of the two eyes, the picture's left one first.
        score: 0..1, how sure the detector is.
    """

    centre: tuple[float, float]
    size: tuple[float, float]
    eyes: tuple[tuple[float, float], tuple[float, float]]
    score: float


def find_faces(pixels: NDArray[np.uint8]) -> tuple[Face, ...]:
    """The faces in a picture, surest first.

    Args:
        pixels: H×W×3 uint8, upright, sRGB-like encoded.

    Raises:
        ModelError: the detector is damaged or cannot be run.
    """
    from defocus.network import open_session

    height, width = pixels.shape[:2]
    if min(height, width) < _CELL_PX:
        return ()
    session = open_session(MODEL_PATH)
    side = round(_TILE * max(height, width))
    wide, high = min(width, side), min(height, side)
    parts = [(0, 0, width, height)]
    parts += [(x, y, wide, high) for y in {0, height - high} for x in {0, width - wide}]
    found = [_seen(session, pixels, part) for part in dict.fromkeys(parts)]
    points = np.concatenate([p for p, _ in found])
    faces = _joined(points, np.concatenate([s for _, s in found]))
    return tuple(_face(p / (width, height), s) for p, s in faces)


def _seen(
    session: Any, pixels: NDArray[np.uint8], part: tuple[int, int, int, int]
) -> tuple[NDArray[np.float64], Floats]:
    """N×8×2 points (centre, size, eyes, nose, mouth, ears) in pixels of the picture, and scores."""
    import cv2

    from defocus.network import run_session

    left, top, width, height = part
    scale = _SIDE_PX / max(width, height)
    wide, high = max(1, round(width * scale)), max(1, round(height * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(
        pixels[top : top + height, left : left + width], (wide, high), interpolation=how
    )
    x0, y0 = (_SIDE_PX - wide) // 2, (_SIDE_PX - high) // 2
    image = np.full((3, _SIDE_PX, _SIDE_PX), -1, np.float32)
    image[:, y0 : y0 + high, x0 : x0 + wide] = small.transpose(2, 0, 1) / np.float32(127.5) - 1
    boxes, scores = run_session(session, {"image": image[None]}, ["boxes", "scores"], name="faces")
    score = np.asarray(1 / (1 + np.exp(-np.clip(scores[0, :, 0], -80, 80))), np.float32)
    (sure,) = np.nonzero(score > _SURE)
    points = boxes[0, sure].reshape(-1, 8, 2).astype(np.float64)
    cells = _SIDE_PX // _CELL_PX
    at = (np.stack([sure % cells, sure // cells], -1) + 0.5) * _CELL_PX - (x0, y0)
    points[:, :1] += at[:, None]
    points[:, 2:] += at[:, None]
    points /= scale
    points[:, :1] += (left, top)
    points[:, 2:] += (left, top)
    return points, score[sure]


def _joined(points: NDArray[np.float64], scores: Floats) -> list[tuple[NDArray[np.float64], float]]:
    """One for each face: the mean of those that overlap, by score."""
    low, high = points[:, 0] - points[:, 1] / 2, points[:, 0] + points[:, 1] / 2
    area = np.prod(points[:, 1], axis=1)
    rest = np.argsort(-scores, kind="stable")
    faces = []
    while len(rest):
        first = rest[0]
        overlap = np.minimum(high[rest], high[first]) - np.maximum(low[rest], low[first])
        shared = np.prod(np.clip(overlap, 0, None), axis=1)
        union = area[rest] + area[first] - shared
        same = (shared > _SAME * union) | (shared > _WITHIN * np.minimum(area[rest], area[first]))
        same[0] = True
        one = rest[same]
        faces.append((np.average(points[one], 0, scores[one]), float(scores[first])))
        rest = rest[~same]
    return faces


def _face(points: NDArray[np.float64], score: float) -> Face:
    places = [(float(x), float(y)) for x, y in np.clip(points, 0, 1)]
    eyes = sorted(places[2:4])
    return Face(places[0], places[1], (eyes[0], eyes[1]), score)

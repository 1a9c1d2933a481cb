"""Brush strokes that correct a disparity map where the network erred."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus.constants import COLOUR_PACE, COLOUR_REACH, COLOUR_SIGMA, LIKE_COLOUR, OTHER_COLOUR
from defocus.screen import screen_pixels

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from defocus._maps import Floats
    from defocus.edit import Stroke
    from defocus.photo import Photo

# A box of the map: left, top, right, bottom.
_Box = tuple[int, int, int, int]


def apply_strokes(
    values: NDArray[np.float32], strokes: Sequence[Stroke], photo: Photo | None = None
) -> NDArray[np.float32]:
    """Paint strokes, in order, on a normalised disparity map.

    A stroke's weight at distance s from its path is 1 up to ``hardness`` times its radius R, and
    falls linearly to 0 at R:  w = clip((R − s) / (R · (1 − hardness)), 0, 1), times its strength.
    A stroke without a disparity leads back to ``values``.

    One that stops at edges is the largest, at each pixel, of such weights of the parts of its path,
    each times the likeness of the pixel's colour to that under the brush where the part begins.

    Args:
        values: H×W float32; not changed.
        strokes: points as fractions of the picture, radius as a fraction of its diagonal.
        photo: whose map it is, any size; None paints all strokes without regard to edges.

    Returns:
        H×W float32; ``values`` itself when there is no stroke.
    """
    if not strokes:
        return values
    painted = values.copy()
    guide = None
    if photo is not None and any(stroke.edges for stroke in strokes):
        guide = screen_pixels(photo, (values.shape[1], values.shape[0]))
    for stroke in strokes:
        _paint(painted, stroke, values, guide if stroke.edges else None)
    return painted


def _paint(values: Floats, stroke: Stroke, plain: Floats, guide: NDArray[np.uint8] | None) -> None:
    height, width = values.shape
    points = np.array([(x * width - 0.5, y * height - 0.5) for x, y in stroke.points])
    box = _around(points, _radius_px(stroke, values.shape), values.shape)
    if box is None:
        return
    if guide is None:
        weight = _weight(stroke, points, box, values.shape)
    else:
        weight = _weight_within_edges(stroke, points, box, guide)
    weight *= np.float32(stroke.strength)
    within = _slices(box)
    area = values[within]
    target = plain[within] if stroke.disparity is None else np.float32(stroke.disparity)
    area += weight * (target - area)


def _radius_px(stroke: Stroke, shape: tuple[int, ...]) -> float:
    return max(stroke.radius * math.hypot(shape[1], shape[0]), 0.5)


def _around(points: NDArray[Any], reach: float, shape: tuple[int, ...]) -> _Box | None:
    """The pixels that a path may reach; None if it misses the picture."""
    left, top = (int(v) for v in np.maximum(np.floor(points.min(0) - reach - 1), 0))
    right, bottom = np.ceil(points.max(0) + reach + 2).astype(int)
    right, bottom = min(int(right), shape[1]), min(int(bottom), shape[0])
    return None if left >= right or top >= bottom else (left, top, right, bottom)


def _slices(box: _Box) -> tuple[slice, slice]:
    left, top, right, bottom = box
    return slice(top, bottom), slice(left, right)


def _weight(stroke: Stroke, points: NDArray[Any], box: _Box, shape: tuple[int, ...]) -> Floats:
    """w = clip((R − s) / (R · (1 − hardness)), 0, 1) in a box."""
    import cv2

    radius_px = _radius_px(stroke, shape)
    # Distance to the path: exact at moderate size, so a path over a whole 50 MP photo stays cheap.
    low = np.floor(points.min(0) - radius_px - 1).astype(int)
    high = np.ceil(points.max(0) + radius_px + 2).astype(int)
    box_wh = high - low
    scale = min(1.0, 2000 / int(box_wh.max()))
    size_wh = np.maximum(np.round(box_wh * scale), 1).astype(int)
    away = np.full((size_wh[1], size_wh[0]), 255, np.uint8)
    path = np.round((points - low) * scale).astype(np.int32)
    path = np.vstack([path, path[-1:]])  # a single dab is a path of no length
    cv2.polylines(away, [path.reshape(-1, 1, 2)], isClosed=False, color=0, thickness=1)
    distance: NDArray[Any] = cv2.distanceTransform(away, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    if scale < 1:
        distance = cv2.resize(distance, box_wh.tolist(), interpolation=cv2.INTER_LINEAR) / scale
    left, top, right, bottom = box
    distance = distance[top - low[1] : bottom - low[1], left - low[0] : right - low[0]]
    soft_px = max(radius_px * (1 - stroke.hardness), 1.0)
    return np.asarray(np.clip((radius_px - distance) / soft_px, 0, 1), np.float32)


def _weight_within_edges(
    stroke: Stroke, points: NDArray[Any], box: _Box, guide: NDArray[np.uint8]
) -> Floats:
    left, top, right, bottom = box
    weight = np.zeros((bottom - top, right - left), np.float32)
    smooth = _smoothed(guide, box)
    for part in _parts(stroke, guide.shape):
        reached = _around(points[part], _radius_px(stroke, guide.shape), guide.shape)
        if reached is None:
            continue
        shifted = reached[0] - left, reached[1] - top, reached[2] - left, reached[3] - top
        within = _slices(shifted)
        found = _weight(stroke, points[part], reached, guide.shape)
        found *= _likeness(smooth[within], _colour_under(stroke, stroke.points[part.start], guide))
        np.maximum(weight[within], found, out=weight[within])
    return weight


def _parts(stroke: Stroke, shape: tuple[int, ...]) -> Iterator[slice]:
    """The path from where one colour is taken to where the next one is; both ends included."""
    pace = COLOUR_PACE * _radius_px(stroke, shape)
    begin, gone = 0, 0.0
    places = [(x * shape[1], y * shape[0]) for x, y in stroke.points]
    for index in range(1, len(places)):
        gone += math.dist(places[index - 1], places[index])
        if gone >= pace:
            yield slice(begin, index + 1)
            begin, gone = index, 0.0
    if begin < len(places) - 1 or begin == 0:
        yield slice(begin, len(places))


def _colour_under(
    stroke: Stroke, point: tuple[float, float], guide: NDArray[np.uint8]
) -> NDArray[np.float32]:
    """The median colour under the middle of the brush; of what lies outside, the border's."""
    height, width = guide.shape[:2]
    reach = COLOUR_REACH * _radius_px(stroke, guide.shape)
    x, y = point[0] * width, point[1] * height
    left, top = (math.floor(v - reach) for v in (x, y))
    right, bottom = (math.floor(v + reach) + 1 for v in (x, y))
    left, top = min(max(left, 0), width - 1), min(max(top, 0), height - 1)
    right, bottom = min(max(right, left + 1), width), min(max(bottom, top + 1), height)
    square = guide[top:bottom, left:right].reshape(-1, 3)
    middle = len(square) // 2
    return np.asarray(np.partition(square, middle, axis=0)[middle], np.float32)


def _smoothed(guide: NDArray[np.uint8], box: _Box) -> Floats:
    import cv2

    height, width = guide.shape[:2]
    sigma = COLOUR_SIGMA * math.hypot(width, height)
    apron = math.ceil(2 * sigma)
    left, top, right, bottom = box
    x0, y0 = max(0, left - apron), max(0, top - apron)
    part = guide[y0 : bottom + apron, x0 : right + apron].astype(np.float32)
    size = (2 * apron + 1, 2 * apron + 1)
    smooth = cv2.GaussianBlur(part, size, sigma, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(smooth[top - y0 : bottom - y0, left - x0 : right - x0], np.float32)


def _likeness(colours: Floats, colour: NDArray[np.float32]) -> Floats:
    """1 for colours like this one, 0 for others."""
    apart = np.sqrt(((colours - colour) ** 2).sum(-1))
    likeness = (OTHER_COLOUR - apart) / (OTHER_COLOUR - LIKE_COLOUR)
    return np.asarray(np.clip(likeness, 0, 1), np.float32)

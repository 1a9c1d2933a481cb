"""Brush strokes that correct a disparity map where the network erred."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from defocus.edit import Stroke


def apply_strokes(values: NDArray[np.float32], strokes: Sequence[Stroke]) -> NDArray[np.float32]:
    """Paint strokes, in order, on a normalised disparity map.

    A stroke's weight at distance s from its path is 1 up to ``hardness`` times its radius R, and
    falls linearly to 0 at R:  w = clip((R − s) / (R · (1 − hardness)), 0, 1), times its strength.
    A stroke without a disparity leads back to ``values``.

    Args:
        values: H×W float32; not changed.
        strokes: points as fractions of the picture, radius as a fraction of its diagonal.

    Returns:
        H×W float32; ``values`` itself when there is no stroke.
    """
    if not strokes:
        return values
    painted = values.copy()
    for stroke in strokes:
        _paint(painted, stroke, values)
    return painted


def _paint(values: NDArray[np.float32], stroke: Stroke, plain: NDArray[np.float32]) -> None:
    import cv2

    height, width = values.shape
    radius_px = max(stroke.radius * math.hypot(width, height), 0.5)
    points = np.array([(x * width - 0.5, y * height - 0.5) for x, y in stroke.points])
    low = np.floor(points.min(0) - radius_px - 1).astype(int)
    high = np.ceil(points.max(0) + radius_px + 2).astype(int)
    x0, y0 = np.maximum(low, 0)
    x1, y1 = np.minimum(high, (width, height))
    if x0 >= x1 or y0 >= y1:
        return
    # Distance to the path: exact at moderate size, so a path over a whole 50 MP photo stays cheap.
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
    distance = distance[y0 - low[1] : y1 - low[1], x0 - low[0] : x1 - low[0]]
    # w = clip((R − s) / (R · (1 − hardness)), 0, 1)
    soft_px = max(radius_px * (1 - stroke.hardness), 1.0)
    weight = np.clip((radius_px - distance) / soft_px, 0, 1).astype(np.float32)
    weight *= np.float32(stroke.strength)
    area = values[y0:y1, x0:x1]
    erases = stroke.disparity is None
    target = plain[y0:y1, x0:x1] if erases else np.float32(stroke.disparity)
    area += weight * (target - area)

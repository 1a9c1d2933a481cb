"""Where exactly the people of a scene end: geometry corrects what a network says of the picture.

A teacher that was itself trained misses heads, arms and companions, and teaches them as background.
The scenes know better: a person is one connected surface. What is connected with the teacher's sure
pixels belongs to them; what lies beyond a step in depth does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from renders import DOUBT, Floats

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

SENSOR_MM = 36.0  # the long side of what the renders' cameras have
SEED = 0.55
MOSTLY, HARDLY = 0.5, 0.12  # a surface's mean above the one: a person; under the other: nobody
STEP = 0.035  # of depth, relative, between neighbours: more is an edge of something
BEHIND = 1.1  # times as far as what is beside it: a seed only because the teacher's edge is soft
EDGE_PX = 5  # this close to a person the step in depth decides, not the teacher
UPRIGHT = 0.8  # a normal that points further up or down than that is a floor's, a table's, a seat's
_ROUNDS = 80


def corrected(person: Floats, stored: Mapping[str, NDArray[Any]]) -> Floats:
    """The teacher's word, H×W in 0..1, corrected by all that a pair's ``npz`` tells."""
    if "thing" in stored:
        return by_thing(person, stored["thing"])
    if "f" in stored:
        z = np.where(stored["sky"], 0, stored["z"].astype(np.float32))
        return by_geometry(person, z, float(stored["f"]) / SENSOR_MM * max(z.shape))
    return person


def by_geometry(person: Floats, z: Floats, focal_px: float) -> Floats:
    """The teacher's word corrected by depth.

    Args:
        person: H×W in 0..1, what the teacher says.
        z: H×W metres, 0 or less where there is nothing.
        focal_px: of the camera.

    Returns:
        H×W in 0..1, and ``DOUBT`` where nobody knows.
    """
    depth = np.where(z > 0, z, 1e4).astype(np.float32)
    around = np.ones((2 * EDGE_PX + 1,) * 2, np.uint8)
    seeds = (person > SEED) & (depth < BEHIND * cv2.erode(depth, around))
    level = (_upness(depth, focal_px) > UPRIGHT) & (person < 0.5)
    found = cv2.medianBlur(_connected(seeds, depth, ~level).astype(np.uint8), 3)  # curls speckle
    numbers = _surfaces(found > 0, depth)
    area = np.bincount(numbers.ravel())
    mean = np.bincount(numbers.ravel(), person.ravel()) / np.maximum(area, 1)
    whole = mean > MOSTLY
    whole[0] = False
    people = whole[numbers]
    doubtful = (found > 0) & ~people & (mean[numbers] > HARDLY) & (person < 0.8)
    label = np.where(doubtful, DOUBT, person)
    near = cv2.dilate(people.astype(np.uint8), around) > 0
    label[near & (found == 0) & ~level] = 0
    label[people] = 1
    return label


def by_thing(person: Floats, thing: NDArray[np.int16]) -> Floats:
    """What is mostly a person is one wholly; ``thing`` numbers the scene's things at each pixel."""
    numbers = thing.astype(int) + 1
    area = np.bincount(numbers.ravel())
    share = np.bincount(numbers.ravel(), person.ravel()) / np.maximum(area, 1)
    whole = (share > 0.5) & (area < 0.6 * thing.size)
    whole[0] = False
    return np.where(whole[numbers], np.float32(1), person)


def _connected(
    seeds: NDArray[np.bool_], depth: Floats, allowed: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """``seeds`` grown from neighbour to neighbour as long as depth has no step."""
    region = seeds.copy()
    down, right = (np.abs(np.diff(np.log(depth), axis=axis)) < STEP for axis in (0, 1))
    for _ in range(_ROUNDS):
        before = region.sum()
        for ahead, behind, joined in (
            (np.s_[1:], np.s_[:-1], down),
            (np.s_[:, 1:], np.s_[:, :-1], right),
        ):
            region[ahead] |= region[behind] & joined & allowed[ahead]
            region[behind] |= region[ahead] & joined & allowed[behind]
        if region.sum() == before:
            break
    return region


def _surfaces(region: NDArray[np.bool_], depth: Floats) -> NDArray[np.int32]:
    """Numbers of the connected parts of a region, steps in depth parting them; 0 elsewhere."""
    inner = region.copy()
    for axis in (0, 1):
        step = np.abs(np.diff(np.log(depth), axis=axis)) >= 2 * STEP
        first = [slice(None), slice(None)]
        first[axis] = slice(1, None)
        inner[tuple(first)] &= ~step
    _, numbers = cv2.connectedComponents(inner.astype(np.uint8), connectivity=4)
    grown = cv2.dilate(numbers.astype(np.float32), np.ones((3, 3))).astype(np.int32)
    return np.where(region & (numbers == 0), grown, numbers)


def _upness(depth: Floats, focal_px: float) -> Floats:
    """How far the surface's normal points up or down, 0 to 1."""
    height, width = depth.shape
    smooth = cv2.medianBlur(depth, 5)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    points = np.stack([(x - width / 2), (y - height / 2), np.full_like(x, focal_px)], -1)
    points *= smooth[..., None] / focal_px
    normal = np.cross(np.gradient(points, axis=0), np.gradient(points, axis=1))
    return np.abs(normal[..., 1]) / (np.linalg.norm(normal, axis=-1) + 1e-12)

"""What of a photo a click may hold."""

from __future__ import annotations

import numpy as np
import pytest

from defocus.disparity import Disparity
from defocus.photo import Photo
from defocus.scene import Scene
from defocus.session.things import thing_labels


def scene(*boxes: tuple[slice, slice, float]) -> Scene:
    """A level ground under a far wall; before them boxes of a depth, each in its own colour."""
    values = np.tile(np.linspace(0.0, 0.5, 240, dtype=np.float32)[:, None], (1, 320))
    values[:120] = 0.0
    pixels = np.full((240, 320, 3), 200, np.uint8)
    pixels[120:] = (120, 130, 110)
    for index, (rows, columns, depth) in enumerate(boxes):
        values[rows, columns] = depth
        pixels[rows, columns] = (40 + 60 * index, 60, 160 - 60 * index)
    disparity = Disparity(values, source="drawn")
    return Scene(Photo(pixels), disparity, disparity)


def at(labels: np.ndarray, x: float, y: float) -> int:
    return int(labels[int(y * labels.shape[0]), int(x * labels.shape[1])])


LAMP = (slice(60, 200), slice(40, 80), 0.9)
DOG = (slice(130, 200), slice(200, 280), 0.9)


def test_each_thing_before_the_ground_has_a_label_and_the_ground_has_none() -> None:
    labels = thing_labels(scene(LAMP, DOG))
    lamp, dog = at(labels, 60 / 320, 130 / 240), at(labels, 240 / 320, 165 / 240)
    assert {lamp, dog} == {1, 2}
    assert at(labels, 0.45, 0.2) == 0
    assert at(labels, 0.45, 0.95) == 0
    share = (labels == lamp).mean()
    assert share == pytest.approx(140 * 40 / (240 * 320), rel=0.25)


def test_a_step_of_depth_parts_two_things() -> None:
    before = (slice(140, 200), slice(60, 120), 1.0)
    behind = (slice(60, 200), slice(60, 180), 0.75)
    labels = thing_labels(scene(behind, before))
    assert 0 < at(labels, 90 / 320, 170 / 240) != at(labels, 150 / 320, 100 / 240) > 0


def test_what_goes_from_border_to_border_is_no_thing() -> None:
    labels = thing_labels(scene((slice(0, 240), slice(100, 200), 0.9)))
    assert at(labels, 150 / 320, 0.5) == 0
    assert not thing_labels(scene()).any()

"""Things: what stands before the ground is held as a whole; a landscape has no subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from defocus._maps import resized
from defocus.disparity import Disparity, Estimate
from defocus.photo import Photo
from defocus.subject import find_subject
from defocus.subject.things import ground, thing_region, with_what_they_hold

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDTH, HEIGHT = 160, 120
GREY, RED = (120, 120, 120), (180, 40, 40)


class Stage:
    """A level ground up to the horizon, grey, on which things are put."""

    def __init__(self) -> None:
        rows = np.clip(np.linspace(-0.6, 0.9, HEIGHT, dtype=np.float32), 0, None)
        self.values = np.repeat(rows[:, None], WIDTH, axis=1)
        self.pixels = np.full((HEIGHT, WIDTH, 3), GREY, np.uint8)

    def put(
        self,
        top: int,
        bottom: int,
        left: int,
        right: int,
        near: float | NDArray[np.float32],
        colour: tuple[int, int, int] = RED,
    ) -> NDArray[np.bool_]:
        where = np.zeros((HEIGHT, WIDTH), bool)
        where[top:bottom, left:right] = True
        self.values[top:bottom, left:right] = near
        self.pixels[where] = colour
        return where

    def subject(self, person: NDArray[np.float32] | None = None) -> NDArray[np.float32] | None:
        found = thing_region(self.values, person, self.pixels)
        return None if found is None else resized(found, (WIDTH, HEIGHT))


def test_the_ground_is_found_behind_what_stands_on_it() -> None:
    stage = Stage()
    bare = stage.values.copy()
    stage.put(40, 90, 20, 140, 0.6)
    np.testing.assert_allclose(ground(stage.values)[70:], bare[70:], atol=0.05)


@pytest.mark.parametrize(
    "near",
    [
        0.7,
        np.linspace(0.65, 1.1, 70, dtype=np.float32),
        np.linspace(1.1, 0.65, 70, dtype=np.float32),
    ],
    ids=["flat", "receding to the left", "receding to the right"],
)
def test_a_thing_is_one_thing_however_deep_it_is(near: float | NDArray[np.float32]) -> None:
    """Deeper than any band of focus: a car seen from its corner, a sofa, a row of lamps."""
    stage = Stage()
    car = stage.put(40, 85, 45, 115, near)
    subject = stage.subject()
    assert subject is not None
    inner = np.zeros_like(car)
    inner[44:81, 50:110] = True
    assert subject[inner].min() > 0.5
    assert subject[:, :35].max() < 0.1
    assert subject[95:].max() < 0.1


def test_a_thing_as_wide_as_most_of_the_picture_is_seen_before_the_ground() -> None:
    stage = Stage()
    truck = stage.put(30, 80, 8, 152, 0.6)
    subject = stage.subject()
    assert subject is not None
    assert subject[truck].mean() > 0.9
    assert subject[100:].max() < 0.1


def test_nearer_but_cut_off_by_the_frame_is_not_the_subject() -> None:
    stage = Stage()
    cut = stage.put(0, 120, 0, 40, 1.0, (30, 90, 160))
    vase = stage.put(35, 85, 75, 115, 0.6)
    subject = stage.subject()
    assert subject is not None
    assert subject[vase].mean() > 0.8
    assert subject[cut].max() < 0.1


def test_two_of_a_kind_are_sharp_together_and_one_far_behind_is_not() -> None:
    stage = Stage()
    left, right = stage.put(35, 85, 30, 65, 0.7), stage.put(35, 85, 90, 125, 0.72)
    behind = stage.put(20, 42, 135, 152, 0.3)
    subject = stage.subject()
    assert subject is not None
    assert min(subject[left].mean(), subject[right].mean()) > 0.8
    assert subject[behind].max() < 0.1


def test_the_slope_behind_a_thing_is_not_the_thing() -> None:
    """Grass that rises behind a car, joined to it without a gap: weaker evidence, other colour."""
    stage = Stage()
    slope = stage.put(25, 60, 45, 150, 0.15, (90, 120, 40))
    car = stage.put(45, 88, 40, 110, 0.75, (220, 220, 220))
    subject = stage.subject()
    assert subject is not None
    assert subject[car].mean() > 0.85
    assert subject[slope & ~car].mean() < 0.15


@pytest.mark.parametrize("scene", ["plain", "mountains", "walls"])
def test_a_scene_has_no_subject(scene: str) -> None:
    stage = Stage()
    if scene == "mountains":
        stage.put(25, 48, 0, 160, 0.02, (60, 90, 60))
    if scene == "walls":
        stage.put(0, 110, 0, 30, np.linspace(0.9, 0.4, 30, dtype=np.float32))
        stage.put(0, 110, 130, 160, np.linspace(0.4, 0.9, 30, dtype=np.float32))
    assert stage.subject() is None


def test_what_the_network_half_takes_for_somebody_is_a_thing_without_relief_too() -> None:
    stage = Stage()
    stage.pixels[40:90, 60:100] = RED
    seen = np.full((HEIGHT, WIDTH), 0.02, np.float32)
    seen[40:90, 60:100] = 0.45
    subject = stage.subject(seen)
    assert subject is not None
    assert subject[45:85, 65:95].min() > 0.5
    assert subject[:, :50].max() < 0.1


def test_a_thing_is_asked_for_after_people() -> None:
    stage = Stage()
    stage.put(40, 85, 45, 115, 0.6)
    photo = Photo(np.kron(stage.pixels, np.ones((2, 2, 1), np.uint8)))
    nobody = np.zeros((HEIGHT, WIDTH), np.float32)
    somebody = nobody.copy()
    somebody[30:110, 120:150] = 1
    for person, told_by in ((nobody, "thing"), (somebody, "person")):
        subject = find_subject(photo, Estimate(Disparity(stage.values), person))
        assert subject is not None
        assert subject.told_by == told_by
        assert subject.weight.shape == (2 * HEIGHT, 2 * WIDTH)


@pytest.mark.parametrize("wheel_near", [0.6, 0.2], ids=["his bicycle", "a car far behind him"])
def test_what_somebody_sits_on_is_sharp_with_him(wheel_near: float) -> None:
    stage = Stage()
    stage.values[:] = np.clip(stage.values - 0.35, 0, None)
    thing = stage.put(60, 95, 40, 110, wheel_near, (40, 40, 40))
    rider = stage.put(25, 70, 65, 85, 0.6)
    person = np.where(rider, np.float32(0.95), np.float32(0.02))
    got = with_what_they_hold(
        rider.astype(np.float32), stage.values, person.astype(np.float32), stage.pixels
    )
    assert got[rider].min() == 1
    alone = thing & ~rider
    assert (got[alone].mean() > 0.9) == (wheel_near == 0.6)
    assert (got[alone].mean() < 0.2) == (wheel_near != 0.6)


@pytest.mark.parametrize(("rest", "told_by"), [(0.13, "thing"), (0.6, "person")])
def test_who_is_half_seen_and_has_no_face_is_a_thing_and_all_of_it(
    rest: float, told_by: str
) -> None:
    """Of a plate the network takes the food for somebody, of a lamp post the lamps."""
    stage = Stage()
    thing = stage.put(30, 80, 40, 110, 0.85)
    stage.values[30:80, 75:110] = 0.73  # the network lets it recede
    seen = np.full((HEIGHT, WIDTH), 0.02, np.float32)
    seen[thing] = rest
    seen[35:75, 42:72] = 0.9
    photo = Photo(np.kron(stage.pixels, np.ones((2, 2, 1), np.uint8)))
    subject = find_subject(photo, Estimate(Disparity(stage.values), seen))
    assert subject is not None
    assert subject.told_by == told_by
    if told_by == "thing":
        small = resized(subject.weight, (WIDTH, HEIGHT))
        assert small[34:76, 44:106].min() > 0.5
        assert small[:, 120:].max() < 0.1


def test_who_is_half_seen_is_held_with_what_the_thing_lacks_of_him() -> None:
    """A frog's back recedes too far to be as sure as the rest of him; the network half sees it."""
    stage = Stage()
    stage.values[:] = 0.02
    stage.values[:4], stage.values[-4:] = 0, 1  # the whole range: it is not stretched
    stage.put(30, 85, 40, 70, 0.12, (60, 120, 60))
    stage.put(30, 85, 70, 120, 0.25)
    seen = np.full((HEIGHT, WIDTH), 0.02, np.float32)
    seen[30:85, 40:120] = 0.13
    seen[32:83, 72:118] = 0.55
    photo = Photo(np.kron(stage.pixels, np.ones((2, 2, 1), np.uint8)))
    subject = find_subject(photo, Estimate(Disparity(stage.values), seen))
    assert subject is not None
    assert subject.told_by == "thing"
    small = resized(subject.weight, (WIDTH, HEIGHT))
    assert small[35:80, 45:115].min() > 0.5
    assert small[:, 125:].max() < 0.1

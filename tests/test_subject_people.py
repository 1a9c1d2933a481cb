from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from portrait_maps import painted, portrait

from defocus.faces import Face
from defocus.subject import people
from defocus.subject._heads import bodies

if TYPE_CHECKING:
    from numpy.typing import NDArray


def people_region(
    values: NDArray[np.float32],
    person: NDArray[np.float32],
    pixels: NDArray[np.uint8] | None = None,
) -> NDArray[np.float32] | None:
    return people.people_region(values, person, painted(values) if pixels is None else pixels)


def test_subject_is_whole_even_where_the_network_was_unsure() -> None:
    subject = people_region(*portrait())
    assert subject is not None
    assert subject[65, 65] == 1
    assert subject[20, 20] == 0
    assert subject[119, 60] == 1, "cut by the frame, sharp up to the frame"


def test_background_between_the_arms_is_not_subject() -> None:
    values, person = portrait()
    values[80:100, 55:75] = 0.1
    person[80:100, 55:75] = 0.0
    subject = people_region(values, person)
    assert subject is not None
    assert subject[90, 65] == 0


@pytest.mark.parametrize(("colour", "held"), [((200, 30, 30), True), (None, False)])
def test_a_small_hole_is_the_subjects_unless_the_background_shows_through_it(
    colour: tuple[int, int, int] | None, held: bool
) -> None:
    """A badge that the network takes for background, and a glimpse between an arm and a body."""
    values, person = portrait()
    values[90:98, 74:82] = 0.1
    person[90:98, 74:82] = 0.0
    pixels = painted(values)
    if colour is not None:
        pixels[90:98, 74:82] = colour
    subject = people_region(values, person, pixels)
    assert subject is not None
    assert (subject[94, 78] > 0.5) == held


def test_a_gap_open_to_the_background_stays_one() -> None:
    """Between two people, of whom the network sees no gap; depth and colour do."""
    values, person = portrait()
    values[20:70, 62:68] = 0.1
    person[20:70, 62:68] = 0.4
    subject = people_region(values, person)
    assert subject is not None
    assert subject[30:60, 64:66].max() < 0.5


def test_what_is_held_belongs_to_the_holder_although_nobody_is_seen_there() -> None:
    values, person = portrait()
    values[50:62, 90:112] = 0.66
    subject = people_region(values, person)
    assert subject is not None
    assert subject[54:58, 94:108].min() > 0.5


def test_a_wall_beside_somebody_and_as_near_is_not_held() -> None:
    values, person = portrait()
    values[:105, 92:] = 0.66
    subject = people_region(values, person)
    assert subject is not None
    assert subject[40:90, 100:].max() < 0.5


def test_the_ground_that_somebody_stands_on_is_not_held() -> None:
    values = np.tile(np.clip(np.linspace(-0.5, 1.0, 120), 0, 1)[:, None], (1, 160))
    values = values.astype(np.float32)
    person = np.zeros_like(values)
    values[20:100, 70:90], person[20:100, 70:90] = values[100, 0], 0.95
    subject = people_region(values, person)
    assert subject is not None
    assert subject[30:95, 74:86].min() == 1
    assert subject[80:, :62].max() < 0.5
    assert subject[105:].max() < 0.5


def test_who_is_seen_over_a_shoulder_is_not_of_the_group() -> None:
    """The person output joins the two; depth tells them apart."""
    values, person = portrait()
    values[35:60, 90:105], person[35:60, 90:105] = 0.2, 0.7
    subject = people_region(values, person)
    assert subject is not None
    assert subject[45:55, 95:103].max() < 0.5
    assert subject[45:55, 50:80].min() > 0.5


def test_who_is_as_large_belongs_to_the_group_and_a_small_figure_farther_away_does_not() -> None:
    values = np.full((120, 160), 0.05, np.float32)
    subject = np.zeros_like(values)
    for columns, top, disparity in ((slice(30, 60), 40, 0.6), (slice(100, 130), 40, 0.9)):
        values[top:110, columns], subject[top:110, columns] = disparity, 0.95
    values[50:80, 72:86], subject[50:80, 72:86] = 0.25, 0.95
    weight = people_region(values, subject)
    assert weight is not None
    assert weight[75, 45] == weight[75, 115] == 1
    assert weight[65, 79] == 0


def test_nobody_in_the_picture_is_no_subject() -> None:
    values = np.zeros((20, 20), np.float32)
    assert people_region(values, np.zeros_like(values)) is None


def _standing(gap: float) -> tuple[np.ndarray, np.ndarray]:
    """Somebody with legs apart on a ground that is as near as he is; how sure the gap is."""
    values = np.full((120, 160), 0.1, np.float32)
    values[70:] = 0.6
    person = np.zeros((120, 160), np.float32)
    values[20:110, 65:95] = 0.6
    person[20:110, 65:95] = 0.95
    values[70:110, 77:81] = 0.55
    person[70:110, 77:81] = gap
    return values, person


def test_the_ground_between_two_legs_is_not_the_person() -> None:
    subject = people_region(*_standing(0.03))
    assert subject is not None
    assert subject[85:105, 78:80].max() < 0.5


def test_a_fold_that_the_network_half_believes_in_is_the_person() -> None:
    subject = people_region(*_standing(0.3))
    assert subject is not None
    assert subject[85:105, 78:80].min() > 0.5


CAMERA = (slice(48, 62), slice(90, 112))


def salient_of(person: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.where(person > 0.5, np.float32(0.97), np.float32(0.01))


def with_map(
    values: NDArray[np.float32], person: NDArray[np.float32], salient: NDArray[np.float32]
) -> NDArray[np.float32]:
    subject = people.people_region(values, person, painted(values), None, salient)
    assert subject is not None
    return subject


@pytest.mark.parametrize(("salient_is", "held"), [(0.97, True), (0.01, False)])
def test_what_is_held_and_salient_is_held_though_drawn_as_far_as_the_background(
    salient_is: float, held: bool
) -> None:
    """A camera, a racket, a roll of paper: no network sees them before the wall."""
    values, person = portrait()
    salient = salient_of(person)
    salient[CAMERA] = salient_is
    pixels = painted(values)
    pixels[CAMERA] = 90, 60, 30
    subject = people.people_region(values, person, pixels, None, salient)
    assert subject is not None
    assert (subject[52:58, 95:108].min() > 0.5) == held


@pytest.mark.parametrize(("colour", "held"), [(None, False), ((200, 30, 30), True)])
def test_the_wall_between_two_people_is_not_theirs_though_the_map_of_what_is_salient_joins_them(
    colour: tuple[int, int, int] | None, held: bool
) -> None:
    """Between two heads, under an arm; what is no wall, a bag between them, is theirs."""
    values = np.full((120, 160), 0.1, np.float32)
    for columns in (slice(30, 72), slice(88, 130)):
        values[30:120, columns] = 0.7
    person = np.where(values > 0.5, np.float32(0.95), np.float32(0.02))
    salient = salient_of(person)
    salient[60:110, 72:88] = 0.97
    pixels = painted(values)
    pixels[values > 0.5] = 120, 110, 150
    if colour is not None:
        pixels[60:110, 72:88] = colour
    subject = people.people_region(values, person, pixels, None, salient)
    assert subject is not None
    assert (subject[68:102, 78:82].min() > 0.5) == held
    assert (subject[68:102, 78:82].max() > 0.5) == held
    assert subject[40:110, 40:60].min() == 1, "they are, as before"


def test_a_bus_behind_somebody_is_not_held_however_salient() -> None:
    values, person = portrait()
    salient = salient_of(person)
    salient[10:110, 91:] = 0.97
    subject = with_map(values, person, salient)
    assert subject[20:100, 100:].max() < 0.5


@pytest.mark.parametrize(("near", "held"), [(0.7, True), (0.1, False)])
def test_a_salient_thing_apart_is_the_subjects_if_it_is_as_near(near: float, held: bool) -> None:
    """A ball before a player, and a lamp behind him."""
    values, person = portrait()
    salient = salient_of(person)
    values[60:76, 125:141], salient[60:76, 125:141] = near, 0.97
    subject = with_map(values, person, salient)
    assert (subject[65:71, 130:136].min() > 0.5) == held


def test_whom_the_network_sees_is_held_though_nobody_looks_at_him() -> None:
    values = np.full((120, 160), 0.05, np.float32)
    person = np.zeros_like(values)
    for columns in (slice(30, 60), slice(100, 130)):
        values[40:110, columns], person[40:110, columns] = 0.7, 0.95
    salient = salient_of(person)
    salient[:, 90:] = 0.01
    subject = with_map(values, person, salient)
    assert subject[75, 45] == subject[75, 115] == 1


def test_nothing_of_the_region_hangs_in_the_air_and_nothing_in_it_is_missing() -> None:
    """Noise in all three maps makes neither sharp crumbs around the subject nor holes in it."""
    rng = np.random.default_rng(5)
    values, person = portrait()
    salient = salient_of(person)
    for spots in (person, salient):
        rows, columns = rng.integers(0, 120, 60), rng.integers(0, 160, 60)
        spots[rows, columns] = 1 - spots[rows, columns]
    values = np.clip(values + rng.normal(0, 0.01, values.shape), 0, 1).astype(np.float32)
    subject = with_map(values, person, salient)
    for part in (subject > 0, subject == 0):
        count, _ = cv2.connectedComponents(part.astype(np.uint8), connectivity=4)
        assert count == 2


def test_the_trunk_under_a_face_is_held_where_the_network_sees_none() -> None:
    """A dark coat before a dark wall close behind: neither network nor depth tell them apart."""
    values, person = portrait()
    values = np.maximum(values, 0.64)
    values[60:70, 45:85] = 0.7
    person[60:, 40:90] = 0.2
    trunk = (slice(72, 112), slice(50, 80))
    face = Face((65 / 160, 48 / 120), (24 / 160, 30 / 120), ((0.35, 0.35), (0.45, 0.35)), 0.9)
    pixels = painted(values)
    trunks = bodies([face], values)
    assert trunks[80, 65] == 1
    assert trunks[80, 5] == trunks[20, 65] == 0
    without = people.people_region(values, person, pixels)
    subject = people.people_region(values, person, pixels, trunks=trunks)
    assert without is not None
    assert subject is not None
    assert without[trunk].max() < 0.5 < subject[trunk].min()
    assert subject[:, 105:].max() < 0.5

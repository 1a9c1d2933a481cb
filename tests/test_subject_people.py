from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from portrait_maps import painted, portrait

from defocus.subject import people

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

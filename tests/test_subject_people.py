from __future__ import annotations

import numpy as np
from portrait_maps import portrait

from defocus.subject.people import people_region


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


def test_a_badge_that_the_network_takes_for_background_is_subject() -> None:
    values, person = portrait()
    values[90:98, 60:68] = 0.1
    person[90:98, 60:68] = 0.0
    subject = people_region(values, person)
    assert subject is not None
    assert subject[94, 64] == 1


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

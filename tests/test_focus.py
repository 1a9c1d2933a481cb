from __future__ import annotations

import numpy as np
import pytest

from defocus.disparity import Disparity
from defocus.edit import Focus
from defocus.focus import MAX_RANGE, MIN_RANGE, FocalPlane
from defocus.focus import find_focus as find_focus_with
from defocus.subject import find_subject


def find_focus(disparity: Disparity, focus: Focus) -> FocalPlane:
    return find_focus_with(disparity, focus, find_subject(disparity))


def portrait(*, with_subject: bool = True) -> Disparity:
    """A person (0.7, collar 0.55) left of the middle, far wall 0.1, near table corner 1.0."""
    values = np.full((120, 160), 0.1, np.float32)
    values[30:120, 40:90] = 0.7
    values[60:70, 45:85] = 0.55
    values[105:, 130:] = 1.0
    subject = np.zeros_like(values)
    subject[30:120, 40:90] = 0.95
    subject[60:70, 45:85] = 0.3  # the network is unsure about the collar
    return Disparity(values, subject=subject if with_subject else None)


def test_auto_focus_is_on_the_person_not_on_the_nearest_thing() -> None:
    plane = find_focus(portrait(), Focus())
    assert plane.disparity == pytest.approx(0.7, abs=0.02)
    assert plane.holds_subject


def test_subject_is_whole_even_where_the_network_was_unsure() -> None:
    subject = find_subject(portrait())
    assert subject is not None
    assert subject[65, 65] == 1
    assert subject[20, 20] == 0
    assert subject[119, 60] == 1, "cut by the frame, sharp up to the frame"


def test_background_between_the_arms_is_not_subject() -> None:
    disparity = portrait()
    disparity.values[80:100, 55:75] = 0.1
    disparity.subject[80:100, 55:75] = 0.0  # type: ignore[index]
    subject = find_subject(disparity)
    assert subject is not None
    assert subject[90, 65] == 0


def test_a_badge_that_the_network_takes_for_background_is_subject() -> None:
    disparity = portrait()
    disparity.values[90:98, 60:68] = 0.1
    disparity.subject[90:98, 60:68] = 0.0  # type: ignore[index]
    subject = find_subject(disparity)
    assert subject is not None
    assert subject[94, 64] == 1


def test_who_is_as_large_belongs_to_the_group_and_a_small_figure_farther_away_does_not() -> None:
    values = np.full((120, 160), 0.05, np.float32)
    subject = np.zeros_like(values)
    for columns, top, disparity in ((slice(30, 60), 40, 0.6), (slice(100, 130), 40, 0.9)):
        values[top:110, columns], subject[top:110, columns] = disparity, 0.95
    values[50:80, 72:86], subject[50:80, 72:86] = 0.25, 0.95
    weight = find_subject(Disparity(values, subject=subject))
    assert weight is not None
    assert weight[75, 45] == weight[75, 115] == 1
    assert weight[65, 79] == 0


def test_without_a_subject_auto_takes_what_is_near_large_and_central() -> None:
    plane = find_focus(portrait(with_subject=False), Focus())
    assert abs(0.7 - plane.disparity) < plane.range / 2 < 0.2
    assert not plane.holds_subject


def ground() -> np.ndarray:
    """A plain seen from above: 0 at the horizon, 0.9 at the lower border."""
    rows = np.linspace(0, 0.9, 120, dtype=np.float32)
    return np.repeat(rows[:, None], 160, axis=1)


def test_a_leaf_on_the_ground_is_sharp_not_the_ground() -> None:
    values = ground()
    values[50:75, 90:115] += 0.4
    plane = find_focus(Disparity(values), Focus())
    assert np.abs(values[50:75, 90:115] - plane.disparity).max() <= plane.range / 2 + 0.08
    assert abs(values[62, 20] - plane.disparity) > plane.range / 2


def test_the_near_side_of_a_thing_is_sharp_rather_than_its_far_side() -> None:
    values = np.full((120, 160), 0.1, np.float32)
    values[40:90, 50:110] = np.linspace(0.4, 1.0, 60)  # deeper than any band
    plane = find_focus(Disparity(values), Focus())
    assert abs(0.95 - plane.disparity) <= plane.range / 2


def test_in_a_landscape_the_centre_is_sharp() -> None:
    """Nothing stands out: not the water at the photographer's feet, but what is in the middle."""
    values = np.clip((ground() - 0.4) * 2, 0, 1).astype(np.float32)
    plane = find_focus(Disparity(values), Focus())
    assert abs(values[60, 80] - plane.disparity) <= plane.range / 2
    assert values[110, 80] - plane.disparity > plane.range / 2


def test_nobody_in_the_picture_is_no_subject() -> None:
    values = np.zeros((20, 20), np.float32)
    assert find_subject(Disparity(values, subject=np.zeros_like(values))) is None
    assert find_subject(Disparity(values)) is None


@pytest.mark.parametrize(
    ("focus", "expected"),
    [
        (Focus("near"), 1.0),
        (Focus("far"), 0.1),
        (Focus("point", (0.9, 0.95)), 1.0),
        (Focus("point", (0.0, 0.0)), 0.1),
        (Focus("point", (1.0, 1.0)), 1.0),
        (Focus("rectangle", (0.3, 0.3, 0.5, 0.45)), 0.7),
        (Focus("disparity", (0.42,)), 0.42),
    ],
)
def test_focus_by_choice(focus: Focus, expected: float) -> None:
    assert find_focus(portrait(), focus).disparity == pytest.approx(expected, abs=0.01)


def test_a_click_on_the_subject_keeps_it_whole_and_one_beside_it_does_not() -> None:
    assert find_focus(portrait(), Focus("point", (0.4, 0.35))).holds_subject
    assert not find_focus(portrait(), Focus("point", (0.9, 0.1))).holds_subject


def test_a_frame_around_the_subject_keeps_it_whole_and_one_beside_it_does_not() -> None:
    plane = find_focus(portrait(), Focus("rectangle", (0.3, 0.3, 0.5, 0.9)))
    assert plane.holds_subject
    assert plane.range == find_focus(portrait(), Focus()).range
    assert not find_focus(portrait(), Focus("rectangle", (0.7, 0.1, 0.9, 0.6))).holds_subject


def test_a_given_range_is_pure_optics() -> None:
    plane = find_focus(portrait(), Focus("auto", (), 0.0))
    assert plane.range == 0
    assert not plane.holds_subject


def test_chosen_range_stays_within_bounds() -> None:
    ramp = np.tile(np.linspace(0, 1, 64, dtype=np.float32), (64, 1))
    assert MIN_RANGE <= find_focus(Disparity(ramp), Focus()).range <= MAX_RANGE


def test_flat_map_and_single_pixel_do_not_break() -> None:
    for shape in ((8, 8), (1, 1), (1, 500)):
        flat = Disparity(np.zeros(shape, np.float32), subject=np.zeros(shape, np.float32))
        for focus in (Focus(), Focus("near"), Focus("point", (1, 1))):
            assert np.isfinite(find_focus(flat, focus).disparity)

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from portrait_maps import painted, portrait

from defocus.edit import Focus
from defocus.focus import HELD_RANGE, MAX_RANGE, MIN_RANGE, FocalPlane
from defocus.focus import find_focus as find_focus_with
from defocus.subject.people import people_region

if TYPE_CHECKING:
    from numpy.typing import NDArray


def find_focus(maps: tuple[NDArray[np.float32], NDArray[np.float32]], focus: Focus) -> FocalPlane:
    return find_focus_with(maps[0], focus, people_region(*maps, painted(maps[0])))


def test_auto_focus_is_on_the_person_not_on_the_nearest_thing() -> None:
    plane = find_focus(portrait(), Focus())
    assert plane.disparity == pytest.approx(0.7, abs=0.02)
    assert plane.holds_subject


def ground() -> np.ndarray:
    """A plain seen from above: 0 at the horizon, 0.9 at the lower border."""
    rows = np.linspace(0, 0.9, 120, dtype=np.float32)
    return np.repeat(rows[:, None], 160, axis=1)


def test_in_a_landscape_the_centre_is_sharp() -> None:
    """Nothing stands out: not the water at the photographer's feet, but what is in the middle."""
    values = np.clip((ground() - 0.4) * 2, 0, 1).astype(np.float32)
    plane = find_focus_with(values, Focus())
    assert abs(values[60, 80] - plane.disparity) <= plane.range / 2
    assert values[110, 80] - plane.disparity > plane.range / 2


@pytest.mark.parametrize("exponent", [0.5, 0.8, 1.0])
def test_the_middle_of_a_scene_is_sharp_and_both_ends_are_not(exponent: float) -> None:
    values = np.tile(np.linspace(0, 1, 120, dtype=np.float32)[:, None] ** exponent, (1, 160))
    plane = find_focus_with(values.astype(np.float32), Focus())
    sharp = np.abs(values - plane.disparity) <= plane.range / 2
    assert sharp[45:58].all()
    assert not sharp[-3:].any()
    assert not sharp[:3].any()


def test_in_a_street_the_houses_are_sharp_not_the_ground_at_the_photographers_feet() -> None:
    values = ground()
    values[20:75, :70] = 0.4
    values[20:75, 90:] = 0.45
    plane = find_focus_with(values, Focus())
    sharp = np.abs(values - plane.disparity) <= plane.range / 2
    assert sharp[20:70, :70].all()
    assert sharp[20:70, 90:].all()
    assert not sharp[105:].any()
    assert not sharp[:20].any()


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


@pytest.mark.parametrize("focus", [Focus(), Focus("point", (0.5, 0.5)), Focus("all")])
def test_beside_a_deep_subject_only_what_is_as_far_as_the_plane_is_sharp(focus: Focus) -> None:
    """It is held whatever its depth: the band need not span it, and leaves the ground alone."""
    ramp = np.tile(np.linspace(0, 1, 64, dtype=np.float32), (64, 1))
    subject = np.zeros_like(ramp)
    subject[10:50, 16:48] = 1
    plane = find_focus_with(ramp, focus, subject)
    assert plane.holds_subject
    assert plane.range == HELD_RANGE < 0.5 * np.ptp(ramp[subject > 0.5])
    assert plane.disparity == pytest.approx(0.5, abs=0.02)


def test_a_box_spans_a_band_within_bounds() -> None:
    ramp = np.tile(np.linspace(0, 1, 64, dtype=np.float32), (64, 1))
    for right, expected in ((0.11, MIN_RANGE), (0.4, 0.18), (1.0, MAX_RANGE)):
        plane = find_focus_with(ramp, Focus("rectangle", (0.1, 0.1, right, 0.9)))
        assert plane.range == pytest.approx(expected, abs=0.03)


def test_a_scene_keeps_its_plane_and_what_is_salient_in_it_stays_sharp() -> None:
    values = ground()
    values[20:75, 90:] = 0.45
    walker = np.zeros_like(values)
    walker[60:118, 20:40] = 1
    bare = find_focus_with(values, Focus())
    plane = find_focus_with(values, Focus(), walker, leads=False)
    assert plane.holds_subject
    assert (plane.disparity, plane.range) == (bare.disparity, bare.range)
    assert find_focus_with(values, Focus(), walker).disparity > bare.disparity


@pytest.mark.parametrize("horizon", [20, 45, 70])
def test_in_a_scene_what_is_far_stays_calm(horizon: int) -> None:
    """A band as wide as any: no toy."""
    values = np.clip((np.arange(120) - horizon) / 120, 0, 1).astype(np.float32)
    plane = find_focus_with(np.tile(values[:, None], (1, 160)), Focus())
    assert plane.range == MAX_RANGE
    assert plane.disparity - plane.range / 2 < 0.2


def test_flat_map_and_single_pixel_do_not_break() -> None:
    for shape in ((8, 8), (1, 1), (1, 500)):
        flat = np.zeros(shape, np.float32)
        for focus in (Focus(), Focus("near"), Focus("point", (1, 1))):
            assert np.isfinite(find_focus_with(flat, focus, flat).disparity)


@pytest.mark.parametrize("near_share", [0.7, 0.5, 0.4, 0.2])
def test_of_two_walls_without_a_subject_one_is_sharp(near_share: float) -> None:
    """The near one, unless the picture is of the other."""
    values = np.zeros((60, 100), np.float32)
    values[:, round(100 * (1 - near_share)) :] = 1
    plane = find_focus_with(values, Focus())
    sharp = np.abs(np.array([0, 1]) - plane.disparity) <= plane.range / 2 + 1e-6
    assert sharp.tolist() == ([False, True] if near_share >= 0.4 else [True, False])

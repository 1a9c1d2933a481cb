"""What one looks at first: a thing is held whole; a view is a scene, whose salient things stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from defocus.disparity import Disparity, Estimate
from defocus.photo import Photo
from defocus.subject import find_subject
from defocus.subject._salient import salient_region, telling

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Map = NDArray[np.float32]

HEIGHT, WIDTH = 120, 160
GREY, RED = (120, 120, 120), (180, 40, 40)
THING = (slice(40, 85), slice(45, 115))
INNER = (slice(44, 81), slice(50, 110))


def ground() -> Map:
    """A level ground up to the horizon."""
    rows = np.clip(np.linspace(-0.6, 0.9, HEIGHT, dtype=np.float32), 0, None)
    return np.repeat(rows[:, None], WIDTH, axis=1)


def nothing() -> Map:
    return np.zeros((HEIGHT, WIDTH), np.float32)


def painted(*things: tuple[slice, slice]) -> NDArray[np.uint8]:
    pixels = np.full((HEIGHT, WIDTH, 3), GREY, np.uint8)
    for thing in things:
        pixels[thing] = RED
    return pixels


def region(values: Map, salient: Map, *things: tuple[slice, slice]) -> tuple[Map, bool]:
    found = salient_region(values, salient, painted(*things))
    assert found is not None
    return found


@pytest.mark.parametrize(
    "near",
    [
        0.7,
        np.linspace(0.2, 1.1, 70, dtype=np.float32),
        np.linspace(1.1, 0.2, 45, dtype=np.float32)[:, None],
        np.where(np.arange(70) < 30, np.float32(0.7), np.float32(0.05)),
    ],
    ids=["flat", "receding", "its upper part nearer", "half of it drawn as far as the background"],
)
def test_a_salient_thing_is_one_thing_whatever_its_depth(near: float | Map) -> None:
    values, salient = ground(), nothing()
    values[THING], salient[THING] = near, 0.97
    found, is_thing = region(values, salient, THING)
    assert is_thing
    assert found[INNER].min() > 0.5
    assert found[:, :35].max() == 0
    assert found[95:].max() == 0


def test_what_is_salient_is_kept_up_to_the_frame() -> None:
    values, salient = ground(), nothing()
    cut = (slice(30, 120), slice(0, 90))
    values[cut], salient[cut] = 1.0, 0.97
    found, is_thing = region(values, salient, cut)
    assert is_thing
    assert found[36:, :84].min() > 0.5


def test_all_of_a_row_are_held_and_a_crumb_of_the_map_is_not() -> None:
    values, salient = ground(), nothing()
    lamps = [(slice(20, 40), slice(x, x + 20)) for x in (15, 70, 125)]
    for lamp, near in zip(lamps, (0.9, 0.6, 0.3), strict=True):
        values[lamp], salient[lamp] = near, 0.97
    crumb = (slice(100, 102), slice(70, 72))
    salient[crumb] = 0.6
    found, _ = region(values, salient, *lamps)
    for rows, columns in lamps:
        assert found[rows, columns][6:14, 6:14].min() > 0.5
    assert found[crumb].max() == 0


def test_a_thing_that_lies_flat_on_a_table_is_a_thing() -> None:
    salient = nothing()
    salient[THING] = 0.97
    assert region(np.full((HEIGHT, WIDTH), 0.5, np.float32), salient, THING)[1]


def test_what_all_around_is_nearer_than_is_seen_through_a_scene() -> None:
    """The end of a nave, a view through a gate."""
    values, salient = np.full((HEIGHT, WIDTH), 0.7, np.float32), nothing()
    values[THING], salient[THING] = 0.1, 0.97
    assert not region(values, salient, THING)[1]


def test_an_undecided_map_is_a_scene() -> None:
    values, salient = ground(), nothing()
    values[THING], salient[THING] = 0.7, 0.6
    salient[20:100, 20:140] = np.maximum(salient[20:100, 20:140], 0.3)
    assert not region(values, salient, THING)[1]


def test_a_map_that_says_nothing_or_all_is_no_thing() -> None:
    salient = nothing()
    assert telling(None, (WIDTH, HEIGHT)) is None
    assert telling(salient, (WIDTH, HEIGHT)) is None
    salient[:8, :8] = 1
    assert telling(salient, (WIDTH, HEIGHT)) is None
    salient[:20, :20] = 1
    told = telling(salient, (WIDTH // 2, HEIGHT // 2))
    assert told is not None
    assert told.shape == (HEIGHT // 2, WIDTH // 2)
    assert salient_region(ground(), nothing() + np.float32(0.97), painted()) is None


@pytest.mark.parametrize(
    ("salient_is", "stands", "told_by"),
    [
        (0.97, 0.0, "thing"),
        (0.97, 0.6, "thing"),
        (0.6, 0.6, "thing"),
        (0.6, 0.0, "scene"),
        (0.02, 0.6, "scene"),
        (None, 0.6, "thing"),
    ],
    ids=["sure", "sure and seen in depth", "both half", "half", "depth alone", "not asked"],
)
def test_who_leads_is_sure_or_has_two_witnesses(
    salient_is: float | None, stands: float, told_by: str
) -> None:
    values = ground()
    if stands:
        values[THING] = stands
    salient = None
    if salient_is is not None:
        salient = nothing()
        salient[20:100, 20:140] = 0.3 * (0.1 < salient_is < 0.9)
        salient[THING] = salient_is
    photo = Photo(np.kron(painted(THING), np.ones((2, 2, 1), np.uint8)))
    subject = find_subject(photo, Estimate(Disparity(values), nothing(), salient))
    assert subject is not None
    assert subject.told_by == told_by
    assert subject.leads == (told_by == "thing")
    assert subject.weight[110:140, 120:200].min() > 0.5

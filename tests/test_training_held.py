"""The training's own data: things held in hands, people by geometry, people put together."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from types import ModuleType

TRAINING = Path(__file__).parents[1] / "training"
SEEDS = st.integers(0, 2**32 - 1)
QUICK = settings(max_examples=25, deadline=None)


@pytest.fixture(scope="module", autouse=True)
def _training_on_the_path():
    sys.path.insert(0, str(TRAINING))
    yield
    sys.path.remove(str(TRAINING))


def training(name: str) -> ModuleType:
    return importlib.import_module(name)


def somebody(disparity: float = 1.0, shift: int = 0):
    """A grey figure with one arm out before a lighter wall, and its mask."""
    height, width = 160, 120
    mask = np.zeros((height, width), bool)
    mask[60:160, 40 + shift : 80 + shift] = True  # body
    mask[30:60, 50 + shift : 70 + shift] = True  # head
    mask[80:88, 80 + shift : 105 + shift] = True  # arm
    image = np.where(mask[..., None], 0.4, 0.7).astype(np.float32).repeat(3, -1)
    depths = np.where(mask, disparity, 0.2).astype(np.float32)
    person = mask.astype(np.float32)
    return training("renders").Pair(image, depths, person, np.ones_like(person)), mask


@QUICK
@given(SEEDS)
def test_what_is_held_is_a_person_as_near_as_its_holder_and_nothing_else_changes(seed):
    pair, mask = somebody()
    with_thing = training("held").held(pair, mask, np.random.default_rng(seed))
    added = with_thing.weight > 1
    assert (with_thing.person[added] > 0.3).all()
    assert (with_thing.person >= pair.person - 1e-6).all()
    whole = added & (with_thing.person > 0.999) & ~mask
    assert (np.abs(with_thing.disparity[whole] - 1) < 0.4).all()
    elsewhere = (with_thing.person == pair.person) & (with_thing.disparity == pair.disparity)
    untouched = elsewhere & ~mask
    assert np.array_equal(with_thing.image[untouched], pair.image[untouched])


@QUICK
@given(SEEDS)
def test_what_lies_about_is_nobodys_and_hides_nobody(seed):
    pair, mask = somebody()
    with_thing = training("held").lying(pair, mask, np.random.default_rng(seed))
    for before, after in ((pair.image, with_thing.image), (pair.disparity, with_thing.disparity)):
        assert np.array_equal(before[mask], after[mask])
    assert (with_thing.person <= pair.person).all()
    assert (with_thing.disparity >= pair.disparity - 1e-6).all()
    assert (with_thing.disparity[~mask] < 1).all()


def test_most_things_can_be_seen_beside_their_holder():
    pair, mask = somebody()
    held = training("held").held
    beside = [
        ((held(pair, mask, np.random.default_rng(seed)).person > 0.5) & ~mask).sum()
        for seed in range(40)
    ]
    assert np.mean(np.array(beside) > 20) > 0.6


@pytest.mark.parametrize("seed", range(3))
def test_every_drawing_can_be_seen_and_held_and_stays_on_its_square(seed):
    for make in training("drawings").KINDS + training("worn").WORN:
        drawing = make(np.random.default_rng(seed))
        side = len(drawing.cover)
        for share in (drawing.cover, drawing.opacity):
            assert share.shape == (side, side)
            assert 0 <= share.min() <= share.max() <= 1, make
        assert drawing.colour.shape == (side, side, 3)
        assert np.isfinite(drawing.colour).all()
        assert (drawing.cover * drawing.opacity).sum() > 50, make
        assert all(0 <= n < side for n in drawing.anchor), make


@pytest.mark.parametrize(("missed", "width_px"), [(np.s_[30:60], 120), (np.s_[78:90, 80:], 120)])
def test_a_head_or_an_arm_that_the_teacher_missed_is_given_back_by_depth(missed, width_px):
    pair, mask = somebody()
    said = 0.95 * mask
    said[missed] = 0.1
    found = training("people").by_geometry(
        said.astype(np.float32), 1 / pair.disparity, focal_px=width_px
    )
    assert (found[mask] == 1).mean() > 0.95
    assert (found[~mask] < 0.5).mean() > 0.999  # a corner's pixel may round


def test_a_wall_at_the_back_of_a_soft_edge_is_no_person():
    pair, mask = somebody()
    said = np.zeros_like(pair.person)
    said[20:, 35:110] = 0.9  # far over the outline
    found = training("people").by_geometry(said, 1 / pair.disparity, focal_px=120)
    far = ~mask
    far[15:, 30:115] = False
    assert (found[far] <= training("renders").DOUBT).all()


def test_a_thing_of_a_scene_is_a_person_wholly_or_as_the_teacher_says():
    thing = np.repeat([[-1, 0, 1, 2]], 4, 0).astype(np.int16)
    said = np.array([[0.1, 0.9, 0.3, 0.0]] * 3 + [[0.9, 0.1, 0.3, 0.0]], np.float32)
    found = training("people").by_thing(said, thing)
    assert (found[:, 1] == 1).all()
    assert np.array_equal(found[:, [0, 2, 3]], said[:, [0, 2, 3]])


@QUICK
@given(SEEDS)
def test_people_put_together_hide_each_other_by_distance(seed):
    (pair, ours), (other, theirs) = somebody(1.0), somebody(2.0, shift=-30)
    both = training("company").joined(pair, other, np.random.default_rng(seed))
    assert np.array_equal(both.person > 0.5, ours | theirs)
    assert (both.disparity >= pair.disparity).all()
    assert np.array_equal(both.disparity[~theirs], pair.disparity[~theirs])


@QUICK
@given(SEEDS)
def test_a_backdrop_is_behind_the_people_and_leaves_them_alone(seed):
    pair, mask = somebody()
    there = training("company").before_backdrop(pair, np.random.default_rng(seed))
    assert np.array_equal(there.image[mask], pair.image[mask])
    assert (there.disparity[~mask] < 1).all()
    assert np.ptp(there.disparity[~mask]) == 0

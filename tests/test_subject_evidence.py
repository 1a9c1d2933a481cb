from __future__ import annotations

import numpy as np
import pytest

from defocus.subject._evidence import evidence, surroundings

NOWHERE = np.zeros((60, 90), bool)


def slope() -> np.ndarray:
    return np.tile(np.linspace(0, 1, 60, dtype=np.float32)[:, None], (1, 90))


def test_a_ground_is_its_own_surroundings_up_to_the_frame() -> None:
    np.testing.assert_array_equal(surroundings(slope(), NOWHERE, 10), slope())


@pytest.mark.parametrize("lying", [False, True])
def test_what_is_narrow_in_one_direction_stands_before_its_surroundings(lying: bool) -> None:
    values = np.full((60, 90), 0.2, np.float32)
    bar = (slice(28, 32), slice(10, 80)) if lying else (slice(10, 50), slice(40, 44))
    values[bar] = 0.7
    assert surroundings(values, NOWHERE, 10).max() == np.float32(0.2)


def test_a_wall_is_surroundings() -> None:
    values = np.full((60, 90), 0.2, np.float32)
    values[:, 50:] = 0.7
    np.testing.assert_array_equal(surroundings(values, NOWHERE, 10), values)


def test_behind_what_is_hidden_lies_the_nearest_that_is_seen() -> None:
    values = np.full((60, 90), 0.2, np.float32)
    hidden = NOWHERE.copy()
    hidden[10:, 20:70] = True
    values[hidden] = 0.8
    assert surroundings(values, hidden, 5).max() == np.float32(0.2)
    assert not surroundings(values, np.ones_like(hidden), 5).any()


def test_the_surer_the_network_the_likelier_and_depth_outvotes_a_half_sure_one() -> None:
    values = np.full((60, 90), 0.2, np.float32)
    own = NOWHERE.copy()
    own[10:50, 30:50] = True
    values[own] = 0.7
    person = np.where(own, np.float32(0.95), np.float32(0.02)).astype(np.float32)
    person[20:30, 60:70] = 0.6  # a picture on the wall
    person[20:30, 75:85] = 0.99
    odds = evidence(values, person, own, NOWHERE)
    assert odds[own].min() > 0.9
    assert odds[25, 65] < 0.5 < odds[25, 80]
    assert odds[55, 5] < 0.1

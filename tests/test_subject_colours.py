from __future__ import annotations

import numpy as np
import pytest

from defocus.subject._colours import colour_logit

LEFT = np.zeros((90, 120), np.float32)
LEFT[:, :60] = 1


def coloured(left: tuple[float, ...], right: tuple[float, ...]) -> np.ndarray:
    return np.where(LEFT[..., None] > 0, np.float32(left), np.float32(right)).astype(np.float32)


def test_a_colour_tells_whose_a_pixel_is_and_one_that_both_have_tells_nothing() -> None:
    lab = coloured((0.7, 0.1, 0.1), (0.3, -0.1, 0.0))
    lab[30:60] = 0.5, 0, 0
    told = colour_logit(lab, LEFT, 1 - LEFT)
    assert told[:20, 44:56].min() > 2
    assert told[:20, 64:76].max() < -2
    assert np.abs(told[:20, 110:]).max() < 0.3, "so far from the one, nothing is known of it"
    assert np.abs(told[35:55, 55:65]).max() < 0.5


def test_a_colour_of_neither_and_what_is_far_from_both_tell_nothing() -> None:
    lab = coloured((0.7, 0.1, 0.1), (0.3, -0.1, 0.0))
    lab[40:50, 55:65] = 0.5, 0.5, -0.5
    assert not colour_logit(lab, LEFT * 0, LEFT * 0).any()
    known = LEFT.copy()
    known[40:50, 55:65] = 0
    others = 1 - LEFT
    others[40:50, 55:65] = 0
    assert np.abs(colour_logit(lab, known, others)[42:48, 57:63]).max() < 0.01


def test_a_wall_of_their_colour_on_the_other_side_of_the_picture_is_no_witness() -> None:
    """A white shirt, and a white wall far from it; beside it trees."""
    lab = np.full((60, 240, 3), (0.3, -0.2, 0.2), np.float32)
    lab[:, :40] = lab[:, 200:] = 0.9, 0, 0
    theirs = np.zeros((60, 240), np.float32)
    theirs[:, :40] = 1
    told = colour_logit(lab, theirs, 1 - theirs)
    assert told[:, :30].min() > 1
    assert np.abs(told[:, 210:]).max() < 0.01


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 1), (7, 3)])
def test_any_size_will_do(size: tuple[int, int]) -> None:
    """And any colour: beyond the scale counts as its end."""
    lab = np.full((*size, 3), (1.2, -1.3, 1.3), np.float32)
    weight = np.ones(size, np.float32)
    assert np.isfinite(colour_logit(lab, weight, weight)).all()

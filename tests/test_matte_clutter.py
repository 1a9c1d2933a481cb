"""Before a busy ground, faint alpha is more likely the ground's pattern than hair."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from defocus.matte import subject_matte
from defocus.matte._clutter import without_clutter
from defocus.matte._trimap import Plane, from_disparity

HEIGHT, WIDTH = 240, 360
NEAR, FAR, GAIN_PX = 0.9, 0.1, 40.0
SKIN, GROUND = np.array([0.75, 0.5, 0.4]), np.array([0.25, 0.4, 0.2])


def disc(edge_px: float = 80) -> np.ndarray:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return np.asarray(np.clip(edge_px - np.hypot(y - 120, x - 180) + 0.5, 0, 1), np.float32)


def scene(pattern: float, grain_px: float = 1.5, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """A disc before leaves: a ground some of which has the subject's colours, and its disparity."""
    rng = np.random.default_rng(seed)
    leaves = cv2.GaussianBlur(rng.normal(0, 1, (HEIGHT, WIDTH)), (0, 0), grain_px)
    leaves = np.clip(pattern * leaves / leaves.std(), -1, 1)[..., None]
    share = disc()[..., None]
    ground = GROUND + leaves * (SKIN - GROUND)
    picture = np.clip(share * SKIN + (1 - share) * ground, 0, 1).astype(np.float32)
    return picture, np.where(disc() > 0.5, NEAR, FAR).astype(np.float32)


def sharp_ground(picture: np.ndarray, disparity: np.ndarray) -> float:
    """How much of what is certainly ground is in front, summed over the picture."""
    matte = subject_matte(np.rint(255 * picture).astype(np.uint8), disparity, NEAR, GAIN_PX)
    assert matte is not None
    front = np.where(matte.alpha < 255, matte.alpha / 255, matte.disparity > 0.5)
    return float(front[disc(83) == 0].sum())


@pytest.mark.parametrize("pattern", [0.15, 0.3])
@pytest.mark.parametrize("grain_px", [1.0, 2.0])
def test_leaves_around_the_subject_do_not_stay_sharp(
    pattern: float, grain_px: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = scene(pattern, grain_px)
    now = sharp_ground(*found)
    monkeypatch.setattr("defocus.matte.without_clutter", lambda alpha, *_: alpha)
    assert now < 0.6 * sharp_ground(*found)


def faint(picture: np.ndarray, disparity: np.ndarray, alpha: float) -> tuple[np.ndarray, ...]:
    trimap = from_disparity(disparity, Plane(NEAR, GAIN_PX, 0), pays_px=4)
    assert trimap is not None
    given_alpha = np.full(disparity.shape, alpha, np.float32)
    return without_clutter(given_alpha, picture, trimap), trimap.from_edge_px, trimap.front


@pytest.mark.parametrize("alpha", [0.05, 0.2, 0.6])
def test_before_a_plain_ground_faint_hair_stays(alpha: float) -> None:
    now, _, _ = faint(*scene(0), alpha)
    assert np.abs(now - alpha).max() < 0.02


def test_a_ground_that_only_changes_slowly_is_plain() -> None:
    picture, disparity = scene(0)
    picture = picture * np.linspace(0.6, 1.2, WIDTH, dtype=np.float32)[:, None]
    now, _, _ = faint(np.clip(picture, 0, 1), disparity, 0.2)
    assert np.abs(now - 0.2).max() < 0.03


def test_what_is_more_than_the_pattern_can_make_stays() -> None:
    now, away_px, front = faint(*scene(0.3), 0.8)
    beyond = (front < 0.5) & (away_px < 10)
    assert (now[beyond] > 0.65).all()


def test_on_the_subject_s_side_of_the_edge_nothing_is_taken_off() -> None:
    now, _, front = faint(*scene(0.3), 0.2)
    assert (now[front > 0.5] == np.float32(0.2)).all()


@given(st.floats(0, 1, width=32), st.floats(0, 0.5), st.floats(0.7, 4))
def test_alpha_never_grows_and_whole_alpha_stays(
    alpha: float, pattern: float, grain_px: float
) -> None:
    now, _, _ = faint(*scene(pattern, grain_px), alpha)
    assert (now <= np.float32(alpha) + 1e-6).all()
    assert (now >= 0).all()
    if alpha == 1:
        assert (now == 1).all()

"""Refinement and opacity stay finite on flat, two-valued, toned and one-channel pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from defocus._maps_core import solve_alpha
from defocus.disparity import Disparity
from defocus.refine import refine

if TYPE_CHECKING:
    from numpy.typing import NDArray

H, W = 120, 160
TONES = {
    "constant": ((90, 90, 90), (90, 90, 90)),
    "black": ((0, 0, 0), (0, 0, 0)),
    "white": ((255, 255, 255), (255, 255, 255)),
    "grey": ((0, 0, 0), (255, 255, 255)),
    "sepia": ((40, 26, 13), (255, 240, 215)),
    "ink": ((35, 31, 32), (255, 255, 255)),
    "red only": ((0, 0, 0), (255, 0, 0)),
    "saturated": ((255, 0, 255), (255, 255, 0)),
}


def depth() -> NDArray[np.float32]:
    y, x = np.mgrid[:H, :W] / H
    return (0.2 + 0.6 * ((x - 0.6) ** 2 + (y - 0.6) ** 2 < 0.09) + 0.1 * y).astype(np.float32)


def toned(kind: str, steps: int, seed: int) -> NDArray[np.uint8]:
    """A picture whose colours lie on the line between two tones, in so many steps."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:H, :W] / H
    wave = sum(np.sin(2 * np.pi * (a * x + b * y)) for a, b in rng.uniform(2, 40, (6, 2)))
    share = np.rint((steps - 1) * np.clip(0.5 + 0.2 * wave, 0, 1)) / max(steps - 1, 1)
    dark, light = map(np.array, TONES[kind])
    return np.rint(dark + (light - dark) * share[..., None]).astype(np.uint8)


@pytest.mark.parametrize("kind", TONES)
@given(steps=st.sampled_from([2, 3, 256]), seed=st.integers(0, 999), deep=st.booleans())
@settings(max_examples=4)
def test_depth_stays_finite_and_within_its_range(
    kind: str, steps: int, seed: int, deep: bool
) -> None:
    picture = toned(kind, steps, seed)
    coarse = np.ascontiguousarray(depth()[::4, ::4])
    pixels = picture.astype(np.uint16) * 257 if deep else picture
    refined = refine(Disparity(coarse), pixels).values
    assert np.isfinite(refined).all()
    assert coarse.min() - 1e-3 <= refined.min()
    assert refined.max() <= coarse.max() + 1e-3


@pytest.mark.parametrize("kind", TONES)
def test_opacity_is_solved_without_a_fault(kind: str) -> None:
    picture = np.ascontiguousarray(toned(kind, 256, 5) / np.float32(255), np.float32)
    unknown = ((depth() > 0.3) & (depth() < 0.9)).astype(np.uint8)
    guess = (depth() > 0.6).astype(np.float32)
    trust = np.full((H, W), 1e-3, np.float32)
    alpha = guess.copy()
    solve_alpha(
        picture,
        unknown,
        guess=guess,
        trust=trust,
        radius=1,
        epsilon=1e-5,
        iterations=50,
        tolerance=1e-3,
        alpha=alpha,
    )
    assert np.isfinite(alpha).all()
    assert 0 <= alpha.min() <= alpha.max() <= 1

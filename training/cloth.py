"""Cloth and walls close behind people, which are nobody's: curtains, hangings, papers, panels.

A network that learns that things in hands belong to people takes a curtain beside a woman for her
dress. So cloth of the colours and patterns that people wear hangs behind them, a sure 0.
"""

from __future__ import annotations

import cv2
import numpy as np
from renders import Floats, Pair

SHARE = 0.3  # of the views
WEIGHT = 1.5  # of its pixels in the loss
SOMEBODY = 0.01  # of the view
_HALF = 0.5
Rng = np.random.Generator


def perhaps_cloth(pair: Pair, rng: Rng) -> Pair:
    """The pair as it is, or with one or two pieces of cloth or wall behind its people."""
    if rng.random() >= SHARE:
        return pair
    for _ in range(1 + int(rng.random() < 0.35)):
        pair = hung(pair, rng)
    return pair


def hung(pair: Pair, rng: Rng) -> Pair:
    """With one piece, farther than the people and nearer than what is there."""
    height, width = pair.disparity.shape
    people = pair.person > _HALF
    somebody = bool(people.mean() > SOMEBODY)
    near = float(np.percentile(pair.disparity[people] if somebody else pair.disparity, 15))
    disparity = max(near, 1e-3) * rng.uniform(0.55, 0.97) * (1 if somebody else rng.uniform(1, 2))
    cover = _outline(height, width, rng)
    cover = cover * (1 - np.clip(2 * pair.person, 0, 1)) * (pair.disparity < disparity)
    colour = _stuff(pair, people if somebody else np.ones_like(people), rng)
    return Pair(
        (pair.image + cover[..., None] * (colour - pair.image)).astype(np.float32),
        np.where(cover > _HALF, np.float32(disparity), pair.disparity),
        (pair.person * (1 - cover)).astype(np.float32),
        np.where(cover > _HALF, np.float32(WEIGHT), pair.weight),
    )


def _outline(height: int, width: int, rng: Rng) -> Floats:
    """A column, a hanging or the whole width; its edges straight or waving."""
    wide = rng.choice([rng.uniform(0.12, 0.4), rng.uniform(0.4, 1.2)]) * width
    left = rng.uniform(-0.5 * wide, width - 0.5 * wide)
    top = 0.0 if rng.random() < 0.75 else rng.uniform(0, 0.5) * height
    foot = height if rng.random() < 0.7 else rng.uniform(max(0.4 * height, top + 8), height)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    lean = rng.normal(0, 0.05) * (y - height / 2)
    sway = rng.uniform(0, 0.02) * width * np.sin(y / height * rng.uniform(2, 9) + rng.uniform(0, 6))
    inside = (x > left + lean + sway) & (x < left + wide + lean - sway) & (y >= top) & (y <= foot)
    return cv2.GaussianBlur(inside.astype(np.float32), (0, 0), rng.uniform(0.4, 1.0))


def _stuff(pair: Pair, people: np.ndarray, rng: Rng) -> Floats:
    """H×W×3: a colour, of what somebody wears or any, a pattern, folds and light."""
    height, width = people.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    rows, columns = np.nonzero(people)
    k = rng.integers(len(rows))
    worn = pair.image[rows[k], columns[k]] + rng.normal(0, 0.04, 3)
    base = worn if rng.random() < 0.5 else rng.uniform(0.03, 1, 3)
    colour = np.broadcast_to(base, (height, width, 3)).astype(np.float32)
    kind = rng.random()
    period = rng.uniform(0.02, 0.15) * width
    if kind < 0.15:  # stripes or checks
        bars = np.sin(2 * np.pi * (x * rng.choice([0, 1]) + y * rng.choice([0, 1, 1])) / period) > 0
        colour = np.where(bars[..., None], colour, rng.uniform(0, 1, 3).astype(np.float32))
    elif kind < 0.35:  # a print, or marble
        noise = rng.normal(0, 1, (int(height / period) + 3, int(width / period) + 3, 3))
        print_ = cv2.resize(
            noise.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
        )
        colour = colour + rng.uniform(0.05, 0.3) * print_
    elif kind < 0.5:  # a stuff that is in the picture
        top, left = (int(rng.integers(n // 2)) for n in (height, width))
        part = np.s_[top : top + height // 2, left : left + width // 2]
        if not people[part].any() or people.all():
            colour = cv2.resize(pair.image[part], (width, height))
    if rng.random() < 0.75:  # folds
        pace = np.abs(rng.normal(1, 0.5, 8)).astype(np.float32)[None]
        phase = np.cumsum(cv2.resize(pace, (width, 1), interpolation=cv2.INTER_CUBIC)[0])
        phase = (
            phase * 2 * np.pi / (rng.uniform(0.02, 0.2) * width) + rng.normal(0, 1.5) * y / height
        )
        wave = np.sin(phase) + 0.4 * np.sin(2.3 * phase + 1)
        colour = colour * (1 + rng.uniform(0.05, 0.45) * wave[..., None])
    light = cv2.resize(rng.uniform(0.6, 1.3, (3, 3)).astype(np.float32), (width, height))
    return np.clip(colour * light[..., None], 0, 1).astype(np.float32)

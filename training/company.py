"""More people in a view, and other places behind them: rows and crowds, and bare backdrops."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from renders import Floats, Pair

Rng = np.random.Generator
SOMEBODY = 0.01  # of the view


def joined(pair: Pair, other: Pair, rng: Rng) -> Pair:
    """The people of another view of the same size stand among those of this one, nearer or
    farther; what is nearer hides the rest."""
    theirs = other.person > 0.5
    if theirs.mean() < SOMEBODY:
        return pair
    ours = pair.person > 0.5
    level = np.median(pair.disparity[ours]) if ours.mean() > SOMEBODY else pair.disparity.mean()
    scale = level * np.exp(rng.uniform(-0.7, 0.5)) / max(np.median(other.disparity[theirs]), 1e-6)
    disparity = other.disparity * np.float32(scale)
    share = np.clip(2 * other.person - 1, 0, 1) * (disparity > pair.disparity)
    brightness = (pair.image.mean() + 0.1) / (other.image[theirs].mean() + 0.1)
    image = np.clip(other.image * brightness ** rng.uniform(0, 1), 0, 1)
    over = share > 0.5
    return Pair(
        (pair.image + share[..., None] * (image - pair.image)).astype(np.float32),
        np.where(over, disparity, pair.disparity),
        np.maximum(pair.person, share),
        np.where(over, other.weight, pair.weight),
    )


def shrunk(pair: Pair, rng: Rng) -> Pair:
    """The view made smaller and moved, nobody and nothing beside it: a companion far back, or one
    of whom only a few pixels are seen. Its foot is mostly the view's own: there people are cut."""
    height, width = pair.disparity.shape
    scale = rng.uniform(0.2, 0.7)
    left = rng.uniform(-0.3 * scale, 1 - 0.7 * scale) * width
    top = (1 - scale) * height * (1 if rng.random() < 0.7 else rng.random())
    matrix = np.array([[scale, 0, left], [0, scale, top]])

    def moved(source: Floats) -> Floats:
        smooth = cv2.GaussianBlur(source, (0, 0), 0.35 / scale)
        return cv2.warpAffine(smooth, matrix, (width, height), flags=cv2.INTER_LINEAR)

    inside = moved(np.ones_like(pair.disparity))
    return Pair(
        moved(pair.image),
        moved(pair.disparity) * np.float32(scale),
        moved(pair.person) * (inside > 1 - 1e-3),
        np.where(moved(pair.weight) > 0.99, np.float32(1), np.float32(0)),
    )


def before_backdrop(pair: Pair, rng: Rng) -> Pair:
    """People before a wall or paper of one colour: white, or that of their hair or clothes."""
    people = pair.person > 0.5
    if people.mean() < SOMEBODY:
        return pair
    height, width = people.shape
    if rng.random() < 0.4:
        colour = np.full(3, rng.uniform(0.85, 1.0))
    else:
        y, x = np.nonzero(people)
        k = rng.integers(len(x)) if rng.random() < 0.5 else 0  # 0: the top of a head
        colour = pair.image[y[k], x[k]] + rng.normal(0, 0.03, 3)
    light = rng.uniform(0.8, 1.2, (3, 3)).astype(np.float32)
    light = cv2.resize(light, (width, height), interpolation=cv2.INTER_CUBIC)[..., None]
    farthest = float(np.percentile(pair.disparity[people], 2))
    free = 1 - np.clip(2 * pair.person, 0, 1)
    free = free * (pair.disparity < farthest)
    image = np.clip(colour * light, 0, 1)
    wall: Floats = np.full_like(pair.disparity, farthest * rng.uniform(0.3, 0.85))
    return replace(
        pair,
        image=(pair.image + free[..., None] * (image - pair.image)).astype(np.float32),
        disparity=np.where(free > 0.5, wall, pair.disparity),
    )

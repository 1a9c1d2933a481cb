"""Fences, nets, bars and twigs in front of a view: thin things that renders of rooms do not have.

They are drawn over the view with the share of each pixel that they cover, and disparity is mixed by
that share as well: a network sees means, and what is thinner than its pixels must not be lost.
"""

from __future__ import annotations

import cv2
import numpy as np
from renders import Floats, Pair

SUBPIXELS = 4
SHARE = 0.25  # of the views
WEIGHT = 2.0  # of what it covers, in the loss of the person: people are not to swallow it


def perhaps_fenced(pair: Pair, rng: np.random.Generator) -> Pair:
    """The pair as it is, or behind a fence that is nearer than all of it."""
    if rng.random() >= SHARE:
        return pair
    height, width = pair.disparity.shape
    thickness_px = rng.uniform(0.7, 1.2) * 2 ** rng.uniform(0, 2)
    lines = KINDS[rng.integers(len(KINDS))](rng, width, height, thickness_px)
    covered = _drawn(lines, thickness_px, width, height)
    colour = _shaded(rng, width, height)
    across = np.linspace(-0.5, 0.5, width, dtype=np.float32)
    nearest = float(np.percentile(pair.disparity, 99)) + 0.05
    fence = nearest * rng.uniform(1.05, 3) * (1 + rng.uniform(-0.3, 0.3) * across)
    return Pair(
        pair.image + covered[..., None] * (colour - pair.image),
        pair.disparity + covered * (fence - pair.disparity),
        pair.person * (1 - covered),
        np.where(covered > 0.15, np.maximum(pair.weight, np.float32(WEIGHT)), pair.weight),
    )


Lines = list[Floats]  # n×2 (x, y) in pixels


def _chain(rng: np.random.Generator, width: int, height: int, thickness: float) -> Lines:
    """Wires bent to and fro: each pair of neighbours meets in a column of rhombi."""
    side, tall = thickness * 8 * 5 ** rng.random(), rng.uniform(0.7, 1.5)
    shift = rng.uniform(0, side, 2)
    lines = []
    for column in range(-1, int(width / side) + 2):
        rows = np.arange(-1, height / (side * tall) + 2)
        bend = np.where((rows + column) % 2 == 0, 0.5, -0.5) * side
        lines.append(np.stack([column * side + bend + shift[0], rows * side * tall + shift[1]], 1))
    return _leaning(rng, lines, width, height)


def _net(rng: np.random.Generator, width: int, height: int, thickness: float) -> Lines:
    side = thickness * 6 * 5 ** rng.random()
    long_side = 1.5 * max(width, height)
    lines = []
    for offset in np.arange(-0.5 * long_side, long_side, side):
        reach = np.linspace(-0.5 * long_side, long_side, 12)
        lines.append(np.stack([np.full(12, offset), reach], 1))
        lines.append(np.stack([reach, np.full(12, offset)], 1))
    return _leaning(rng, lines, width, height, turn_deg=rng.choice((0, 45)))


def _bars(rng: np.random.Generator, width: int, height: int, thickness: float) -> Lines:
    side = thickness * 5 * 5 ** rng.random()
    reach = np.linspace(-0.5 * height, 1.5 * height, 6)
    lines = [np.stack([np.full(6, x), reach], 1) for x in np.arange(-width, 2 * width, side)]
    for y in rng.uniform(0, height, rng.integers(0, 3)):
        lines.append(np.array([[-width, y], [2 * width, y]]))
    return _leaning(rng, lines, width, height, turn_deg=rng.choice((0, 90)))


def _twigs(rng: np.random.Generator, width: int, height: int, thickness: float) -> Lines:
    lines = []
    for _ in range(rng.integers(3, 14)):
        heading = rng.uniform(0, 2 * np.pi)
        steps = heading + np.cumsum(rng.normal(0, 0.12, 40))
        length = rng.uniform(0.005, 0.03) * width
        walk = np.cumsum(np.stack([np.cos(steps), np.sin(steps)], 1) * length, 0)
        lines.append(walk + rng.uniform(0, (width, height)))
    return lines


KINDS = (_chain, _net, _bars, _twigs)


def _leaning(
    rng: np.random.Generator, lines: Lines, width: int, height: int, turn_deg: float = 0
) -> Lines:
    """As seen by a hand-held camera: turned a little, sagging a little."""
    angle = np.radians(turn_deg + rng.normal(0, 3))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.array([width, height]) / 2
    sag, phase = rng.normal(0, 0.01, 2) * width, rng.uniform(0, 6, 2)
    return [
        (line - middle) @ turn.T + middle + sag * np.sin(phase + 3 * line[:, ::-1] / width)
        for line in lines
    ]


def _drawn(lines: Lines, thickness_px: float, width: int, height: int) -> Floats:
    """The share of each pixel that the lines cover."""
    canvas = np.zeros((height * SUBPIXELS, width * SUBPIXELS), np.uint8)
    points = [np.round(line * SUBPIXELS).astype(np.int32)[:, None] for line in lines]
    cv2.polylines(canvas, points, False, 255, max(1, round(thickness_px * SUBPIXELS)))
    return cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA) / np.float32(255)


def _shaded(rng: np.random.Generator, width: int, height: int) -> Floats:
    """One colour under uneven light."""
    grey = rng.uniform(0.05, 0.95)
    colour = np.clip(grey + rng.normal(0, 0.06, 3), 0, 1)
    light = rng.uniform(0.5, 1.4, (rng.integers(2, 9), rng.integers(2, 9))).astype(np.float32)
    light = cv2.resize(light, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(light[..., None] * colour, 0, 1).astype(np.float32)

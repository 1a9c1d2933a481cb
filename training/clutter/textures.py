"""Procedural surface colours: a network must not take a printed page or a pattern for relief.

Every function returns size×size×3 float32 in 0..1 (linear light) that tiles when it is repeated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pathlib import Path

Floats = NDArray[np.float32]
SIZE = 256
_WORDS = [
    "light",
    "aperture",
    "sharp",
    "lens",
    "near",
    "far",
    "glass",
    "the",
    "of",
    "a",
    "photo",
    "depth",
    "edge",
    "hair",
    "1.4",
    "85",
    "mm",
]
_FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
)


def surface(rng: np.random.Generator, posters: list[Path]) -> Floats:
    """Any of the kinds below, with a little noise: nothing real is of one colour."""
    kinds = (plain, stripes, checks, dots, cells, clouds, wood, bricks, page, gradient, poster)
    shares = (26, 6, 5, 5, 5, 14, 10, 4, 7, 5, 13)
    kind = kinds[rng.choice(len(kinds), p=np.array(shares) / sum(shares))]
    image = kind(rng, posters) if kind is poster else kind(rng)
    fine = rng.uniform(0, 0.12) if rng.random() < 0.5 else 0.02
    grain = 1 + fine * _noise(rng, 64) + rng.uniform(0, 0.15) * _noise(rng, 5)
    return np.clip(image * grain[..., None], 0.01, 0.95).astype(np.float32)


def plain(rng: np.random.Generator) -> Floats:
    return np.broadcast_to(_colour(rng), (SIZE, SIZE, 3)).astype(np.float32)


def stripes(rng: np.random.Generator) -> Floats:
    x, y = _unit()
    across, along = rng.integers(1, 14), rng.integers(0, 3) * rng.integers(0, 4)
    wave = np.sin(2 * np.pi * (across * x + along * y)) > rng.uniform(-0.8, 0.8)
    return _mix(rng, wave)


def checks(rng: np.random.Generator) -> Floats:
    x, y = _unit()
    n, m = rng.integers(1, 9, 2) * 2
    tone = (np.floor(n * x) % 2 + np.floor(m * y) % 2) / 2
    return _mix(rng, tone if rng.random() < 0.5 else tone == 0.5)


def dots(rng: np.random.Generator) -> Floats:
    x, y = _unit()
    n = rng.integers(3, 14)
    radius = np.hypot((n * x) % 1 - 0.5, (n * y) % 1 - 0.5)
    return _mix(rng, radius < rng.uniform(0.15, 0.45))


def cells(rng: np.random.Generator) -> Floats:
    """Voronoi cells: pebbles, stained glass, camouflage."""
    seeds = rng.random((rng.integers(12, 80), 2))
    colours = np.stack([_colour(rng) for _ in range(rng.integers(2, 6))])
    axis = np.arange(SIZE, dtype=np.float32) / SIZE
    apart = np.abs(axis[:, None] - seeds.T[:, None].astype(np.float32))
    across, down = np.minimum(apart, 1 - apart) ** 2
    shortest = np.full((SIZE, SIZE), np.inf, np.float32)
    nearest = np.zeros((SIZE, SIZE), int)
    for index in range(len(seeds)):
        distance = down[:, index, None] + across[:, index]
        closer = distance < shortest
        shortest[closer], nearest[closer] = distance[closer], index
    return colours[nearest % len(colours)].astype(np.float32)


def clouds(rng: np.random.Generator) -> Floats:
    """Noise over several octaves: marble, stone, worn paint, fur from afar."""
    steep = rng.uniform(0.4, 0.9)
    tone = sum(steep**k * _noise(rng, 3 * 2**k) for k in range(6))
    if rng.random() < 0.3:
        tone = -np.abs(tone)
    return _mix(rng, 0.5 + 0.5 * tone / max(np.abs(tone).max(), 1e-6))


def wood(rng: np.random.Generator) -> Floats:
    x, _ = _unit()
    rings = rng.integers(2, 9)
    grain = cv2.resize(_noise(rng, 48), None, fx=1, fy=6)[:SIZE]
    tone = np.sin(2 * np.pi * (rings * x + 0.5 * _noise(rng, 3))) * 0.5 + 0.5 + 0.25 * grain
    brown = np.array([rng.uniform(0.08, 0.6), 0, 0])
    brown[1] = brown[0] * rng.uniform(0.5, 0.8)
    brown[2] = brown[1] * rng.uniform(0.3, 0.8)
    return (brown * (0.6 + 0.4 * np.clip(tone, 0, 1))[..., None]).astype(np.float32)


def bricks(rng: np.random.Generator) -> Floats:
    x, y = _unit()
    rows = rng.integers(2, 7) * 2
    row = np.floor(rows * y)
    u = (rows / 2 * x + 0.5 * (row % 2)) % 1
    v = (rows * y) % 1
    gap = rng.uniform(0.04, 0.12)
    return _mix(rng, (u > gap / 2) & (v > gap))


def page(rng: np.random.Generator) -> Floats:
    """Lines of words, or a title, on paper or a label."""
    ground = plain(rng) if rng.random() < 0.5 else np.full((SIZE, SIZE, 3), 0.8, np.float32)
    coverage = np.zeros((SIZE, SIZE), np.uint8)
    size = rng.uniform(0.35, 2.2)
    font = _FONTS[rng.integers(len(_FONTS))]
    step = int(26 * size + 3)
    for y in range(step, SIZE, step):
        line = " ".join(rng.choice(_WORDS, 12))
        cv2.putText(coverage, line, (6, y), font, size, 255, 1 + int(size), cv2.LINE_AA)
    ink = (coverage / np.float32(255))[..., None]
    return ground * (1 - ink) + _colour(rng) * rng.uniform(0.05, 1) * ink


def gradient(rng: np.random.Generator) -> Floats:
    """Shading that is only paint."""
    x, y = _unit()
    return _mix(
        rng, 0.5 + 0.5 * np.sin(2 * np.pi * (x * rng.integers(0, 2) + y) + rng.uniform(0, 6))
    )


def poster(rng: np.random.Generator, posters: list[Path]) -> Floats:
    """A photograph hung up or printed: relief that is not there."""
    if not posters:
        return clouds(rng)
    image = cv2.imread(str(posters[rng.integers(len(posters))]))[..., ::-1]
    h, w = image.shape[:2]
    side = int(min(h, w) * rng.uniform(0.4, 1))
    y, x = rng.integers(0, h - side + 1), rng.integers(0, w - side + 1)
    part = cv2.resize(image[y : y + side, x : x + side], (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    return ((part / 255) ** 2.2).astype(np.float32)


def _unit() -> tuple[Floats, Floats]:
    axis = np.arange(SIZE, dtype=np.float32) / SIZE
    x, y = np.meshgrid(axis, axis)
    return x, y


def _noise(rng: np.random.Generator, cells_across: int) -> Floats:
    """Smooth noise of standard deviation near one that tiles."""
    grid = rng.standard_normal((cells_across, cells_across)).astype(np.float32)
    grid = np.pad(grid, 2, mode="wrap")
    scale = SIZE / cells_across
    whole = cv2.resize(grid, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    start = int(2 * scale)
    return whole[start : start + SIZE, start : start + SIZE]


def _colour(rng: np.random.Generator) -> Floats:
    """From dull to vivid, dark to light."""
    tone = rng.uniform(0.02, 0.85)
    vivid = rng.random() ** 1.3
    hue = rng.random(3)
    return (tone * (1 - vivid + vivid * hue / hue.max())).astype(np.float32)


def _mix(rng: np.random.Generator, share: NDArray) -> Floats:
    one, other = _colour(rng), _colour(rng)
    share = share.astype(np.float32)[..., None]
    return (one * share + other * (1 - share)).astype(np.float32)

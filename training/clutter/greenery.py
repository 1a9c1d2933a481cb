"""Plants: leaves before leaves before branches, thin and irregular at every scale."""

from __future__ import annotations

import numpy as np
from shapes import Floats, Patch, Thing, lathe, settled, sheet, smooth_path, tube

Rng = np.random.Generator
LEAF, WOOD, BLOSSOM = range(3)  # textures


def bush(rng: Rng) -> Thing:
    """Leaves around a few branches, dense or so thin that one sees through."""
    thing: Thing = []
    roots = rng.integers(3, 8)
    tips = rng.normal(0, 0.25, (roots, 3)) + np.array([0, 0, rng.uniform(0.5, 0.9)])
    for tip in tips:
        thing += tube(smooth_path(np.stack([0 * tip, tip * [0.2, 0.2, 0.5], tip]), 8), 0.01, WOOD)
    count = int(rng.uniform(60, 220))
    places = tips[rng.integers(roots, size=count)] * rng.uniform(0.35, 1.05, (count, 1))
    places = places + rng.normal(0, 0.1, (count, 3))
    return settled(thing + _leaves(rng, places, rng.uniform(0.05, 0.16), rng.uniform(0.2, 0.6)))


def tree(rng: Rng) -> Thing:
    """A trunk that forks into branches and twigs, bare or in leaf."""
    thing: Thing = []
    tips: list[Floats] = []
    ends = [(np.zeros(3), np.array([rng.normal(0, 0.1), rng.normal(0, 0.1), 1]), 0.4, 0.05)]
    for level in range(4):
        following = []
        for start, heading, length, radius in ends:
            stop = start + heading / np.linalg.norm(heading) * length
            bend = (start + stop) / 2 + rng.normal(0, 0.05 * length, 3)
            path = smooth_path(np.stack([start, bend, stop]), 7)
            thing += tube(path, np.linspace(radius, 0.65 * radius, 7), WOOD, 7)
            tips += [stop] * (level > 1)
            following += [
                (stop, heading + rng.normal(0, 0.6, 3), length * 0.7, radius * 0.55)
                for _ in range(rng.integers(2, 4))
            ]
        ends = following
    if rng.random() < 0.65:
        places = np.repeat(np.stack(tips), rng.integers(2, 9), 0)
        places = places + rng.normal(0, 0.07, places.shape)
        thing += _leaves(rng, places, rng.uniform(0.03, 0.1), rng.uniform(0.3, 0.6))
    return settled(thing)


def grass(rng: Rng) -> Thing:
    """A tuft of blades or reeds."""
    thing: Thing = []
    for _ in range(rng.integers(15, 60)):
        foot = np.append(rng.normal(0, 0.15, 2), 0)
        tip = foot + np.append(rng.normal(0, 0.3, 2), rng.uniform(0.5, 1))
        knots = np.stack([foot, (foot + tip) / 2 + [0, 0, 0.15], tip])
        thing += _blade(smooth_path(knots, 6), rng.uniform(0.006, 0.02), rng)
    return settled(thing)


def flowers(rng: Rng) -> Thing:
    """A bunch in a vase."""
    thing = lathe(
        np.array([0, 0.1, 0.13, rng.uniform(0.04, 0.15), 0], np.float32),
        np.array([0, 0, 0.15, 0.36, 0.3], np.float32),
        1,
        WOOD,
    )
    for _ in range(rng.integers(5, 18)):
        tip = np.append(rng.normal(0, 0.2, 2), rng.uniform(0.6, 1))
        path = smooth_path(np.stack([[0, 0, 0.3], tip * [0.3, 0.3, 0.7], tip]), 8)
        thing += tube(path, 0.006, LEAF, 5)
        thing += _leaves(rng, path[3:7], 0.08, 0.3)
        turn = rng.normal(0, 1, (rng.integers(5, 9), 3)) * 0.02
        thing += _leaves(rng, tip + turn, rng.uniform(0.06, 0.14), 0.6, BLOSSOM)
    return settled(thing)


def hedge(rng: Rng) -> Thing:
    """Cut leaves as one rough sheet."""
    return sheet(2, 1, rng.normal(0, 0.05, (40, 60)).astype(np.float32), 4)


def _leaves(rng: Rng, places: Floats, length: float, width: float, texture: int = LEAF) -> Thing:
    """A bent leaf at every place (n, 3); ``width`` is a share of the length."""
    thing: Thing = []
    for place in places:
        out = rng.normal(0, 1, 3)
        out /= np.linalg.norm(out)
        size = length * rng.uniform(0.6, 1.4)
        knots = np.stack([place, place + 0.5 * size * out, place + size * (out - [0, 0, 0.4])])
        thing += _blade(smooth_path(knots, 5), 0.5 * width * size, rng, texture)
    return thing


def _blade(path: Floats, half_width: float, rng: Rng, texture: int = LEAF) -> Thing:
    aside = np.cross(path[-1] - path[0], rng.normal(0, 1, 3))
    aside /= np.linalg.norm(aside) + 1e-9
    along = np.linspace(0, 1, len(path))
    wide = half_width * np.sin(np.pi * (0.12 + 0.85 * along))[:, None]
    points = np.stack([path - wide * aside, path, path + wide * aside], 1)
    points[:, 1, 2] -= 0.3 * wide[:, 0]
    uv = np.stack(np.broadcast_arrays(along[:, None], [0, 0.5, 1]), -1) * 0.3 + rng.random(2)
    return [Patch(points.astype(np.float32), uv.astype(np.float32), texture)]

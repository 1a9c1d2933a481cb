"""Things with gaps, rungs and rows: what lies behind shows through, and order is hard to see."""

from __future__ import annotations

import numpy as np
from shapes import Thing, box, lathe, moved, placed, settled, smooth_path, tube, turned

Rng = np.random.Generator


def slats(rng: Rng) -> Thing:
    """Planks or blinds side by side, upright or level, some missing."""
    count, gap = rng.integers(4, 16), rng.choice([0.02, 0.2, 0.6])
    thing: Thing = []
    tilt = turned(2, rng.uniform(-0.8, 0.8) if rng.random() < 0.3 else 0.0)
    for k in range(count):
        if rng.random() < 0.93:
            plank = moved(
                box((1 / count * (1 - gap), 0.02, rng.uniform(0.9, 1.1)), (k % 3,)), tilt, 0
            )
            thing += placed(plank, [k / count - 0.5, 0, 0])
    if rng.random() < 0.5:
        thing = moved(thing, turned(1, np.pi / 2), np.zeros(3))
    return settled(moved(thing, turned(0, rng.uniform(-0.5, 0.3)), np.zeros(3)))


def net(rng: Rng) -> Thing:
    """A sagging net or wire mesh, square or in rhombi."""
    count, radius = int(rng.integers(6, 16)), rng.uniform(0.002, 0.008)
    turn = turned(1, rng.choice([0, np.pi / 4]))
    sag, phase = rng.normal(0, 0.08, 2), rng.uniform(0, 6, 2)
    reach = np.linspace(-0.5, 0.5, 14)
    thing: Thing = []
    for k in np.linspace(-0.5, 0.5, count):
        for path in (
            np.stack([np.full(14, k), 0 * reach, reach], 1),
            np.stack([reach, 0 * reach, np.full(14, k)], 1),
        ):
            path = path @ turn.T
            path[:, 1] = sag @ np.sin(phase[:, None] + 5 * path[:, [0, 2]].T)
            thing += tube(path, radius, 0, 5)
    return settled(thing)


def wheel(rng: Rng) -> Thing:
    """A rim, a hub and spokes; standing, leaning or lying."""
    turn = np.linspace(0, 2 * np.pi, 33)
    circle = np.stack([np.cos(turn), 0 * turn, np.sin(turn)], -1) / 2
    thing = tube(circle, rng.uniform(0.01, 0.06), 0)
    thing += tube(np.array([[0, -0.08, 0], [0, 0, 0], [0, 0.08, 0]]), 0.05, 1)
    spokes = rng.integers(5, 28)
    for k in range(spokes):
        angle = 2 * np.pi * k / spokes
        end = np.array([np.cos(angle), 0, np.sin(angle)]) / 2
        thing += tube(np.linspace([0, 0.05 * (-1) ** k, 0], end, 4), rng.uniform(0.003, 0.02), 1, 5)
    return settled(moved(thing, turned(0, rng.choice([0, 0.3, 1.57])), np.zeros(3)))


def ladder(rng: Rng) -> Thing:
    """A ladder, trellis or step stool that leans."""
    wide, rungs = rng.uniform(0.2, 0.5), rng.integers(3, 9)
    thing: Thing = []
    for side in (-1, 1):
        thing += placed(box((0.03, 0.05, 1), (0,)), [side * wide / 2, 0, 0])
    for k in range(rungs):
        deep = rng.choice([0.03, 0.15])
        thing += placed(box((wide, deep, 0.025), (1,)), [0, 0, (k + 0.5) / rungs])
    return settled(moved(thing, turned(0, rng.uniform(-0.5, 0)), np.zeros(3)))


def basket(rng: Rng) -> Thing:
    """Wickerwork or a wire bin: one sees its inside and through it."""
    rods, rings, flare = rng.integers(8, 22), rng.integers(2, 8), rng.uniform(0.7, 1.1)
    tall, radius = rng.uniform(0.4, 1.2), rng.uniform(0.006, 0.025)
    turn = np.linspace(0, 2 * np.pi, 25)
    thing: Thing = []
    for k in range(rods):
        angle = 2 * np.pi * k / rods
        foot = np.array([np.cos(angle) * flare, np.sin(angle) * flare, 0]) * 0.4
        tip = np.array([np.cos(angle) * 0.5, np.sin(angle) * 0.5, tall])
        thing += tube(np.linspace(foot, tip, 4), radius, 0, 5)
    for k in range(rings):
        share = k / (rings - 1)
        wide = 0.4 * flare * (1 - share) + 0.5 * share
        circle = np.stack([np.cos(turn) * wide, np.sin(turn) * wide, 0 * turn + share * tall], -1)
        thing += tube(circle, radius * (1 + share), 1, 5)
    return settled(thing)


def stairs(rng: Rng) -> Thing:
    """Steps, or a podium: solid boxes that rise to the back."""
    count, step = rng.integers(2, 6), rng.uniform(0.1, 0.3)
    thing: Thing = []
    for k in range(count):
        size = (rng.uniform(0.6, 1.2), rng.uniform(0.15, 0.35), step * (k + 1))
        thing += placed(box(size, (k % 2, 2)), [rng.normal(0, 0.05), 0.25 * k, 0])
    return settled(thing)


def jars(rng: Rng) -> Thing:
    """A row or stack of jars, tins or bottles, much alike."""
    levels = np.array([0, 0, 0.1, 0.7, 0.8, 0.85, 1, 1])
    neck = rng.uniform(0.3, 1)
    radii = np.array([0, 0.9, 1, 1, neck, neck, neck, 0]) * rng.uniform(0.2, 0.5)
    thing: Thing = []
    rows, storeys = int(rng.integers(2, 6)), int(rng.choice([1, 1, 2, 3]))
    for storey in range(storeys):
        for k in range(rows - storey):
            jar = lathe(radii.astype(np.float32), levels.astype(np.float32), 2, k % 3)
            where = [(k + storey / 2) * 2.1 * radii.max(), rng.normal(0, 0.1), storey]
            thing += placed(moved(jar, turned(2, rng.uniform(0, 6)), np.zeros(3)), where)
    return settled(thing)


def crate(rng: Rng) -> Thing:
    """An open box, its flaps up or away, seen from any side."""
    wide, deep, tall = rng.uniform(0.5, 1, 3)
    thing = box((wide, deep, 0.02))
    for size, where in (
        ((wide, 0.02, tall), [0, deep / 2, 0]),
        ((wide, 0.02, tall), [0, -deep / 2, 0]),
        ((0.02, deep, tall), [wide / 2, 0, 0]),
        ((0.02, deep, tall), [-wide / 2, 0, 0]),
    ):
        thing += placed(box(size, (0, 1)), where)
        if rng.random() < 0.4:
            outward = np.sign(np.array(where)) * 0.12
            thing += placed(
                box((size[0], max(size[1], 0.2), 0.015), (1,)), where + outward + [0, 0, tall]
            )
    tip = rng.choice([0, 0, 0.3, 1.57])
    return settled(moved(thing, turned(0, tip), np.zeros(3)))


def lamp(rng: Rng) -> Thing:
    """A jointed arm with a shade, a tripod or a stand; its cable trails away."""
    knee = np.array([rng.normal(0, 0.2), 0, rng.uniform(0.4, 0.6)])
    top = knee + np.array([rng.uniform(-0.4, 0.4), rng.uniform(-0.3, 0.1), rng.uniform(0.2, 0.4)])
    thing = lathe(np.array([0, 0.18, 0.16, 0]), np.array([0, 0, 0.04, 0.05]))
    for start, stop in ((np.zeros(3), knee), (knee, top)):
        thing += tube(np.linspace(start, stop, 4), rng.uniform(0.008, 0.025), 1, 7)
    shade = lathe(np.array([0.03, 0.05, 0.18, 0.16]), np.array([0.25, 0.2, 0, 0.01]), 1, 2)
    thing += moved(shade, turned(0, rng.uniform(-0.8, 0.8)), top - [0, 0, 0.15])
    return settled(thing + cable(rng))


def cable(rng: Rng) -> Thing:
    """Thin and long on the ground or in the air."""
    knots = np.cumsum(rng.normal(0, 0.25, (rng.integers(5, 9), 3)), 0)
    knots[:, 2] *= rng.choice([0.02, 0.5])
    return settled(tube(smooth_path(knots, 50), rng.uniform(0.004, 0.015), 1, 7))


def frame(rng: Rng) -> Thing:
    """A window, picture frame or goal: four bars around a view of what is behind."""
    wide, bar, deep = rng.uniform(0.5, 1.6), rng.uniform(0.02, 0.12), rng.uniform(0.02, 0.1)
    thing: Thing = []
    across = [0, 1 - bar] + ([0.5 - bar / 2] if rng.random() < 0.5 else [])
    for z in across:
        thing += placed(box((wide, deep, bar), (0,)), [0, 0, z])
    for x in [-1, 1] + ([0] if rng.random() < 0.5 else []):
        thing += placed(box((bar, deep, 1), (0,)), [x * (wide - bar) / 2, 0, 0])
    return settled(moved(thing, turned(0, rng.uniform(-0.3, 0)), np.zeros(3)))

"""Furniture at real sizes."""

from __future__ import annotations

import numpy as np
from shapes import Floats, Thing, box, ellipsoid, moved, placed, turned

Rng = np.random.Generator
UP = np.array([0, 0, 1], np.float32)


def table(rng: Rng, size: Floats) -> Thing:
    """A plate on four legs, size (width, depth, height)."""
    width, depth, height = size
    thick = rng.uniform(0.015, 0.05)
    thing = placed(box((width, depth, thick), (0,), 2), (height - thick) * UP)
    leg = rng.uniform(0.03, 0.08)
    for x in (-1, 1):
        for y in (-1, 1):
            at = np.array([x * (width / 2 - leg), y * (depth / 2 - leg), 0])
            thing += placed(box((leg, leg, height - thick), (1,)), at)
    return thing


def chair(rng: Rng) -> Thing:
    """Legs, a seat and a back, of slats or whole."""
    thing = table(rng, np.array([0.44, 0.44, rng.uniform(0.42, 0.5)]))
    tall = rng.uniform(0.35, 0.6)
    if rng.random() < 0.5:
        thing += placed(box((0.44, 0.03, tall), (0,)), np.array([0, 0.2, 0.45]))
    else:
        for k in range(rng.integers(3, 7)):
            thing += placed(
                box((0.03, 0.02, tall), (1,)), np.array([-0.2 + 0.4 * k / 5, 0.2, 0.45])
            )
        thing += placed(box((0.44, 0.03, 0.08), (0,)), np.array([0, 0.2, 0.45 + tall - 0.08]))
    return thing


def cupboard(rng: Rng) -> Thing:
    """A box with drawers or open shelves."""
    size = np.array([rng.uniform(0.4, 1.6), rng.uniform(0.3, 0.6), rng.uniform(0.5, 2.1)])
    if rng.random() < 0.5:
        return box(size, (0,), rng.integers(1, 3))
    thing = placed(box((size[0], 0.02, size[2]), (1,)), np.array([0, size[1] / 2, 0]))
    for k in range(rows := int(rng.integers(2, 6))):
        z = (size[2] - 0.02) * k / (rows - 1)
        thing += placed(box((size[0], size[1], 0.02), (0,)), z * UP)
    for side in (-1, 1):
        thing += placed(box((0.02, size[1], size[2]), (0,)), np.array([side * size[0] / 2, 0, 0]))
    return thing


def sofa(rng: Rng) -> Thing:
    width = rng.uniform(0.8, 2.2)
    thing = box((width, 0.85, 0.42), (0,), 2)
    thing += placed(box((width, 0.2, rng.uniform(0.75, 1)), (0,), 2), np.array([0, 0.4, 0]))
    for side in (-1, 1):
        thing += placed(box((0.18, 0.9, 0.6), (0,), 2), np.array([side * width / 2, 0, 0]))
    for _ in range(rng.integers(0, 4)):
        cushion = moved(ellipsoid(np.array([0.24, 0.09, 0.22]), 0.6, 1), turned(0, -0.3), 0 * UP)
        thing += placed(cushion, np.array([rng.uniform(-0.4, 0.4) * width, 0.2, 0.62]))
    return thing

"""Where things stand and where the camera is: on tables, before walls, in rooms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import furniture
import numpy as np
import places
import things
from shapes import Thing, bounds, box, moved, turned
from stage import Scene, View, backdrop, camera, crowd, light, plane

if TYPE_CHECKING:
    from pathlib import Path

Rng = np.random.Generator


def compose(rng: Rng, posters: list[Path]) -> tuple[Scene, View]:
    scene = Scene(rng, posters)
    kinds = list(SHARES)
    view = kinds[rng.choice(len(kinds), p=list(SHARES.values()))](scene)
    light(scene, view)
    return scene, view


def _still(scene: Scene) -> View:
    """Things crowded on a table or a floor before a backdrop."""
    rng = scene.rng
    distance, fov = rng.uniform(0.5, 2.4), np.radians(rng.uniform(18, 62))
    reach = distance * np.tan(fov / 2)
    rise = np.radians(rng.uniform(3, 55) if rng.random() < 0.8 else rng.uniform(55, 80))
    behind = reach * rng.uniform(0.9, 2.2)
    edge = behind if rng.random() < 0.6 else behind * rng.uniform(0.5, 1)
    back = behind + (0 if rng.random() < 0.5 else rng.uniform(0.2, 4))
    plane(scene, (8 * reach, 3 * reach + edge, 0.04), (0, (edge - 3 * reach) / 2, -0.04))
    if edge < back:
        plane(scene, (12, 12, 0.02), (0, 4, -rng.uniform(0.3, 0.8)))
    backdrop(scene, back, distance)
    crowd(scene, rng.integers(5, 34), reach, (-0.9 * reach, min(edge, behind)), distance * 0.75)
    for _ in range(rng.integers(0, 4)):  # hung on the wall
        flat = box((rng.uniform(0.3, 1) * reach, 0.02, rng.uniform(0.3, 1) * reach), (0,))
        scene.add(flat, (rng.uniform(-1.4, 1.4) * reach, back - 0.02, rng.uniform(0, 1.5) * reach))
    middle = np.array([rng.normal(0, 0.1), 0, rng.uniform(0, 0.35)]) * reach
    start = middle + distance * np.array([rng.normal(0, 0.15), -np.cos(rise), np.sin(rise)])
    return camera(rng, start, middle, fov)


def _wall(scene: Scene) -> View:
    """Flat and slanted things one behind the other: only their order tells the depth."""
    rng = scene.rng
    distance, fov = rng.uniform(0.8, 3), np.radians(rng.uniform(20, 55))
    reach = distance * np.tan(fov / 2)
    backdrop(scene, reach * rng.uniform(0.6, 2.5), distance)
    if rng.random() < 0.7:
        plane(scene, (12, 12, 0.02), (0, 0, -reach * rng.uniform(0.7, 1.2)))
    for _ in range(rng.integers(5, 18)):
        y = rng.uniform(-0.5 * distance, reach)
        near = (distance + y) / distance
        size = reach * near * rng.uniform(0.3, 1.1)
        make = (things.card, things.lattice, things.rag, things.book, things.ring, things.wire)
        thing = make[rng.choice(6, p=[0.45, 0.12, 0.15, 0.1, 0.08, 0.1])](rng)
        low, high = bounds(thing)
        thing = moved(
            thing,
            np.eye(3, dtype=np.float32) * np.float32(size / max(high - low)),
            np.zeros(3, np.float32),
        )
        x, z = rng.uniform(-1.2, 1.2, 2) * reach * near
        scene.add(thing, (x, y, z - size / 2), rng.normal(0, 0.6))
    start = np.array([rng.normal(0, 0.2) * reach, -distance, rng.normal(0, 0.3) * reach])
    return camera(rng, start, np.array([0, 0, rng.normal(0, 0.1) * reach]), fov)


def _room(scene: Scene) -> View:
    """Furniture between walls, with small things on it."""
    rng = scene.rng
    wide, deep, high = rng.uniform(1.5, 4), rng.uniform(2.5, 8), rng.uniform(2.3, 3.2)
    for thing, at in (
        (box((2 * wide, deep + 3, 0.02), (0,), rng.integers(1, 8)), (0, deep / 2 - 1, -0.02)),
        (box((2 * wide, deep + 3, 0.02), (0,)), (0, deep / 2 - 1, high)),
        (box((2 * wide, 0.02, high), (0,), rng.integers(1, 3)), (0, deep, 0)),
        (box((0.02, deep + 3, high), (0,), rng.integers(1, 3)), (-wide, deep / 2 - 1, 0)),
        (box((0.02, deep + 3, high), (0,), rng.integers(1, 3)), (wide, deep / 2 - 1, 0)),
    ):
        scene.add(thing, at)
    taken: list[tuple[float, float, float]] = []
    make = (
        _laid_table,
        lambda r, _: furniture.chair(r),
        lambda r, _: furniture.cupboard(r),
        lambda r, _: furniture.sofa(r),
    )
    for _ in range(rng.integers(3, 13)):
        k = rng.choice(4, p=[0.3, 0.3, 0.25, 0.15])
        x, y = rng.uniform(-0.9, 0.9) * wide, rng.uniform(1.0, deep - 0.4)
        if any(np.hypot(x - a, y - b) < c for a, b, c in taken):
            continue
        turn = rng.choice([0, np.pi / 2, np.pi, rng.uniform(0, 6.28)])
        spare = len(scene.parts)
        thing = make[k](rng, scene)
        lying = scene.parts[spare:]
        del scene.parts[spare:]
        scene.add(thing, (x, y, 0), turn)
        for other, colours in lying:
            scene.parts.append(
                (moved(other, turned(2, turn), np.array([x, y, 0], np.float32)), colours)
            )
        taken.append((x, y, 0.9))
    for _ in range(rng.integers(0, 9)):  # on the floor, or near the camera
        y = rng.uniform(0.5, deep - 0.3)
        scene.add(things.anything(rng, rng.uniform(0.1, 0.8)), (rng.uniform(-0.6, 0.6) * y, y, 0))
    for _ in range(rng.integers(0, 6)):  # on the back wall: pictures, windows, doors
        flat = box((rng.uniform(0.3, 1.2), 0.03, rng.uniform(0.3, 1.4)), (0,))
        scene.add(flat, (rng.uniform(-0.8, 0.8) * wide, deep - 0.03, rng.uniform(0.3, 1.4)))
    start = np.array([rng.uniform(-0.5, 0.5) * wide, rng.uniform(-0.8, 0.3), rng.uniform(0.8, 1.9)])
    aim = np.array(
        [rng.uniform(-0.6, 0.6) * wide, deep * rng.uniform(0.4, 1), rng.uniform(0.2, 1.4)]
    )
    return camera(rng, start, aim, np.radians(rng.uniform(38, 75)))


def _laid_table(rng: Rng, scene: Scene) -> Thing:
    size = np.array([rng.uniform(0.7, 1.8), rng.uniform(0.5, 0.9), rng.uniform(0.4, 0.8)])
    for _ in range(rng.integers(0, 9)):
        x, y = rng.uniform(-0.45, 0.45, 2) * size[:2]
        scene.add(things.anything(rng, rng.uniform(0.08, 0.45)), (x, y, size[2]))
    return furniture.table(rng, size)


SHARES = {
    _still: 0.26,
    _wall: 0.08,
    _room: 0.16,
    places.steps: 0.2,
    places.shelf: 0.08,
    places.portrait: 0.12,
    places.outdoors: 0.1,
}

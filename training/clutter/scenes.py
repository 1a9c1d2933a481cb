"""Where things stand and where the camera is: on tables, before walls, in rooms."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import things
from shapes import Floats, Thing, bounds, box, moved, sheet, turned
from textures import surface

if TYPE_CHECKING:
    from pathlib import Path

Rng = np.random.Generator
KINDS = {"still": 0.55, "wall": 0.15, "room": 0.3}


@dataclass(frozen=True)
class Light:
    """A lamp at a place, with a size (soft shadows) and a colour (radiance at one metre)."""

    position: Floats
    radius_m: float
    colour: Floats


@dataclass(frozen=True)
class View:
    """A pinhole: ``focal`` is in half long sides of the picture, ``rows`` right, up, forward."""

    position: Floats
    rows: Floats
    focal: float


@dataclass
class Scene:
    """Things with their colours, lamps, and an ambient light from above and from below."""

    rng: Rng
    posters: list[Path]
    parts: list[tuple[Thing, list[Floats]]] = field(default_factory=list)
    lights: list[Light] = field(default_factory=list)
    ambient: Floats = field(default_factory=lambda: np.ones((2, 3), np.float32))

    def add(self, thing: Thing, at: Floats | tuple[float, float, float], turn: float = 0.0) -> None:
        colours = [
            surface(self.rng, self.posters) for _ in range(1 + max(p.texture for p in thing))
        ]
        self.parts.append((moved(thing, turned(2, turn), np.asarray(at, np.float32)), colours))


def compose(rng: Rng, posters: list[Path]) -> tuple[Scene, View]:
    scene = Scene(rng, posters)
    kind = rng.choice(list(KINDS), p=list(KINDS.values()))
    view = {"still": _still, "wall": _wall, "room": _room}[kind](scene)
    _light(scene, view)
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
    _plane(scene, (8 * reach, 3 * reach + edge, 0.04), (0, (edge - 3 * reach) / 2, -0.04))
    if edge < back:
        _plane(scene, (12, 12, 0.02), (0, 4, -rng.uniform(0.3, 0.8)))
    _backdrop(scene, back, distance)
    _crowd(scene, rng.integers(5, 34), reach, (-0.9 * reach, min(edge, behind)), distance * 0.75)
    for _ in range(rng.integers(0, 4)):  # hung on the wall
        flat = box((rng.uniform(0.3, 1) * reach, 0.02, rng.uniform(0.3, 1) * reach), (0,))
        scene.add(flat, (rng.uniform(-1.4, 1.4) * reach, back - 0.02, rng.uniform(0, 1.5) * reach))
    middle = np.array([rng.normal(0, 0.1), 0, rng.uniform(0, 0.35)]) * reach
    start = middle + distance * np.array([rng.normal(0, 0.15), -np.cos(rise), np.sin(rise)])
    return _camera(rng, start, middle, fov)


def _wall(scene: Scene) -> View:
    """Flat and slanted things one behind the other: only their order tells the depth."""
    rng = scene.rng
    distance, fov = rng.uniform(0.8, 3), np.radians(rng.uniform(20, 55))
    reach = distance * np.tan(fov / 2)
    _backdrop(scene, reach * rng.uniform(0.6, 2.5), distance)
    if rng.random() < 0.7:
        _plane(scene, (12, 12, 0.02), (0, 0, -reach * rng.uniform(0.7, 1.2)))
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
    return _camera(rng, start, np.array([0, 0, rng.normal(0, 0.1) * reach]), fov)


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
        lambda r, _: things.chair(r),
        lambda r, _: things.cupboard(r),
        lambda r, _: things.sofa(r),
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
    return _camera(rng, start, aim, np.radians(rng.uniform(38, 75)))


def _laid_table(rng: Rng, scene: Scene) -> Thing:
    size = np.array([rng.uniform(0.7, 1.8), rng.uniform(0.5, 0.9), rng.uniform(0.4, 0.8)])
    for _ in range(rng.integers(0, 9)):
        x, y = rng.uniform(-0.45, 0.45, 2) * size[:2]
        scene.add(things.anything(rng, rng.uniform(0.08, 0.45)), (x, y, size[2]))
    return things.table(rng, size)


def _crowd(
    scene: Scene, count: int, reach: float, deep: tuple[float, float], nearest: float
) -> None:
    """Things side by side, here and there on top of each other."""
    rng = scene.rng
    taken: list[tuple[float, float, float, float]] = []
    for _ in range(count * 3):
        if len(taken) >= count:
            return
        y = rng.uniform(max(deep[0], -nearest), deep[1])
        x = rng.normal(0, 0.6) * reach * (1 + 0.4 * y / reach)
        size = reach * rng.uniform(0.15, 0.6) * rng.choice([0.6, 1, 1, 1.7])
        below = [t for t in taken if np.hypot(x - t[0], y - t[1]) < 0.6 * (t[2] + size / 2)]
        z = 0.0
        if below:
            if rng.random() < 0.75 or min(t[2] for t in below) < 0.2 * size:
                continue
            z = max(t[3] for t in below)
        thing = things.anything(rng, size)
        low, high = bounds(thing)
        scene.add(thing, (x, y, z))
        taken.append((x, y, float(max((high - low)[:2])) / 2, z + float(high[2])))


def _plane(scene: Scene, size: tuple[float, float, float], at: tuple[float, float, float]) -> None:
    scene.add(box(size, (0,), float(scene.rng.integers(1, 9))), at)


def _backdrop(scene: Scene, y: float, distance: float) -> None:
    """A wall, a curtain or a row of shelves."""
    rng = scene.rng
    size = 4 * (distance + y)
    repeat = float(rng.integers(1, 7))
    if rng.random() < 0.7:
        scene.add(
            box((size, 0.02, size), (0,), repeat), (0, y + 0.02, -size / 2), rng.normal(0, 0.12)
        )
        return
    v = np.linspace(0, 1, 160)
    folds = sum(
        rng.normal(0, 0.03) * np.sin(2 * np.pi * (rng.uniform(4, 40) * v + rng.random()))
        for _ in range(4)
    )
    relief = np.broadcast_to(folds.astype(np.float32), (4, 160)) * np.float32(min(1.5, distance))
    scene.add(sheet(size, size, relief.copy(), repeat), (0, y + 0.1, -size / 2))


def _camera(rng: Rng, position: Floats, aim: Floats, fov: float) -> View:
    forward = (aim - position) / np.linalg.norm(aim - position)
    right = np.cross(forward, [0, 0, 1])
    right /= np.linalg.norm(right)
    up = np.cross(right, forward)
    roll = rng.normal(0, 0.03)
    rows = [
        right * np.cos(roll) + up * np.sin(roll),
        up * np.cos(roll) - right * np.sin(roll),
        forward,
    ]
    return View(position.astype(np.float32), np.stack(rows).astype(np.float32), 1 / np.tan(fov / 2))


def _light(scene: Scene, view: View) -> None:
    """One to three lamps or a window, sometimes a flash; soft or hard."""
    rng = scene.rng
    scale = float(np.linalg.norm(view.position)) + 0.5
    for _ in range(rng.integers(1, 4)):
        away = np.array([rng.normal(0, 1), rng.normal(-0.3, 0.8), rng.uniform(0.4, 1.6)]) * scale
        away[2] = min(away[2], 2.2) if scale > 2 else away[2]
        power = rng.uniform(0.2, 1.5) * scale**2
        colour = power * np.exp(rng.normal(0, 0.12, 3))
        scene.lights.append(
            Light(
                away.astype(np.float32), rng.uniform(0.01, 0.3) * scale, colour.astype(np.float32)
            )
        )
    if rng.random() < 0.12:
        flash = view.position + 0.08 * view.rows[1]
        scene.lights[:] = [Light(flash, 0.02, np.full(3, 2 * scale**2, np.float32))]
    level = rng.uniform(0.1, 0.9)
    scene.ambient = level * np.exp(rng.normal(0, 0.1, (2, 3))).astype(np.float32)
    scene.ambient[1] *= rng.uniform(0.2, 0.8)

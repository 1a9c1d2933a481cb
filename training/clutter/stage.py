"""What every scene has: things with colours, lamps, a camera, ground and backdrop."""

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
    """Things with their colours, lamps, an ambient light from above and from below, and the colour
    of the sky, (size, size, 3), where there is one."""

    rng: Rng
    posters: list[Path]
    parts: list[tuple[Thing, list[Floats]]] = field(default_factory=list)
    lights: list[Light] = field(default_factory=list)
    ambient: Floats = field(default_factory=lambda: np.ones((2, 3), np.float32))
    sky: Floats | None = None

    def add(self, thing: Thing, at: Floats | tuple[float, float, float], turn: float = 0.0) -> None:
        colours = [
            surface(self.rng, self.posters) for _ in range(1 + max(p.texture for p in thing))
        ]
        self.parts.append((moved(thing, turned(2, turn), np.asarray(at, np.float32)), colours))


def crowd(
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


def plane(scene: Scene, size: tuple[float, float, float], at: tuple[float, float, float]) -> None:
    scene.add(box(size, (0,), float(scene.rng.integers(1, 9))), at)


def backdrop(scene: Scene, y: float, distance: float) -> None:
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


def camera(rng: Rng, position: Floats, aim: Floats, fov: float) -> View:
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


def light(scene: Scene, view: View) -> None:
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

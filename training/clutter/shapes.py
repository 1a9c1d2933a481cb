"""Things as grids of points: every shape is a set of parametric surfaces standing on z = 0.

A ``Patch`` is one surface: ``points`` (n, m, 3) in metres, z up, and ``uv`` (n, m, 2) texture
coordinates in repeats of the texture. Neighbouring points are joined by two triangles.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Patch:
    """One smooth surface; ``texture`` numbers the colours within its thing."""

    points: Floats
    uv: Floats
    texture: int = 0


Thing = list[Patch]


def grid(n: int, m: int) -> tuple[Floats, Floats]:
    """Parameters u (along n) and v (along m) in 0..1."""
    u, v = np.meshgrid(np.linspace(0, 1, n), np.linspace(0, 1, m), indexing="ij")
    return u.astype(np.float32), v.astype(np.float32)


def patch(x: Floats, y: Floats, z: Floats, u: Floats, v: Floats, texture: int = 0) -> Patch:
    x, y, z = np.broadcast_arrays(x, y, z)
    return Patch(
        np.stack([x, y, z], -1).astype(np.float32), np.stack([u, v], -1).astype(np.float32), texture
    )


def moved(thing: Thing, rotation: Floats, offset: Floats) -> Thing:
    return [
        Patch((p.points @ rotation.T + offset).astype(np.float32), p.uv, p.texture) for p in thing
    ]


def scaled(thing: Thing, size_m: float) -> Thing:
    """Enlarged about the origin until its largest side is ``size_m``."""
    low, high = bounds(thing)
    return moved(thing, np.eye(3) * size_m / max(high - low), np.zeros(3))


def turned(axis: int, angle: float) -> Floats:
    """Rotation about the x, y or z axis by an angle in radians."""
    cos, sin = np.cos(angle), np.sin(angle)
    matrix = np.eye(3, dtype=np.float32)
    i, j = [k for k in range(3) if k != axis]
    matrix[i, i], matrix[i, j], matrix[j, i], matrix[j, j] = cos, -sin, sin, cos
    return matrix


def bounds(thing: Thing) -> tuple[Floats, Floats]:
    every = np.concatenate([p.points.reshape(-1, 3) for p in thing])
    return every.min(0), every.max(0)


def settled(thing: Thing) -> Thing:
    """Moved so that it stands on z = 0 with its middle over the origin."""
    low, high = bounds(thing)
    offset = np.array([-(low[0] + high[0]) / 2, -(low[1] + high[1]) / 2, -low[2]], np.float32)
    return moved(thing, np.eye(3, dtype=np.float32), offset)


def box(size: Floats, textures: tuple[int, ...] = (0,), repeat: float = 1.0) -> Thing:
    """Six faces; the textures go round them."""
    half = np.asarray(size, np.float32) / 2
    u, v = grid(2, 2)
    sides = []
    for axis in range(3):
        i, j = [k for k in range(3) if k != axis]
        for sign in (-1, 1):
            points = np.zeros((2, 2, 3), np.float32)
            points[..., axis] = sign * half[axis]
            points[..., i], points[..., j] = (2 * u - 1) * half[i], (2 * v - 1) * half[j]
            uv = np.stack([u, 1 - v], -1) * np.float32(repeat)
            sides.append(Patch(points, uv, textures[len(sides) % len(textures)]))
    return settled(sides)


def lathe(radius: Floats, height: Floats, repeat: int = 1, texture: int = 0) -> Thing:
    """A profile turned about the z axis: vases, bottles, cups, lamps, cones."""
    u, v = grid(len(radius), 25)
    angle = 2 * np.pi * v
    return [
        patch(
            radius[:, None] * np.cos(angle),
            radius[:, None] * np.sin(angle),
            height[:, None],
            repeat * v,
            u,
            texture,
        )
    ]


def ellipsoid(
    radii: Floats, power: float = 1.0, texture: int = 0, bumps: Floats | None = None
) -> Thing:
    """A superellipsoid (Barr 1981), with optional bumps (n, m) on its radius."""
    u, v = grid(19, 29)
    lat, lon = np.pi * (u - 0.5), 2 * np.pi * v

    def bent(value: Floats) -> Floats:
        return np.sign(value) * np.abs(value) ** power

    size = 1 if bumps is None else 1 + bumps
    return [
        patch(
            radii[0] * bent(np.cos(lat)) * bent(np.cos(lon)) * size,
            radii[1] * bent(np.cos(lat)) * bent(np.sin(lon)) * size,
            radii[2] * bent(np.sin(lat)) * size,
            2 * v,
            u,
            texture,
        )
    ]


def tube(path: Floats, radius: Floats | float, texture: int = 0, around: int = 9) -> Thing:
    """A pipe along points (n, 3): sticks, cables, handles, limbs, stems."""
    n = len(path)
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-9
    aside = np.cross(along, np.where(np.abs(along[:, 2:]) < 0.9, [[0, 0, 1.0]], [[1.0, 0, 0]]))
    aside /= np.linalg.norm(aside, axis=1, keepdims=True) + 1e-9
    third = np.cross(along, aside)
    u, v = grid(n, around)
    angle = (2 * np.pi * v)[..., None]
    size = np.broadcast_to(np.asarray(radius, np.float32), (n,))[:, None, None]
    points = path[:, None] + size * (
        aside[:, None] * np.cos(angle) + third[:, None] * np.sin(angle)
    )
    return [Patch(points.astype(np.float32), np.stack([3 * u, v], -1), texture)]


def sheet(
    width: float, height: float, relief: Floats, repeat: float = 1.0, texture: int = 0
) -> Thing:
    """An upright sheet in the x-z plane whose relief (n, m) bends it along y: curtains, cloth."""
    n, m = relief.shape
    u, v = grid(n, m)
    return [patch((v - 0.5) * width, relief, u * height, repeat * v, repeat * (1 - u), texture)]


def smooth_path(knots: Floats, count: int) -> Floats:
    """Points along a curve through knots (k, 3), by piecewise cubic interpolation."""
    at = np.linspace(0, len(knots) - 1, count)
    tangent = np.gradient(knots, axis=0)
    k = np.minimum(at.astype(int), len(knots) - 2)
    t = (at - k)[:, None]
    a, b = knots[k], knots[k + 1]
    return (
        (2 * t**3 - 3 * t**2 + 1) * a
        + (t**3 - 2 * t**2 + t) * tangent[k]
        + (3 * t**2 - 2 * t**3) * b
        + (t**3 - t**2) * tangent[k + 1]
    ).astype(np.float32)


def placed(thing: Thing, offset: Floats | list[float]) -> Thing:
    return moved(thing, np.eye(3, dtype=np.float32), np.asarray(offset, np.float32))


def waves(rng: np.random.Generator, strength: float) -> Floats:
    """Random bumps for an ellipsoid."""
    u, v = grid(19, 29)
    height = sum(
        rng.normal()
        * np.sin(2 * np.pi * (rng.integers(1, 5) * v + rng.random()))
        * np.sin(np.pi * rng.integers(1, 6) * u)
        for _ in range(5)
    )
    return (strength * height / 2).astype(np.float32)

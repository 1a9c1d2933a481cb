"""Random things of a household, at real sizes: they stand, lie, lean and hang."""

from __future__ import annotations

import creatures
import greenery
import numpy as np
import structures
from shapes import (
    Thing,
    box,
    ellipsoid,
    grid,
    lathe,
    moved,
    patch,
    placed,
    scaled,
    settled,
    sheet,
    smooth_path,
    tube,
    turned,
    waves,
)

Rng = np.random.Generator
UP = np.array([0, 0, 1], np.float32)


def anything(rng: Rng, size_m: float) -> Thing:
    """One thing whose largest side is about ``size_m``, standing on z = 0."""
    kinds = list(SHARES)
    shares = np.array(list(SHARES.values())) / sum(SHARES.values())
    thing = scaled(kinds[rng.choice(len(kinds), p=shares)](rng), size_m)
    return settled(moved(thing, turned(2, rng.uniform(0, 2 * np.pi)), np.zeros(3)))


def parcel(rng: Rng) -> Thing:
    return box(
        rng.uniform(0.25, 1, 3), (0,) if rng.random() < 0.5 else (0, 1), rng.choice([1, 1, 2])
    )


def book(rng: Rng) -> Thing:
    """Standing, lying or leaning."""
    thing = box((rng.uniform(0.1, 0.3), 0.7, 1), (1, 0, 2, 2, 2, 2))
    pose = rng.random()
    if pose < 0.35:
        thing = moved(thing, turned(1, np.pi / 2), 0 * UP)
    elif pose < 0.65:
        thing = moved(thing, turned(1, rng.uniform(0.1, 0.6)), 0 * UP)
    return settled(thing)


def pile(rng: Rng) -> Thing:
    """Boxes or books on each other, a little turned; or a row of books."""
    thing: Thing = []
    at = 0.0
    row = rng.random() < 0.4
    for k in range(rng.integers(3, 8)):
        thick = rng.uniform(0.08, 0.3)
        size = (thick, rng.uniform(0.6, 0.8), rng.uniform(0.8, 1.1))
        part = box(size, (k % 4, k % 4, 3, k % 4))
        if row:
            part = moved(part, np.eye(3, dtype=np.float32), np.array([at, 0, 0], np.float32))
        else:
            part = settled(moved(part, turned(1, np.pi / 2), 0 * UP))
            part = moved(part, turned(2, rng.normal(0, 0.2)), at * UP)
        at += thick
        thing += part
    return settled(thing)


def turned_ware(rng: Rng) -> Thing:
    """A vase, bottle, cup, bowl, cone or lamp, some with a handle."""
    kind = rng.integers(4)
    height = np.linspace(0, 1, 26, dtype=np.float32)
    if kind == 0:  # any smooth profile
        knots = np.stack([rng.uniform(0.08, 0.5, 6), np.linspace(0, 1, 6), np.zeros(6)], -1)
        radius = np.maximum(smooth_path(knots.astype(np.float32), 26)[:, 0], 0.04)
    elif kind == 1:  # bottle
        body, neck, shoulder = rng.uniform(0.15, 0.3), rng.uniform(0.04, 0.1), rng.uniform(0.5, 0.8)
        radius = body + (neck - body) / (1 + np.exp(-(height - shoulder) * rng.uniform(15, 60)))
    elif kind == 2:  # cone, cup or bowl
        radius = rng.uniform(0.02, 0.7) + (rng.uniform(0.02, 0.7) - 0.3) * height
        radius = np.maximum(radius, 0.02)
    else:  # foot, stem and shade
        radius = np.where(height < 0.06, 0.25, 0.03)
        radius = np.where(height > 0.6, rng.uniform(0.2, 0.45) - 0.3 * (height - 0.6), radius)
    closed_radius = np.concatenate([[0], radius, [radius[-1] * 0.9, 0]]).astype(np.float32)
    level = rng.uniform(0.2, 1) if kind != 2 else rng.uniform(0.05, 0.95)
    closed_height = np.concatenate([[0], height, [1, level]]).astype(np.float32)
    thing = lathe(closed_radius, closed_height, int(rng.integers(1, 4)))
    if rng.random() < 0.3:
        side = float(radius[8])
        knots = np.array(
            [
                [side, 0, 0.3],
                [side + 0.25, 0, 0.35],
                [side + 0.25, 0, 0.7],
                [float(radius[19]), 0, 0.75],
            ]
        )
        thing += tube(
            smooth_path(knots.astype(np.float32), 16), 0.035, texture=int(rng.integers(2))
        )
    return settled(thing)


def animal(rng: Rng) -> Thing:
    """A body, head, ears and limbs of ellipsoids: toys, figurines, pets, dolls."""
    slim = rng.uniform(0.25, 0.45)
    upright = rng.random() < 0.6
    body = ellipsoid(np.array([slim, slim * rng.uniform(0.8, 1.2), 0.5]), bumps=waves(rng, 0.05))
    if not upright:
        body = moved(body, turned(0, np.pi / 2), 0.3 * UP)
    top = np.array([0, 0, 0.5]) if upright else np.array([0, -0.5, 0.6])
    head = rng.uniform(0.2, 0.38)
    thing = body + placed(
        ellipsoid(np.full(3, head), bumps=waves(rng, 0.08)), top + 0.7 * head * UP
    )
    thing += placed(
        ellipsoid(np.full(3, head * 0.4), texture=1), top + np.array([0, -head * 0.9, head * 0.6])
    )
    for side in (-1, 1):
        ear = ellipsoid(np.array([head * 0.3, head * 0.15, head * rng.uniform(0.3, 1)]), texture=0)
        thing += placed(ear, top + np.array([side * head * 0.6, 0, head * 1.6]))
        eye = ellipsoid(np.full(3, head * 0.13), texture=2)
        thing += placed(eye, top + np.array([side * head * 0.4, -head * 0.85, head]))
        for forth in (-1, 1):
            start = (
                np.array([side * slim * 0.7, forth * 0.3, 0.2])
                if not upright
                else np.array([side * slim * 0.7, -0.05, 0.25 * forth])
            )
            knots = start + np.array(
                [[0, 0, 0], [side * 0.15, -0.1, -0.15], [side * 0.2, -0.15, -0.45]]
            )
            thing += tube(smooth_path(knots.astype(np.float32), 9), np.linspace(0.13, 0.07, 9))
    return settled(thing)


def ball(rng: Rng) -> Thing:
    """Fruit, stones, balls, pots: a rounded body with bumps."""
    bumps = waves(rng, rng.choice([0, 0.05, 0.2]))
    return settled(ellipsoid(rng.uniform(0.4, 1, 3), rng.choice([0.3, 0.7, 1, 1]), bumps=bumps))


def bundle(rng: Rng) -> Thing:
    """Brushes and pens in a jar, or rods standing about."""
    loose = rng.random() < 0.4
    thing: Thing = (
        []
        if loose
        else lathe(
            np.array([0, 0.22, 0.25, 0.24, 0], np.float32),
            np.array([0, 0, 0.45, 0.45, 0.1], np.float32),
        )
    )
    for k in range(rng.integers(4, 14)):
        foot = np.append(rng.uniform(-0.15, 0.15, 2) * (4 if loose else 1), 0)
        tip = foot + np.append(rng.normal(0, 0.2, 2), rng.uniform(0.6, 1))
        path = np.linspace(foot, tip, 6).astype(np.float32)
        radius = np.full(6, rng.uniform(0.008, 0.03))
        radius[-2:] *= rng.uniform(0.5, 2.5)
        thing += tube(path, radius, texture=1 + k % 3)
    return settled(thing)


def plant(rng: Rng) -> Thing:
    """A pot with stems and bent leaves."""
    thing = lathe(
        np.array([0, 0.16, 0.22, 0], np.float32), np.array([0, 0, 0.3, 0.26], np.float32), 2, 1
    )
    width = rng.uniform(0.02, 0.09)
    for _ in range(rng.integers(8, 30)):
        turn, reach = rng.uniform(0, 2 * np.pi), rng.uniform(0.15, 0.6)
        out = np.array([np.cos(turn), np.sin(turn), 0])
        rise = rng.uniform(0.2, 0.7)
        knots = 0.27 * UP + np.array(
            [
                0 * out,
                0.4 * reach * out + rise * UP,
                reach * out + rise * UP * rng.uniform(0.4, 1.1),
            ]
        )
        path = smooth_path(knots.astype(np.float32), 10)
        u, v = grid(10, 3)
        aside = np.cross(out, UP)
        wide = width * np.sin(np.pi * np.linspace(0.08, 1, 10))[:, None]
        points = path[:, None] + (2 * v - 1)[..., None] * wide[..., None] * aside
        points[:, 1, 2] -= width * 0.3
        thing += [patch(*np.moveaxis(points, -1, 0), u, v)]
    return settled(thing)


def lattice(rng: Rng) -> Thing:
    """A fence, basket side or rack: crossing bars with gaps."""
    width, bars, rods = rng.uniform(0.5, 1.2), rng.integers(3, 12), rng.integers(2, 8)
    thick = rng.uniform(0.008, 0.03)
    thing: Thing = []
    for k in range(bars):
        x = (k / (bars - 1) - 0.5) * width
        thing += placed(box((thick, thick, 1)), np.array([x, 0, 0]))
    for k in range(rods):
        thing += placed(
            box((width, thick, thick)), np.array([0, thick, k / (rods - 1) * (1 - thick)])
        )
    return settled(moved(thing, turned(0, rng.uniform(-0.6, 0.6)), 0 * UP))


def card(rng: Rng) -> Thing:
    """A picture or sheet, upright, leaning back or on a stand."""
    thing = box((rng.uniform(0.4, 1.3), 0.015, 1), (2, 2, 0, 0, 2, 2))
    return settled(moved(thing, turned(0, rng.uniform(-0.9, 0.9) * rng.random()), 0 * UP))


def ring(rng: Rng) -> Thing:
    """A wreath, tyre or reel."""
    turn = np.linspace(0, 2 * np.pi, 33)
    path = np.stack([np.cos(turn), 0 * turn, np.sin(turn)], -1).astype(np.float32)
    thing = tube(path, rng.uniform(0.08, 0.5), around=13)
    return settled(moved(thing, turned(0, rng.choice([0, 0.3, np.pi / 2])), 0 * UP))


def wire(rng: Rng) -> Thing:
    """A cable or bent rod through the air."""
    knots = rng.uniform(-0.5, 0.5, (rng.integers(4, 9), 3)).astype(np.float32)
    knots[:, 1] *= 0.4
    return settled(tube(smooth_path(knots, 60), rng.uniform(0.01, 0.04)))


def rag(rng: Rng) -> Thing:
    """Cloth in folds: hanging, or thrown over something."""
    n, m = 30, 30
    u, v = grid(n, m)
    folds = sum(
        rng.normal(0, 0.07)
        * np.sin(2 * np.pi * (rng.uniform(0.3, 3) * v + rng.uniform(0, 0.6) * u + rng.random()))
        for _ in range(4)
    )
    thing = sheet(
        rng.uniform(0.5, 1.2),
        1.0,
        (folds * (1.2 - u)).astype(np.float32),
        float(rng.integers(1, 4)),
    )
    if rng.random() < 0.5:  # thrown down: a heap
        heap = [
            patch(
                p.points[..., 0],
                (u - 0.5) * 0.8,
                0.25 * np.exp(-4 * ((u - 0.5) ** 2 + (v - 0.5) ** 2)) + np.abs(folds) * 0.8,
                u * 2,
                v * 2,
            )
            for p in thing
        ]
        return settled(heap)
    return settled(thing)


def tool(rng: Rng) -> Thing:
    """A few boxes and rods fastened to each other: machines, taps, tripods, chairs."""
    thing: Thing = []
    at = np.zeros(3)
    for k in range(rng.integers(3, 9)):
        if rng.random() < 0.5:
            part = box(rng.uniform(0.05, 0.5, 3), (k % 3,))
        else:
            part = tube(
                np.linspace(0 * UP, rng.normal(0, 0.4, 3), 4).astype(np.float32),
                rng.uniform(0.02, 0.1),
                k % 3,
            )
        thing += placed(part, at)
        at = at * 0.6 + rng.normal(0, 0.25, 3)
    return settled(thing)


SHARES = {
    parcel: 9,
    book: 8,
    pile: 7,
    turned_ware: 14,
    animal: 9,
    ball: 6,
    bundle: 6,
    plant: 6,
    lattice: 3,
    card: 7,
    ring: 3,
    wire: 2,
    rag: 5,
    tool: 5,
    creatures.figure: 6,
    creatures.bust: 4,
    creatures.hand: 3,
    creatures.quadruped: 6,
    creatures.cushion: 4,
    creatures.drape: 4,
    greenery.bush: 3,
    greenery.flowers: 4,
    greenery.grass: 2,
    structures.basket: 3,
    structures.crate: 5,
    structures.frame: 3,
    structures.jars: 5,
    structures.ladder: 2,
    structures.lamp: 4,
    structures.net: 2,
    structures.slats: 4,
    structures.stairs: 3,
    structures.wheel: 3,
}

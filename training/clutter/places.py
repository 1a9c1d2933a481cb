"""More places: stepped stills that fill the picture, shelves, people, and the open."""

from __future__ import annotations

import creatures
import furniture
import greenery
import numpy as np
import structures
import things
from shapes import box, grid, patch, scaled
from stage import Scene, View, backdrop, camera, crowd, plane
from textures import surface


def steps(scene: Scene) -> View:
    """Things at all heights on boxes that they hide, filling the picture to its edges, some hung
    from above: here higher up is not farther away."""
    rng = scene.rng
    distance, fov = rng.uniform(0.6, 2.5), np.radians(rng.uniform(18, 50))
    reach = distance * np.tan(fov / 2)
    deep = reach * rng.uniform(0.8, 3)
    if rng.random() < 0.7:
        plane(scene, (9 * reach, 12 * reach, 0.02), (0, 2 * reach, -reach * rng.uniform(0.7, 1.3)))
    backdrop(scene, deep * rng.uniform(1, 1.5), distance)
    for _ in range(rng.integers(8, 30)):
        y = rng.uniform(-0.5 * min(distance, deep), deep)
        near = (distance + y) / distance
        x = rng.uniform(-1.1, 1.1) * reach * near
        thing = things.anything(rng, reach * rng.uniform(0.25, 0.9) * rng.uniform(0.7, 1) * near)
        z = rng.uniform(-1.1, 0.7) * reach * near
        if rng.random() < 0.75:
            wide, thick = reach * rng.uniform(0.2, 0.9, 2)
            high = z + 1.3 * reach if rng.random() < 0.5 else rng.uniform(0.02, 0.2) * reach
            low = z - max(high, 0.02)
            riser = box((wide, thick, z - low), (0, 0, 1), float(rng.integers(1, 4)))
            scene.add(riser, (x, y, low), rng.normal(0, 0.4))
        scene.add(thing, (x, y, z))
    for _ in range(rng.integers(0, 5)):
        y = rng.uniform(-0.5 * min(distance, deep), deep)
        near = (distance + y) / distance
        make = (things.rag, things.ring, structures.slats, structures.net, structures.cable)
        hung = scaled(make[rng.integers(5)](rng), reach * near * rng.uniform(0.4, 1.5))
        x, z = rng.uniform(-1, 1) * reach * near, rng.uniform(-0.4, 0.6) * reach * near
        scene.add(hung, (x, y, z), rng.normal(0, 0.5))
    start = np.array([rng.normal(0, 0.15), -1, rng.normal(0.1, 0.2)]) * distance
    return camera(rng, start, np.array([0, 0, rng.normal(0, 0.1) * reach]), fov)


def shelf(scene: Scene) -> View:
    """Boards with things in their bays, from the front or along them; something stands before."""
    rng = scene.rng
    wide, deep, bay = rng.uniform(1, 3), rng.uniform(0.2, 0.5), rng.uniform(0.22, 0.45)
    storeys, bays = int(rng.integers(2, 6)), int(rng.integers(1, 4))
    if rng.random() < 0.7:
        scene.add(box((wide, 0.02, storeys * bay), (0,)), (0, deep / 2, 0))
    backdrop(scene, deep / 2 + (0.02 if rng.random() < 0.7 else rng.uniform(0.5, 3)), 2)
    boards = [(box((wide, deep, 0.02), (0,), 2), (0, 0, k * bay)) for k in range(storeys + 1)]
    sides = np.linspace(-wide / 2, wide / 2, bays + 1)
    boards += [(box((0.02, deep, storeys * bay), (0,)), (x, 0, 0)) for x in sides]
    start = len(scene.parts)
    for board, where in boards:
        scene.add(board, where)
    one = scene.parts[start][1]  # all boards are of one kind of wood
    scene.parts[start:] = [(thing, one) for thing, _ in scene.parts[start:]]
    for storey in range(storeys):
        x = -wide / 2 + 0.1
        while x < wide / 2 - 0.05:
            size = bay * rng.uniform(0.35, 0.95)
            thing = things.anything(rng, min(size, 1.2 * deep))
            scene.add(thing, (x, rng.uniform(-0.3, 0.2) * deep, storey * bay + 0.02))
            x += size * rng.uniform(0.5, 1.6)
    distance = rng.uniform(0.8, 2.5)
    for _ in range(rng.integers(0, 4)):
        y = -rng.uniform(0.4, 0.9) * distance
        size = (distance + y) * rng.uniform(0.3, 0.9)
        place = (rng.uniform(-0.5, 0.5) * (distance + y), y, bay * storeys * rng.uniform(0, 0.6))
        scene.add(things.anything(rng, size), place)
    aim = np.array([rng.uniform(-0.3, 0.3) * wide, 0, rng.uniform(0.3, 0.7) * storeys * bay])
    aside = np.radians(rng.normal(0, 30))
    away = distance * np.array([np.sin(aside), -np.cos(aside), rng.normal(0, 0.2)])
    return camera(rng, aim + away, aim, np.radians(rng.uniform(25, 60)))


def portrait(scene: Scene) -> View:
    """One to four people or pets, hands and things held toward the lens, before anything."""
    rng = scene.rng
    distance, fov = rng.uniform(0.7, 4), np.radians(rng.uniform(20, 60))
    reach = distance * np.tan(fov / 2)
    plane(scene, (20, 20, 0.02), (0, 6, -0.02))
    backdrop(scene, rng.uniform(0.3, 6), distance)
    middle = np.zeros(3)
    for k in range(rng.choice([1, 2, 3, 4], p=[0.5, 0.25, 0.15, 0.1])):
        body = creatures.figure(rng) if rng.random() < 0.8 else creatures.quadruped(rng)
        top = max(float(p.points[..., 2].max()) for p in body)
        x, y = (0.0, 0.0) if k == 0 else rng.uniform((-1.3, -0.4), (1.3, 2.5)) * max(reach, 0.3)
        scene.add(body, (x, y, 0), rng.normal(0, 0.7))
        if k == 0:
            share = rng.uniform(0.75, 0.95) if reach < 0.9 else rng.uniform(0.4, 0.8)
            middle = np.array([0, 0, top * share])
    for _ in range(rng.integers(0, 4)):  # held out, or in the way
        y = -distance * rng.uniform(0.15, 0.75)
        near = (distance + y) / distance * reach
        make = creatures.hand if rng.random() < 0.5 else lambda r: things.anything(r, 1)
        x, z = rng.uniform(-1, 1, 2) * near
        scene.add(
            scaled(make(rng), near * rng.uniform(0.25, 0.8)), (x, y, middle[2] + z - near / 2)
        )
    crowd(scene, rng.integers(2, 14), 1.5 * reach, (0.3, 4), distance * 0.5)
    if rng.random() < 0.3:  # a table between them and the lens
        high = middle[2] - reach * rng.uniform(0.3, 0.8)
        if high > 0.2:
            size = np.array([3 * reach, 0.6 * distance, high])
            scene.add(furniture.table(rng, size), (0, -0.45 * distance, 0))
            for _ in range(rng.integers(1, 8)):
                x, y = rng.uniform(-1, 1) * reach, -rng.uniform(0.2, 0.7) * distance
                scene.add(things.anything(rng, reach * rng.uniform(0.1, 0.4)), (x, y, high))
    away = distance * np.array([rng.normal(0, 0.2), -1, rng.normal(0, 0.15)])
    return camera(rng, middle + away, middle + np.array([rng.normal(0, 0.2) * reach, 0, 0]), fov)


def outdoors(scene: Scene) -> View:
    """Grass, bushes, trees, fences and walls under a sky, near and far, with people and animals."""
    rng = scene.rng
    fov = np.radians(rng.uniform(25, 70))
    u, v = grid(60, 60)
    hills = sum(
        rng.normal(0, 0.12) * np.sin(2 * np.pi * (rng.uniform(0, 3) * u + rng.uniform(0, 3) * v))
        for _ in range(4)
    )
    extent = (120 * (u - 0.5), 150 * v**2 - 3)
    scene.add([patch(*extent, 8 * hills * v**2 - 0.05, 40 * u, 40 * v)], (0, 0, 0))
    sky = np.array([0.5, 0.6, 0.75]) * rng.uniform(0.6, 1.6)
    scene.sky = (0.15 * surface(rng, []) + sky).astype(np.float32)
    for _ in range(rng.integers(8, 30)):
        y = 1.5 * 20 ** rng.random()
        x = rng.uniform(-0.9, 0.9) * y * np.tan(fov / 2) * 1.3
        make, size = OUTDOOR_THINGS[rng.integers(len(OUTDOOR_THINGS))]
        thing = scaled(make(rng), rng.uniform(*size))
        scene.add(thing, (x, y, -0.05), rng.uniform(0, 6.28))
    if rng.random() < 0.5:  # a house or a garden wall
        wide, high = rng.uniform(4, 12), rng.uniform(1.5, 7)
        place = (rng.uniform(-6, 6), rng.uniform(6, 30), -0.5)
        scene.add(box((wide, 5, high), (0, 0, 1), 3), place, rng.normal(0, 0.5))
    if rng.random() < 0.5:  # a fence or a hedge across
        y = rng.uniform(0.8, 8)
        make = (structures.slats, structures.net, things.lattice, greenery.bush)
        made = make[rng.integers(4)]
        high = rng.uniform(0.6, 1.6)
        for k in range(-2, 3):
            scene.add(scaled(made(rng), high), (k * high * 0.95, y + rng.normal(0, 0.1), 0))
    start = np.array([0, 0, rng.uniform(0.3, 1.9)])
    aim = np.array([rng.normal(0, 0.3), 6, rng.uniform(0, 2)])
    return camera(rng, start, aim, fov)


OUTDOOR_THINGS = (
    (greenery.bush, (0.4, 2)),
    (greenery.tree, (1.5, 7)),
    (greenery.tree, (3, 9)),
    (greenery.grass, (0.2, 0.9)),
    (greenery.grass, (0.2, 0.9)),
    (greenery.flowers, (0.3, 0.8)),
    (greenery.hedge, (1, 4)),
    (creatures.figure, (1.1, 1.9)),
    (creatures.quadruped, (0.4, 1.6)),
    (things.ball, (0.2, 1.5)),
    (things.tool, (0.4, 2)),
    (structures.wheel, (0.4, 1)),
    (structures.ladder, (1, 3)),
    (furniture.chair, (0.8, 1.1)),
    (things.parcel, (0.4, 3)),
)

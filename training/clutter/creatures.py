"""Smooth organic bodies: people-like figures, hands, heads and four-legged animals, in any pose."""

from __future__ import annotations

import numpy as np
from shapes import (
    Floats,
    Thing,
    ellipsoid,
    grid,
    moved,
    patch,
    placed,
    settled,
    smooth_path,
    tube,
    turned,
    waves,
)

Rng = np.random.Generator
SKIN, TOP, LEGS, HAIR = range(4)  # textures of a figure


def figure(rng: Rng) -> Thing:
    """A clothed person of 1.0 to 1.9 m, child or adult: standing, sitting or with arms raised."""
    build = rng.uniform(0.8, 1.3)
    sitting = rng.random() < 0.3
    hips, shoulders = 0.5 if sitting else 0.95, (0.5 if sitting else 0.95) + 0.5
    lean = rng.normal(0, 0.08, 2)
    neck = np.array([lean[0], lean[1], shoulders])
    torso = np.array([[0, 0, hips - 0.08], [0, 0, hips + 0.1], neck * [0.6, 0.6, 1] - [0, 0, 0.2]])
    torso = np.concatenate([torso, [neck - np.array([0, 0, 0.02]), neck + np.array([0, 0, 0.05])]])
    girth = np.interp(np.linspace(0, 4, 24), range(5), [0.15, 0.16, 0.15, 0.13, 0.05]) * build
    body = tube(smooth_path(torso, 24), girth, TOP, 17)
    thing = moved(body, np.diag([1.35, 0.85, 1]).astype(np.float32), np.zeros(3, np.float32))
    thing += placed(head(rng), neck + np.array([0, -0.02, 0.03]))
    for side in (-1, 1):
        hip = np.array([side * 0.1 * build, 0, hips])
        if sitting:
            knee = hip + np.array([side * rng.uniform(0, 0.15), -0.45, rng.uniform(-0.05, 0.1)])
            foot = knee + np.array([0, rng.uniform(-0.25, 0.1), -0.48])
        else:
            stride = rng.normal(0, 0.15)
            knee = hip + np.array([side * 0.03, -abs(stride), -0.46])
            foot = hip + np.array([side * 0.05, stride, -0.92])
        thing += _limb([hip, knee, foot], np.array([0.1, 0.07, 0.05]) * build, LEGS)
        thing += placed(
            ellipsoid(np.array([0.05, 0.14, 0.05]), texture=LEGS), foot + np.array([0, -0.07, 0])
        )
        shoulder = neck + np.array([side * 0.19 * build, 0, -0.06])
        thing += _arm(rng, shoulder, side, build)
    return settled(moved(thing, np.eye(3) * rng.uniform(0.6, 1.08), np.zeros(3)))


def _arm(rng: Rng, shoulder: Floats, side: int, build: float) -> Thing:
    """Hanging, akimbo, reaching forward or raised; sleeves of any length."""
    aim = [(0.1, 0, -1), (0.7, -0.2, -0.7), (0.1, -1, -0.1), (0.5, -0.3, 0.8)][
        rng.choice(4, p=[0.4, 0.2, 0.25, 0.15])
    ]
    upper = np.array([side * aim[0], *aim[1:]]) + rng.normal(0, 0.2, 3)
    lower = upper + np.array([-side * rng.uniform(0, 0.9), -rng.uniform(0, 1), rng.normal(0, 0.4)])
    elbow = shoulder + 0.28 * _unit(upper)
    wrist = elbow + 0.25 * _unit(lower)
    arm = _limb([shoulder, elbow, wrist], np.array([0.06, 0.045, 0.03]) * build, TOP)
    return arm + _hand_at(rng, wrist, _unit(lower), 0.19)


def _hand_at(rng: Rng, wrist: Floats, along: Floats, length: float) -> Thing:
    aside = _unit(np.cross(along, rng.normal(0, 1, 3)))
    frame = np.stack([aside, np.cross(along, aside), along], 1)
    return moved(_hand(rng), (frame * length).astype(np.float32), wrist)


def hand(rng: Rng) -> Thing:
    """A hand with its forearm, pointing anywhere: as close to a lens as hands come."""
    thing = _hand(rng) + _limb(
        [np.zeros(3), np.array([0, 0, -0.6]), np.array([0.1, 0, -1.4])],
        np.array([0.16, 0.2, 0.25]),
        int(rng.integers(2)),
    )
    pose = turned(1, rng.uniform(-1.8, 1.8)) @ turned(2, rng.uniform(0, 2 * np.pi))
    return settled(moved(thing, pose, np.zeros(3)))


def _hand(rng: Rng) -> Thing:
    """Of length one from the wrist at the origin up: a palm and five fingers, more or less bent."""
    palm = ellipsoid(np.array([0.22, 0.09, 0.28]), 0.8, SKIN)
    thing = placed(palm, np.array([0, 0, 0.26]))
    curl, spread = rng.uniform(-0.1, 1.6), rng.uniform(0.02, 0.16)
    for k in range(4):
        bent = curl * rng.uniform(0.7, 1.3) if rng.random() < 0.85 else 0.0
        angle = np.cumsum([0.2, 0.4, 0.4]) * bent * 2
        joints = [np.array([(k - 1.5) * 0.11, 0, 0.46])]
        for bone, turn in zip((0.2, 0.15, 0.12), angle, strict=True):
            step = np.array([(k - 1.5) * spread, np.sin(turn), np.cos(turn)])
            joints.append(joints[-1] + bone * _unit(step))
        thing += _limb(joints, np.array([0.06, 0.055, 0.05, 0.04]), SKIN)
    thumb = [(0.16, 0, 0.12), (0.3, 0.06, 0.28), (0.33, 0.1 + 0.1 * curl, 0.46)]
    return thing + _limb([np.array(p) for p in thumb], np.array([0.08, 0.06, 0.045]), SKIN)


def head(rng: Rng) -> Thing:
    """0.25 m high over its neck: a face with nose and ears, and hair, a hood or a hat."""
    thing = tube(np.linspace([0, 0, -0.03], [0, -0.01, 0.08], 5), 0.055, SKIN, 13)
    face = ellipsoid(np.array([0.075, 0.095, 0.12]), 0.95, SKIN, waves(rng, 0.02))
    thing += placed(face, np.array([0, -0.01, 0.16]))
    nose = [np.array([0, -0.1, 0.18]), np.array([0, -0.125, 0.14]), np.array([0, -0.1, 0.125])]
    thing += _limb(nose, np.array([0.008, 0.018, 0.014]), SKIN)
    for side in (-1, 1):
        thing += placed(
            ellipsoid(np.array([0.012, 0.022, 0.035]), texture=SKIN), [side * 0.08, 0, 0.16]
        )
    kind = rng.random()
    if kind < 0.75:
        size = np.array([0.083, 0.095, 0.11]) * rng.uniform(1, 1.35)
        hair = ellipsoid(size, rng.uniform(0.7, 1), HAIR, waves(rng, rng.uniform(0.02, 0.2)))
        thing += placed(hair, np.array([0, 0.025, 0.19]))
    if 0.4 < kind < 0.75:
        for _ in range(rng.integers(5, 25)):
            turn = rng.uniform(-0.3, np.pi + 0.3)
            root = np.array([0.08 * np.cos(turn), 0.02 + 0.08 * np.sin(turn), 0.2])
            tip = root * [1.4, 1.4, 1] + [0, 0, -rng.uniform(0.1, 0.4)] + rng.normal(0, 0.02, 3)
            path = [root, (root + tip) / 2 + rng.normal(0, 0.02, 3), tip]
            thing += _limb(path, np.array([0.015, 0.015, 0.004]), HAIR)
    if kind > 0.7:
        crown = ellipsoid(np.array([0.095, 0.11, 0.1]), 0.7, HAIR)
        thing += placed(crown, np.array([0, 0.01, 0.25]))
        thing += placed(ellipsoid(np.array([0.17, 0.18, 0.012]), texture=HAIR), [0, 0, 0.22])
    return moved(thing, turned(2, rng.normal(0, 0.6)) @ turned(0, rng.normal(0, 0.15)), np.zeros(3))


def bust(rng: Rng) -> Thing:
    """Head and shoulders: statues, mannequins, people cut by a table's edge."""
    shoulders = ellipsoid(np.array([0.22, 0.12, 0.2]), 0.8, TOP, waves(rng, 0.05))
    return settled(head(rng) + placed(shoulders, np.array([0, 0.01, -0.18])))


def quadruped(rng: Rng) -> Thing:
    """A dog, cat, lamb or the like: standing, sitting or lying, with a furry outline."""
    long, tall, fat = rng.uniform(0.35, 0.6), rng.uniform(0.15, 0.45), rng.uniform(0.1, 0.2)
    pose = rng.choice(3, p=[0.5, 0.3, 0.2])
    height = (tall, 0.55 * tall, 0.02)[pose] + fat
    rise = (rng.uniform(-0.05, 0.1), 0.35, 0.0)[pose]
    rump, chest = np.array([0, long / 2, height]), np.array([0, -long / 2, height + rise])
    middle = (rump + chest) / 2 + [0, 0, rng.uniform(-0.04, 0.04)]
    path = smooth_path(np.stack([rump + np.array([0, 0.06, -0.02]), rump, middle, chest]), 18)
    girth = fat * np.interp(np.linspace(0, 1, 18), [0, 0.15, 0.5, 0.85, 1], [0.2, 1, 0.9, 1.1, 0.5])
    thing = tube(path, girth * (1 + rng.normal(0, rng.choice([0.01, 0.08]), 18)), 0, 15)
    size = fat * rng.uniform(0.6, 0.95)
    brow = chest + np.array([rng.normal(0, 0.08), -rng.uniform(0.02, 0.15), rng.uniform(0.05, 0.3)])
    thing += _limb([chest, brow], np.array([0.8, 0.75]) * size, 0)
    thing += placed(ellipsoid(np.full(3, size), bumps=waves(rng, 0.06)), brow)
    snout = brow + np.array([0, -size * rng.uniform(1.0, 1.9), -0.25 * size])
    thing += _limb([brow, snout], np.array([0.7, 0.4]) * size, int(rng.integers(2)))
    thing += placed(ellipsoid(np.full(3, size * 0.16), texture=2), snout - [0, size * 0.3, 0])
    for side in (-1, 1):
        ear = ellipsoid(size * np.array([0.3, 0.12, rng.uniform(0.4, 1.1)]), texture=1)
        droop = moved(ear, turned(1, side * rng.uniform(0, 2.5)), np.zeros(3))
        thing += placed(droop, brow + np.array([side * 0.7 * size, 0, 0.7 * size]))
        eye = ellipsoid(np.full(3, size * 0.13), texture=2)
        thing += placed(eye, brow + np.array([side * 0.4 * size, -0.85 * size, 0.3 * size]))
        for end, forth in ((rump, 0.1), (chest, -0.1)):
            hip = end + np.array([side * fat * 0.6, 0, -0.3 * fat])
            foot = np.array([hip[0], hip[1] + rng.normal(0, 0.05), 0.03])
            foot[1] += (0, 0.25 * forth, 2.5 * forth)[pose]
            knee = (hip + foot) / 2 + [0, forth, 0]
            thing += _limb([hip, knee, foot], np.array([0.5, 0.3, 0.22]) * fat, 0)
    tail = np.stack(
        [
            rump + np.array([0, 0.08, 0]),
            rump + np.array([0, 0.2, 0.05]),
            rump + rng.normal(0, 0.2, 3),
        ]
    )
    thing += tube(smooth_path(tail, 12), np.linspace(0.2, 0.08, 12) * fat * rng.uniform(0.7, 2))
    return settled(thing)


def cushion(rng: Rng) -> Thing:
    """A cushion, bag or sack: soft, flat on some side."""
    plump = ellipsoid(rng.uniform([0.3, 0.08, 0.3], [0.5, 0.3, 0.5]), 0.5, 0, waves(rng, 0.12))
    return settled(moved(plump, turned(0, rng.choice([0, -0.4, np.pi / 2])), np.zeros(3)))


def drape(rng: Rng) -> Thing:
    """Cloth thrown over something that cannot be seen."""
    u, v = grid(34, 34)
    radius, turn = np.hypot(u - 0.5, v - 0.5) * 2, np.arctan2(v - 0.5, u - 0.5)
    folds = sum(
        rng.normal(0, 0.05) * np.sin(rng.integers(3, 12) * turn + rng.uniform(0, 6))
        for _ in range(4)
    )
    core, tall = rng.uniform(0.15, 0.6), rng.uniform(0.2, 1)
    height = tall / (1 + np.exp((radius - core) * rng.uniform(8, 25)))
    reach = np.minimum(radius, core + 0.25 * (radius - core)) * (1 + folds * radius)
    return settled(
        [patch(reach * np.cos(turn), reach * np.sin(turn), height + 0.1 * folds, 2 * u, 2 * v)]
    )


def _limb(joints: list[Floats], radii: Floats, texture: int) -> Thing:
    """A smooth tapering tube through joints."""
    count = 5 * len(joints)
    radius = np.interp(np.linspace(0, 1, count), np.linspace(0, 1, len(radii)), radii)
    radius[-1] *= 0.6
    return tube(smooth_path(np.stack(joints), count), radius, texture, 11)


def _unit(vector: Floats) -> Floats:
    return vector / (np.linalg.norm(vector) + 1e-9)

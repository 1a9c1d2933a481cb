"""Small things that hands hold, as flat drawings with light on them.

Each is drawn upright on a square; ``anchor`` is where the hand is.
"""

from __future__ import annotations

import numpy as np
from brushes import (
    SIDE,
    Drawing,
    Rng,
    ball_light,
    drawing,
    ellipse,
    line,
    outline,
    painted,
    polygon,
    ring,
    rounded,
    soft,
    surface,
    tint,
)


def rod(rng: Rng) -> Drawing:
    """A stick, pole, pen, brush, straw, baton or tube."""
    half = rng.uniform(0.006, 0.035)
    cover = polygon(
        [(0.5 - half, 0.02), (0.5 + half, 0.02), (0.5 + half, 0.98), (0.5 - half, 0.98)]
    )
    colour = surface(rng) * rounded(half, rng)
    return drawing(colour, cover, (0.5, rng.uniform(0.3, 0.95)))


def roll(rng: Rng) -> Drawing:
    """A roll of paper, a pipe, a candle, a tin."""
    half, tall = rng.uniform(0.06, 0.2), rng.uniform(0.3, 0.95)
    cover = polygon(
        [(0.5 - half, 1 - tall), (0.5 + half, 1 - tall), (0.5 + half, 1), (0.5 - half, 1)]
    )
    colour = surface(rng) * rounded(half, rng)
    top = ellipse((0.5, 1 - tall), (half, 0.3 * half))
    colour = painted(colour, top, rng.uniform(0.1, 1, 3))
    return drawing(colour, np.maximum(cover, top), (0.5, 1 - tall * rng.uniform(0.1, 0.6)))


def string(rng: Rng) -> Drawing:
    """A line, strap, lead or cable, perhaps with a balloon, a kite or a yo-yo at its end."""
    t = np.linspace(0, 1, 40)
    sway = np.cumsum(rng.normal(0, 0.03, 40)) * rng.uniform(0.1, 1)
    top = rng.uniform(0.02, 0.4)
    path = np.stack([0.5 + sway * t, 1 - t * (1 - top)], 1)
    cover = line(path, rng.uniform(0.006, 0.03))
    colour = np.full((SIDE, SIDE, 3), rng.uniform(0, 1), np.float32) * tint(rng)
    if rng.random() < 0.5:
        wide = rng.uniform(0.04, min(0.3, top + 0.05) + 0.01)
        end = ellipse(tuple(path[-1]), (wide, wide * rng.uniform(0.8, 1.3)))
        colour = painted(colour, end, surface(rng) * ball_light(path[-1], wide, rng))
        cover = np.maximum(cover, end)
    return drawing(colour, cover, (0.5, 0.99), hangs=bool(rng.random() < 0.4))


def slab(rng: Rng) -> Drawing:
    """A phone, book, tablet, sheet, sign, box or card, seen more or less aslant."""
    wide, tall = rng.uniform(0.12, 0.48), rng.uniform(0.25, 0.48)
    corners = np.array([(-wide, -tall), (wide, -tall), (wide, tall), (-wide, tall)])
    corners = corners * [rng.uniform(0.3, 1), 1] + rng.normal(0, 0.02, (4, 2)) + 0.5
    cover = polygon(corners.clip(0.01, 0.99))
    colour = surface(rng)
    if rng.random() < 0.5:  # a screen or a picture within the frame
        inner = polygon(0.5 + (corners - 0.5) * rng.uniform(0.75, 0.95))
        colour = painted(colour, inner, surface(rng) * rng.uniform(0.2, 1.5))
    if rng.random() < 0.5:  # text
        for y in np.arange(0.5 - 0.7 * tall, 0.5 + 0.6 * tall, rng.uniform(0.05, 0.12)):
            reach = rng.uniform(0.1, 0.7) * wide
            written = line(
                np.array([(0.5 - 0.7 * wide, y), (0.5 - 0.7 * wide + 2 * reach, y)]), 0.015
            )
            colour = painted(colour, written, np.full(3, rng.uniform(0, 0.4)))
    low = 0.5 + tall * rng.uniform(0.2, 1)
    return drawing(colour, cover, (0.5 + rng.uniform(-1, 1) * 0.5 * wide, low))


def camera(rng: Rng) -> Drawing:
    """A camera or binoculars: a dark box with a round eye or two."""
    wide, tall = rng.uniform(0.3, 0.48), rng.uniform(0.2, 0.32)
    cover = polygon(
        [
            (0.5 - wide, 0.5 - tall),
            (0.5 + wide, 0.5 - tall),
            (0.5 + wide, 0.5 + tall),
            (0.5 - wide, 0.5 + tall),
        ]
    )
    hump = polygon(
        [(0.35, 0.52 - tall), (0.4, 0.42 - tall), (0.6, 0.42 - tall), (0.65, 0.52 - tall)]
    )
    cover = np.maximum(cover, hump)
    colour = surface(rng) * (rng.uniform(0.05, 0.4) if rng.random() < 0.7 else 1)
    for x in (0.5,) if rng.random() < 0.8 else (0.3, 0.7):
        size = rng.uniform(0.12, 0.9 * tall)
        for share in (1, 0.8, 0.5):
            grey = np.full(3, rng.uniform(0, 0.5))
            colour = painted(colour, ellipse((x, 0.52), (size * share,) * 2), grey)
        colour = painted(colour, ellipse((x - 0.04, 0.48), (0.02, 0.02)), np.ones(3))
    return drawing(colour, cover, (rng.uniform(0.1, 0.9), 0.5 + tall * rng.uniform(0.3, 1)))


def cup(rng: Rng) -> Drawing:
    """A mug or paper cup, with a handle or a lid."""
    top, foot, tall = rng.uniform(0.15, 0.3), rng.uniform(0.1, 0.22), rng.uniform(0.25, 0.45)
    cover = polygon(
        [
            (0.5 - top, 0.5 - tall),
            (0.5 + top, 0.5 - tall),
            (0.5 + foot, 0.5 + tall),
            (0.5 - foot, 0.5 + tall),
        ]
    )
    colour = surface(rng) * rounded(top, rng)
    rim = ellipse((0.5, 0.5 - tall), (top, 0.2 * top))
    colour = painted(colour, rim, rng.uniform(0, 1, 3))
    cover = np.maximum(cover, rim)
    if rng.random() < 0.5:
        cover = np.maximum(cover, ring((0.5 + top, 0.5), (0.12, 0.6 * tall), 0.04))
    return drawing(
        colour, cover, (0.5 + rng.uniform(-1, 1) * foot, 0.5 + rng.uniform(0, 0.8) * tall)
    )


def glass(rng: Rng) -> Drawing:
    """A tumbler or a stemmed glass: its rim and lights are seen, and what is in it."""
    top, tall = rng.uniform(0.12, 0.28), rng.uniform(0.15, 0.4)
    foot = top * rng.uniform(0.5, 1)
    bowl = polygon(
        [
            (0.5 - top, 0.05),
            (0.5 + top, 0.05),
            (0.5 + foot, 0.05 + 2 * tall),
            (0.5 - foot, 0.05 + 2 * tall),
        ]
    )
    cover, opacity = bowl, np.full((SIDE, SIDE), rng.uniform(0.1, 0.4), np.float32)
    colour = np.full((SIDE, SIDE, 3), rng.uniform(0.5, 1), np.float32) * rounded(top, rng)
    if rng.random() < 0.6:  # a drink
        level = rng.uniform(0.3, 1.4) * tall
        drink = bowl * (np.mgrid[:SIDE, :SIDE][0] > level * SIDE)
        colour = painted(colour, drink, tint(rng) * rng.uniform(0.2, 1))
        opacity = np.maximum(opacity, drink * rng.uniform(0.4, 0.95))
    edges = np.maximum(ring((0.5, 0.05), (top, 0.15 * top), 0.015), outline(bowl, 2))
    if rng.random() < 0.5:
        stem = line(np.array([(0.5, 0.05 + 2 * tall), (0.5, 0.96)]), 0.03)
        stem = np.maximum(stem, ellipse((0.5, 0.96), (0.8 * top, 0.03)))
        cover, edges = np.maximum(cover, stem), np.maximum(edges, 0.6 * stem)
    light = line(np.array([(0.5 - 0.6 * top, 0.12), (0.5 - 0.6 * foot, 1.6 * tall)]), 0.03)
    colour = painted(colour, light, np.ones(3))
    opacity = np.maximum(opacity, np.maximum(0.8 * edges, 0.9 * light))
    return Drawing(
        colour, np.maximum(cover, edges), opacity, (0.5 * SIDE, (0.05 + 1.5 * tall) * SIDE)
    )


def bottle(rng: Rng) -> Drawing:
    """A bottle with neck, cap and label, of glass, plastic or metal."""
    body, neck = rng.uniform(0.1, 0.2), rng.uniform(0.03, 0.07)
    y = np.linspace(0.02, 0.98, 40)
    half = neck + (body - neck) / (1 + np.exp(-(y - rng.uniform(0.25, 0.45)) * rng.uniform(20, 70)))
    side = np.stack([0.5 + half, y], 1)
    cover = polygon(np.concatenate([side, (side * [-1, 1] + [1, 0])[::-1]]))
    clear = rng.random() < 0.4
    opacity = np.full((SIDE, SIDE), rng.uniform(0.25, 0.7) if clear else 1, np.float32)
    colour = surface(rng) * rounded(body, rng)
    rows = np.mgrid[:SIDE, :SIDE][0] / SIDE
    for low, high in ((0, rng.uniform(0.05, 0.1)), (0.55, rng.uniform(0.7, 0.9))):
        band = cover * (rows > low) * (rows < high)
        colour = painted(colour, band, surface(rng) * rounded(body, rng))
        opacity = np.maximum(opacity, band)
    opacity = np.maximum(opacity, 0.7 * outline(cover, 2))
    return Drawing(
        colour.astype(np.float32), cover, opacity, (0.5 * SIDE, rng.uniform(0.3, 0.9) * SIDE)
    )


def ball(rng: Rng) -> Drawing:
    """A ball, fruit, bulb, lamp, lollipop or balloon."""
    wide = rng.uniform(0.2, 0.46)
    tall = wide * rng.uniform(0.8, 1.15)
    cover = ellipse((0.5, 0.5), (wide, min(tall, 0.48)))
    colour = surface(rng) * ball_light((0.5, 0.5), wide, rng)
    for _ in range(rng.integers(0, 4)):  # seams
        seam = ring(rng.uniform(0.2, 0.8, 2), rng.uniform(0.2, 0.5, 2), 0.015)
        colour = painted(colour, seam, np.full(3, rng.uniform(0, 1)))
    if rng.random() < 0.3:
        stick = line(np.array([(0.5, 0.5), (0.5, 0.99)]), 0.02)
        return drawing(colour, np.maximum(cover, stick), (0.5, 0.97))
    return drawing(colour, cover, (0.5 + 0.7 * wide * rng.uniform(-1, 1), 0.5 + 0.6 * tall))


def umbrella(rng: Rng) -> Drawing:
    """An open umbrella or parasol from the side."""
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    rise = rng.uniform(0.25, 0.45)
    ribs = int(rng.integers(3, 8))
    dome = ((x - 0.5) / 0.48) ** 2 + ((y - rise - 0.03) / rise) ** 2 < 1
    lower = rise + 0.03 - 0.04 * np.abs(np.sin(np.pi * ribs * x))
    cover = soft(dome & (y < lower))
    colour = surface(rng) * (1 - 0.5 * np.abs(x - 0.5 - rng.uniform(-0.2, 0.2)))[..., None]
    for k in range(ribs + 1):
        rib = line(np.array([(0.5, 0.03), (k / ribs, rise)]), 0.008)
        colour = painted(colour, rib, np.full(3, rng.uniform(0, 0.5)))
    shaft = line(np.array([(0.5, 0.03), (0.5, 0.97)]), rng.uniform(0.012, 0.025))
    colour = painted(colour, shaft * (1 - cover), np.full(3, rng.uniform(0, 1)))
    return drawing(colour, np.maximum(cover, shaft), (0.5, 0.93))


def racket(rng: Rng) -> Drawing:
    """A racket, net, pan, mirror, fan or guitar: something round on a handle."""
    wide, tall = rng.uniform(0.15, 0.3), rng.uniform(0.2, 0.3)
    middle = (0.5, tall + 0.02)
    handle = line(np.array([(0.5, 2 * tall), (0.5, 0.98)]), rng.uniform(0.02, 0.07))
    if rng.random() < 0.5:
        cover = np.maximum(ring(middle, (wide, tall), 0.035), handle)
        inside = ellipse(middle, (wide, tall))
        gap = rng.uniform(0.03, 0.07)
        for at in np.arange(0, 1, gap):
            for ends in ([(at, 0), (at, 1)], [(0, at), (1, at)]):
                cover = np.maximum(cover, inside * line(np.array(ends), 0.008))
    else:
        cover = np.maximum(ellipse(middle, (wide, tall)), handle)
    return drawing(surface(rng), cover, (0.5, rng.uniform(0.75, 0.97)))


def bag(rng: Rng) -> Drawing:
    """A bag, basket, bucket or lantern that hangs from its handle."""
    wide, top = rng.uniform(0.2, 0.45), rng.uniform(0.3, 0.5)
    foot = wide * rng.uniform(0.7, 1.2)
    body = polygon(
        np.array(
            [(0.5 - wide, 1 - top), (0.5 + wide, 1 - top), (0.5 + foot, 0.02), (0.5 - foot, 0.02)]
        ).clip(0.02, 0.98)
    )
    loop = ring((0.5, 1 - top), (0.6 * wide, top - 0.03), rng.uniform(0.015, 0.04))
    colour = surface(rng) * rng.uniform(0.7, 1.2)
    return drawing(colour, np.maximum(body, loop), (0.5, 0.97), hangs=True)


def bunch(rng: Rng) -> Drawing:
    """Flowers, feathers, sweets, balloons: round things on stems."""
    cover = np.zeros((SIDE, SIDE), np.float32)
    colour = (
        np.full((SIDE, SIDE, 3), 0.4, np.float32)
        * np.array([0.5, 0.9, 0.4])
        * rng.uniform(0.4, 1.4)
    )
    for _ in range(rng.integers(4, 16)):
        tip = np.array([rng.uniform(0.1, 0.9), rng.uniform(0.08, 0.55)])
        cover = np.maximum(cover, line(np.array([(0.5, 0.97), tip]), 0.01))
        wide = rng.uniform(0.03, 0.12)
        head = ellipse(tuple(tip), (wide, wide * rng.uniform(0.6, 1.2)))
        colour = painted(colour, head, tint(rng) * ball_light(tip, wide, rng))
        cover = np.maximum(cover, head)
    return drawing(colour, cover, (0.5, rng.uniform(0.75, 0.95)))


def lump(rng: Rng) -> Drawing:
    """A toy, a bag of something, a small animal, an instrument: rounded parts grown together."""
    cover = np.zeros((SIDE, SIDE), np.float32)
    colour = surface(rng)
    for _ in range(rng.integers(2, 7)):
        middle, size = rng.uniform(0.3, 0.7, 2), rng.uniform(0.08, 0.28, 2)
        part = ellipse(tuple(middle), tuple(size))
        colour = painted(colour, part, surface(rng) * ball_light(middle, size.max(), rng))
        cover = np.maximum(cover, part)
    rows = np.flatnonzero(cover.max(1) > 0.5)
    return drawing(colour, cover, (0.5, rows[-1] / SIDE - 0.1))


KINDS = (
    rod,
    rod,
    roll,
    string,
    slab,
    slab,
    camera,
    cup,
    glass,
    bottle,
    ball,
    umbrella,
    racket,
    bag,
    bunch,
    lump,
)

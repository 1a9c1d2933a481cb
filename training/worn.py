"""What heads wear, as flat drawings; ``anchor`` is on the top of the head."""

from __future__ import annotations

import numpy as np
from brushes import (
    SIDE,
    Drawing,
    Rng,
    ball_light,
    drawing,
    ellipse,
    inside_ellipse,
    line,
    outline,
    painted,
    ring,
    soft,
    surface,
)


def hat(rng: Rng) -> Drawing:
    """A hat, cap, hood, bun, helmet or crown of flowers; its lower edge is on the head."""
    wide, rise = rng.uniform(0.2, 0.34), rng.uniform(0.12, 0.4)
    dome = soft(
        inside_ellipse((0.5, 0.7), (wide, rise)) & (np.mgrid[:SIDE, :SIDE][0] < 0.72 * SIDE)
    )
    colour = surface(rng) * ball_light((0.5, 0.6), wide, rng)
    cover = dome
    if rng.random() < 0.6:  # a brim, or a peak to one side
        brim = ellipse(
            (0.5 + rng.choice([0, 0, -0.15, 0.15]), 0.7),
            (rng.uniform(0.25, 0.48), rng.uniform(0.02, 0.1)),
        )
        colour = painted(colour, brim, surface(rng) * rng.uniform(0.5, 1))
        cover = np.maximum(cover, brim)
    if rng.random() < 0.3:
        band = dome * (np.abs(np.mgrid[:SIDE, :SIDE][0] / SIDE - 0.66) < 0.04)
        colour = painted(colour, band, rng.uniform(0, 1, 3))
    return drawing(colour, cover, (0.5, 0.7 - rng.uniform(0, 0.08)))


def spectacles(rng: Rng) -> Drawing:
    """Glasses, or headphones over the head."""
    if rng.random() < 0.4:
        cover = ring((0.5, 0.55), (0.3, 0.35), 0.05) * (np.mgrid[:SIDE, :SIDE][0] < 0.6 * SIDE)
        for x in (0.2, 0.8):
            cover = np.maximum(cover, ellipse((x, 0.6), (0.07, 0.12)))
        return drawing(surface(rng) * rng.uniform(0.1, 1), cover, (0.5, 0.25))
    wide, tall, y = rng.uniform(0.1, 0.14), rng.uniform(0.07, 0.12), rng.uniform(0.5, 0.7)
    cover = line(np.array([(0.2, y), (0.8, y - 0.01)]), 0.02)
    opacity = np.ones((SIDE, SIDE), np.float32)
    lens = np.maximum(ellipse((0.36, y), (wide, tall)), ellipse((0.64, y), (wide, tall)))
    frame = outline(lens, 4)
    dark = rng.random() < 0.5
    opacity = np.where(lens > frame, np.float32(0.9 if dark else 0.15), opacity)
    colour = painted(
        np.full((SIDE, SIDE, 3), rng.uniform(0, 0.6), np.float32),
        lens * (1 - frame),
        np.full(3, 0.08 if dark else 0.9),
    )
    return Drawing(
        colour.astype(np.float32),
        np.maximum(cover, lens),
        opacity.astype(np.float32),
        (0.5 * SIDE, 0.1 * SIDE),
    )


WORN = (hat, hat, hat, spectacles)

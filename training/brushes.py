"""Light, stuffs and outlines of small drawings: what ``drawings.py`` puts together.

All are on a square of ``SIDE`` pixels; places and sizes are shares of it, from the top left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from renders import Floats

SIDE = 192
Rng = np.random.Generator


@dataclass(frozen=True)
class Drawing:
    """Colours S×S×3 in 0..1, the share of each pixel that is covered S×S, how much of the light
    from behind is stopped there S×S, the place (x, y) in pixels where it is held, and whether it
    hangs down from there."""

    colour: Floats
    cover: Floats
    opacity: Floats
    anchor: tuple[float, float]
    hangs: bool = False


def drawing(
    colour: Floats, cover: Floats, anchor: tuple[float, float], hangs: bool = False
) -> Drawing:
    opacity = np.ones((SIDE, SIDE), np.float32)
    place = (anchor[0] * SIDE, anchor[1] * SIDE)
    return Drawing(
        colour.astype(np.float32).clip(0, 1), cover.astype(np.float32), opacity, place, hangs
    )


def tint(rng: Rng) -> Floats:
    """Often grey, sometimes strong."""
    return np.clip(1 + rng.normal(0, rng.choice([0.05, 0.15, 0.5]), 3), 0.1, 1.9).astype(np.float32)


def surface(rng: Rng) -> Floats:
    """Plain, shaded, striped, spotted or noisy."""
    base = rng.choice([0.05, 0.95, rng.uniform(0.1, 0.9)], p=[0.2, 0.2, 0.6]) * tint(rng)
    colour = np.broadcast_to(base, (SIDE, SIDE, 3)).astype(np.float32)
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32) / SIDE
    kind = rng.random()
    if kind < 0.2:
        turn, often = rng.uniform(0, np.pi), rng.uniform(8, 60)
        stripes = np.sin(often * (np.cos(turn) * x + np.sin(turn) * y)) > rng.uniform(-0.5, 0.8)
        colour = painted(colour, stripes.astype(np.float32), rng.uniform(0, 1, 3))
    elif kind < 0.5:
        cells = int(rng.integers(2, 24))
        noise = rng.normal(0, rng.uniform(0.05, 0.4), (cells, cells, rng.choice([1, 3])))
        noise = cv2.resize(noise.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        colour = colour * (1 + noise.reshape(SIDE, SIDE, -1))
    if rng.random() < 0.5:
        turn = rng.uniform(0, 2 * np.pi)
        colour = (
            colour
            * (1 + rng.uniform(0, 0.7) * (np.cos(turn) * (x - 0.5) + np.sin(turn) * (y - 0.5)))[
                ..., None
            ]
        )
    return np.clip(colour, 0, 1).astype(np.float32)


def rounded(half: float, rng: Rng) -> Floats:
    """Light on an upright cylinder, 1×S×1."""
    across = (np.arange(SIDE) / SIDE - 0.5) / half
    side = rng.uniform(-0.7, 0.7)
    light = 0.45 + 0.75 * np.sqrt(np.clip(1 - (across - side) ** 2 / 2.5, 0, 1))
    shine = rng.choice([0, 0, 1.5]) * np.exp(-(((across - side) / 0.12) ** 2))
    return (light + shine)[None, :, None].astype(np.float32)


def ball_light(middle: tuple[float, float] | Floats, radius: float, rng: Rng) -> Floats:
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    shift = rng.uniform(-0.6, 0.6, 2) * radius
    away = np.hypot(x - middle[0] - shift[0], y - middle[1] - shift[1]) / radius
    shine = rng.choice([0, 0, 2.0]) * np.exp(-((away / 0.18) ** 2))
    return (0.35 + 0.8 * np.sqrt(np.clip(1 - away**2 / 3.5, 0, 1)) + shine)[..., None].astype(
        np.float32
    )


def painted(colour: Floats, share: Floats, paint: Floats) -> Floats:
    return (colour + share[..., None] * (paint - colour)).astype(np.float32)


def polygon(corners: list[tuple[float, float]] | Floats) -> Floats:
    canvas = np.zeros((SIDE, SIDE), np.uint8)
    points = np.round(np.asarray(corners) * SIDE * 16).astype(np.int32)
    cv2.fillPoly(canvas, [points], 255, cv2.LINE_AA, shift=4)
    return canvas / np.float32(255)


def line(points: Floats, thickness: float) -> Floats:
    canvas = np.zeros((SIDE, SIDE), np.uint8)
    codes = np.round(np.asarray(points) * SIDE * 16).astype(np.int32)[:, None]
    cv2.polylines(
        canvas, [codes], False, 255, max(1, round(thickness * SIDE)), cv2.LINE_AA, shift=4
    )
    return canvas / np.float32(255)


def inside_ellipse(middle: tuple[float, float], radii: tuple[float, float]) -> np.ndarray:
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    return ((x - middle[0]) / radii[0]) ** 2 + ((y - middle[1]) / radii[1]) ** 2 < 1


def ellipse(middle: tuple[float, float], radii: tuple[float, float]) -> Floats:
    return soft(inside_ellipse(middle, radii))


def ring(middle: tuple[float, float], radii: tuple[float, float], thickness: float) -> Floats:
    inner = tuple(max(r - thickness, 1e-3) for r in radii)
    return soft(inside_ellipse(middle, radii) & ~inside_ellipse(middle, inner))


def outline(cover: Floats, width_px: int) -> Floats:
    return cover - cv2.erode(cover, np.ones((2 * width_px + 1,) * 2, np.uint8))


def soft(mask: np.ndarray) -> Floats:
    return cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.7)

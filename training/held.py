"""Things in people's hands and on their heads: renders of people have none.

They are drawn over the view and belong to who holds them: person 1, and the holder's disparity at
that place, a little nearer. The same things lie, stand and hang about in the background, where they
belong to nobody; otherwise a network would learn that bottles are people.
"""

from __future__ import annotations

import cv2
import numpy as np
from brushes import SIDE, Drawing
from drawings import KINDS
from numpy.typing import NDArray
from renders import Floats, Pair
from worn import WORN

SHARE = 0.75  # of the views with people; a third of that of those without
NOBODYS = 0.5  # of the things
BESIDE = 0.5  # of those that are nobody's: they touch somebody whose they are not
WEIGHT = 3.0  # of a thing's pixels in the loss, for they are few
LEAST = 0.01  # people under this share of the view hold nothing that could be seen
SUBPIXELS = 2
Rng = np.random.Generator
Mask = NDArray[np.bool_]


def perhaps_held(pair: Pair, rng: Rng) -> Pair:
    """The pair as it is, or with one to three things added."""
    people = pair.person > 0.75
    somebody = bool(people.mean() > LEAST)
    if rng.random() >= (SHARE if somebody else SHARE / 3):
        return pair
    for _ in range(rng.choice(3, p=[0.5, 0.3, 0.2]) + 1):
        add = held if somebody and rng.random() >= NOBODYS else lying
        pair = add(pair, people, rng)
    return pair


def held(pair: Pair, people: Mask, rng: Rng) -> Pair:
    """With a thing in a hand, before the body, under an arm or on a head of ``people``."""
    one = _one_of(people, rng)
    crown = _crown(one) if rng.random() < 0.25 else None
    if crown is not None:
        spot, head_px = crown
        drawing = WORN[rng.integers(len(WORN))](rng)
        size_px, angle = head_px * rng.uniform(1.4, 2.2), -np.pi / 2 + rng.normal(0, 0.12)
    else:
        spot, outward = _grip(one, rng)
        drawing = KINDS[rng.integers(len(KINDS))](rng)
        size_px = np.sqrt(one.sum()) * np.exp(rng.uniform(np.log(0.25), np.log(1.8)))
        upright = rng.random() < 0.5
        angle = rng.normal(-np.pi / 2, 0.25) if upright else outward + rng.normal(0, 0.6)
        if drawing.hangs:
            angle = np.pi / 2 + rng.normal(0, 0.1)
    colour, cover, opacity = _placed(drawing, pair, spot, size_px, angle, rng)
    holder = float(np.median(pair.disparity[_disc(one.shape, spot, 4) & one]))
    disparity = holder * rng.uniform(1.0, 1.08) * _slope(one.shape, spot, rng)
    cover = cover * (pair.disparity < 1.15 * disparity)
    if crown is None and rng.random() < 0.5:  # the hand is around it
        cover = cover * ~(people & _disc(one.shape, spot, size_px * rng.uniform(0.05, 0.15)))
    return _over(pair, colour, cover, opacity, disparity, person=1.0)


def lying(pair: Pair, people: Mask, rng: Rng) -> Pair:
    """With a thing behind ``people`` or beside them, before what is there: nobody's."""
    height, width = people.shape
    spot = rng.uniform((0, 0), (width, height))
    largest = 0.6
    if people.any() and rng.random() < BESIDE:
        around = np.argwhere(cv2.dilate(people.astype(np.uint8), np.ones((9, 9))) > people)
        spot = around[rng.integers(len(around))][::-1].astype(float) if len(around) else spot
        largest = 1.5
    local = float(pair.disparity[int(spot[1]), int(spot[0])])
    every = KINDS + WORN
    drawing = every[rng.integers(len(every))](rng)
    angle = rng.normal(-np.pi / 2, 0.2) if rng.random() < 0.6 else rng.uniform(0, 2 * np.pi)
    size_px = np.sqrt(height * width) * np.exp(rng.uniform(np.log(0.06), np.log(largest)))
    colour, cover, opacity = _placed(drawing, pair, spot, size_px, angle, rng)
    step = float(np.percentile(pair.disparity, 95)) * rng.uniform(0.0, 0.25)
    disparity = (local + step) * rng.uniform(1.02, 1.15) * _slope(people.shape, spot, rng)
    if people.any():
        behind = 0.9 * float(np.percentile(pair.disparity[people], 15))
        disparity = np.minimum(disparity, max(behind, 1e-3))
    cover = cover * (pair.disparity < disparity) * (pair.person < 0.5)
    return _over(pair, colour, cover, opacity, disparity, person=0.0)


def _over(
    pair: Pair, colour: Floats, cover: Floats, opacity: Floats, disparity: Floats, person: float
) -> Pair:
    """What is thinner than a pixel is mixed by the share that it covers, as the fences are."""
    seen = (cover * opacity)[..., None]
    return Pair(
        (pair.image + seen * (colour - pair.image)).astype(np.float32),
        (pair.disparity + cover * (disparity - pair.disparity)).astype(np.float32),
        (pair.person + cover * (person - pair.person)).astype(np.float32),
        np.where(cover > 0.3, np.float32(WEIGHT), pair.weight),
    )


def _placed(
    drawing: Drawing, pair: Pair, spot: Floats, size_px: float, angle: float, rng: Rng
) -> tuple[Floats, Floats, Floats]:
    """Colour, cover and opacity over the view: the drawing turned so that up is ``angle``."""
    height, width = pair.disparity.shape
    scale = size_px / SIDE * SUBPIXELS
    mirror = rng.choice([-1, 1])
    cos, sin = scale * np.cos(angle + np.pi / 2), scale * np.sin(angle + np.pi / 2)
    matrix = np.array([[mirror * cos, -sin, 0], [mirror * sin, cos, 0]])
    matrix[:, 2] = np.asarray(spot) * SUBPIXELS - matrix[:, :2] @ drawing.anchor
    size_wh = (width * SUBPIXELS, height * SUBPIXELS)
    mean = cv2.INTER_AREA

    def warped(source: Floats, border: int) -> Floats:
        large = cv2.warpAffine(source, matrix, size_wh, flags=cv2.INTER_LINEAR, borderMode=border)
        return cv2.resize(large, (width, height), interpolation=mean)

    colour = drawing.colour
    if rng.random() < 0.25:  # as what is behind it: camouflage
        there = _disc((height, width), spot, size_px / 2)
        mine = (colour * drawing.cover[..., None]).sum((0, 1)) / max(drawing.cover.sum(), 1)
        colour = (colour * pair.image[there].mean(0) / (mine + 0.05)).clip(0, 1)
    elif rng.random() < 0.15:  # of a stuff that is in the picture
        y, x = (int(rng.integers(n // 2)) for n in (height, width))
        colour = cv2.resize(pair.image[y : y + height // 2, x : x + width // 2], (SIDE, SIDE))
    replicated = warped(colour.astype(np.float32), cv2.BORDER_REPLICATE)
    cover = warped(drawing.cover, cv2.BORDER_CONSTANT)
    return replicated, cover, warped(drawing.opacity, cv2.BORDER_REPLICATE)


def _one_of(people: Mask, rng: Rng) -> Mask:
    """One connected part, a large one rather than a small one."""
    _, numbers, stats, _ = cv2.connectedComponentsWithStats(people.astype(np.uint8))
    area = stats[1:, cv2.CC_STAT_AREA].astype(float)
    return numbers == 1 + rng.choice(len(area), p=area / area.sum())


def _grip(one: Mask, rng: Rng) -> tuple[Floats, float]:
    """Where a thing is held, (x, y), and the direction away from the body there."""
    y, x = np.nonzero(one)
    middle = np.array([x.mean(), y.mean()])
    kind = rng.random()
    if kind < 0.55:  # at the end of what is thin: an arm
        radius = max(2, round(0.14 * np.sqrt(len(x))))
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
        core = cv2.morphologyEx(one.astype(np.uint8), cv2.MORPH_OPEN, kernel) > 0
        ly, lx = np.nonzero(one & ~core)
        if len(lx):
            pick = rng.integers(len(lx), size=8)
            ends = np.stack([lx[pick], ly[pick]], 1).astype(float)
            away = np.hypot(*((ends - middle).T))
            spot = ends[np.argmax(away)]
            return spot, float(np.arctan2(*(spot - middle)[::-1]))
    if kind < 0.75:
        inner = cv2.erode(one.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        y, x = np.nonzero(one & ~inner)
    pick = rng.integers(len(x))
    spot = np.array([x[pick], y[pick]], float)
    return spot, float(np.arctan2(*(spot - middle)[::-1]))


def _crown(one: Mask) -> tuple[Floats, float] | None:
    """The top of the head, (x, y), and its width in pixels; None where the frame cuts it off."""
    rows = np.flatnonzero(one.any(1))
    top, tall = int(rows[0]), len(rows)
    if top < 3 or tall < 12:
        return None
    x = float(np.flatnonzero(one[top]).mean())
    band = one[top + 1 : top + 2 + tall // 10]
    width = float(np.clip(np.median(band.sum(1)), 0.05 * tall, 0.5 * tall))
    return np.array([x, top + 0.12 * width]), width


def _disc(shape_hw: tuple[int, int], spot: Floats, radius_px: float) -> Mask:
    y, x = np.mgrid[: shape_hw[0], : shape_hw[1]]
    return (x - spot[0]) ** 2 + (y - spot[1]) ** 2 <= max(radius_px, 1) ** 2


def _slope(shape_hw: tuple[int, int], spot: Floats, rng: Rng) -> Floats:
    """A slanted plane around 1: things point toward the camera or away from it."""
    y, x = np.mgrid[: shape_hw[0], : shape_hw[1]] / np.float32(max(shape_hw))
    turn, steep = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.25)
    far = np.cos(turn) * (x - spot[0] / max(shape_hw)) + np.sin(turn) * (
        y - spot[1] / max(shape_hw)
    )
    return (1 + steep * far).astype(np.float32)

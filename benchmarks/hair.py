"""Drawn hair with a known opacity, before backgrounds that ask for more or less of a matte.

    python benchmarks/hair.py

Prints the mean error of alpha where hair is, ours over that of a hard edge, for each background.
The disparity that the matte is given is that of the solid head, as soft as a network's.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from defocus.transfer import SRGB

Floats = NDArray[np.float32]

SIZE = 640
FINE = 4  # strands are drawn so many times finer than a pixel


@dataclass(frozen=True, eq=False)
class Head:
    """A picture (H×W×3 uint8), its disparity, the true opacity, and where hair is."""

    picture: NDArray[np.uint8]
    disparity: Floats
    alpha: Floats
    hair: NDArray[np.bool_]


BACKGROUNDS = ("bright", "dark", "busy")


def head(background: str, seed: int = 1) -> Head:
    """Brown hair around a head; most strands reach 1 to 4 % of the picture beyond it, a few 8."""
    rng = np.random.default_rng(seed)
    fine = SIZE * FINE
    canvas = np.zeros((fine, fine), np.uint8)
    middle, radius = np.array([fine * 0.5, fine * 0.55]), fine * 0.2
    cv2.circle(canvas, middle.astype(int).tolist(), int(radius), 255, -1)
    cv2.rectangle(canvas, (int(fine * 0.25), int(fine * 0.7)), (int(fine * 0.75), fine), 255, -1)
    solid = canvas.copy()
    for _ in range(700):
        angle = rng.uniform(-np.pi, 0.1 * np.pi)
        length = min(0.008 + rng.exponential(0.018), 0.08) * fine
        bend = rng.normal(0, 0.5)
        at = np.linspace(-0.05, 1, 24)[:, None] * length
        out = np.array([np.cos(angle), np.sin(angle)])
        side = np.array([-out[1], out[0]])
        path = middle + out * (radius + at) + side * bend * at * at / length
        thick = int(rng.integers(2, 6))
        cv2.polylines(canvas, [path.astype(np.int32).reshape(-1, 1, 2)], False, 255, thick)
    alpha = _smaller(canvas)
    body = _smaller(solid)
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    texture = cv2.resize(rng.random((40, 40, 3)).astype(np.float32), (SIZE, SIZE))
    behind = {
        "bright": 0.82 + 0.1 * texture,
        "dark": 0.08 + 0.12 * texture,
        "busy": 0.35 + 0.3 * texture + 0.15 * np.sin(x / 9)[..., None],
    }[background]
    front = np.float32([0.30, 0.19, 0.12]) * (1 + 0.25 * np.sin(y / 5 + x / 11))[..., None]
    share = alpha[..., None]
    ours, theirs = (SRGB.decode(np.float32(colour)) for colour in (front, behind))
    mixed = SRGB.encode(share * ours + (1 - share) * theirs)  # as a camera sees it
    noisy = mixed + rng.normal(0, 0.006, mixed.shape)
    soft = cv2.GaussianBlur(body, (0, 0), SIZE / 160)
    ring = cv2.dilate(alpha, np.ones((9, 9), np.uint8)) - cv2.erode(
        alpha, np.ones((9, 9), np.uint8)
    )
    return Head(
        np.round(255 * np.clip(noisy, 0, 1)).astype(np.uint8),
        np.asarray(0.1 + 0.7 * soft, np.float32),
        alpha,
        ring > 0.02,
    )


def _smaller(fine: NDArray[np.uint8]) -> Floats:
    small = cv2.resize(fine, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) / 255


def error(background: str) -> tuple[float, float]:
    """Mean error of alpha where hair is: ours, and that of the disparity cut in two."""
    from defocus.disparity import Disparity
    from defocus.edit import Edit
    from defocus.focus import FocalPlane
    from defocus.layers import make_layers
    from defocus.optics import Lens
    from defocus.photo import Photo
    from defocus.scene import Scene

    made = head(background)
    plane = FocalPlane(0.8, 0.06)
    whole = Disparity(made.disparity)
    scene = Scene(Photo(made.picture), whole, whole)
    layers = make_layers(scene, Edit(lens=Lens(1.4)), plane)
    sharp = (np.abs(layers.radius_px) < 1).astype(np.float32)
    found = sharp
    if layers.behind is not None:
        see_through = layers.behind.alpha.astype(np.float32) / 255
        found = np.where(layers.behind.alpha < 255, see_through, sharp)
    cut = (made.disparity > 0.45).astype(np.float32)
    errors = [float(np.abs(a - made.alpha)[made.hair].mean()) for a in (found, cut)]
    return errors[0], errors[1]


def main() -> None:
    for background in BACKGROUNDS:
        ours, cut = error(background)
        print(f"{background:7s} alpha error {ours:.4f}, {ours / cut:.2f} × that of a hard edge")


if __name__ == "__main__":
    main()

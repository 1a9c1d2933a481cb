"""Synthetic photos with exact blur radii for the speed benchmark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def texture(width: int, height: int, seed: int) -> NDArray[np.uint8]:
    """Noise of every scale with the spectrum of a photo, plus sensor noise."""
    rng = np.random.default_rng(seed)
    total = np.zeros((height, width, 3), np.float32)
    cells = 4
    while cells < max(width, height):
        grid = rng.normal(0, 1, (max(2, cells * height // width), cells, 3)).astype(np.float32)
        total += cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC) * cells**-0.5
        cells *= 2
    noise = rng.normal(0, 2, total.shape).astype(np.float32)
    return np.clip(110 + 80 * total + noise, 0, 255).astype(np.uint8)


def _ellipse(size_wh: tuple[int, int], x: float, y: float, w: float, h: float) -> NDArray[np.bool_]:
    width, height = size_wh
    yy, xx = np.ogrid[:height, :width]
    return ((xx / width - x) / w) ** 2 + ((yy / height - y) / h) ** 2 < 1


def scene(
    megapixels: float, radius: float, kind: str
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A 4:3 photo and its signed blur radii, the largest being ``radius`` pixels.

    ``portrait``: a sharp person before a receding background. ``complex``: also a ground plane that
    passes through the focal plane, a blurred foreground on both sides, and dots of light.
    """
    width = round((megapixels * 1e6 * 4 / 3) ** 0.5 / 2) * 2
    height = round(megapixels * 1e6 / width / 2) * 2
    size = width, height
    image = texture(width, height, 1)
    rows = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    radii = np.broadcast_to(-radius * (1 - 0.2 * rows), (height, width)).copy()
    person = _ellipse(size, 0.45, 0.35, 0.13, 0.2) | _ellipse(size, 0.45, 1.0, 0.27, 0.48)
    if kind == "complex":
        rng = np.random.default_rng(2)
        for _ in range(60):
            centre = int(rng.uniform(0, width)), int(rng.uniform(0, height * 0.6))
            cv2.circle(image, centre, max(1, width // 800), (255, 250, 240), -1, cv2.LINE_AA)
        ground = np.broadcast_to(radius * (-0.55 + (rows - 0.62) * 2.2), radii.shape)
        radii = np.where(rows > 0.62, np.minimum(ground, radius), radii)
    radii[person] = 0
    if kind == "complex":
        radii[_ellipse(size, 0.05, 0.85, 0.12, 0.3)] = 0.5 * radius
        radii[_ellipse(size, 1.0, 1.0, 0.14, 0.22)] = 0.9 * radius
    return image, np.ascontiguousarray(radii, np.float32)


def blog(image: NDArray[np.uint8], disparity: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The blog's method: threshold, open and close the mask, box blur, choose."""
    kernel = np.ones((5, 5), np.uint8)
    mask = (disparity < 0.5).astype(np.uint8)
    mask = cv2.morphologyEx(cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel), cv2.MORPH_CLOSE, kernel)
    return np.where(mask[..., None] > 0, cv2.blur(image, (21, 21)), image)

"""Synthetic training pairs: reading, splitting, and making them look like photographs.

A pair is ``NAME.jpg`` (sRGB) and ``NAME.npz`` with ``z`` (camera-space metres) and ``sky``; names
are ``seed_scene_view``, and all views of a scene fall on the same side of the split.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pathlib import Path

Floats = NDArray[np.float32]
NEAREST_M = 0.125
DOUBT = np.float32(0.5)  # a label that says nothing
SIZES_HW = {"wide": (266, 350), "tall": (350, 266), "square": (308, 308)}
LARGE_HW = {"wide": (322, 434), "tall": (434, 322), "square": (378, 378)}


@dataclass(frozen=True)
class Pair:
    """A picture in 0..1 (sRGB-encoded), its disparity in 1/m (sky 0), a person probability, and how
    much each pixel of it counts."""

    image: Floats
    disparity: Floats
    person: Floats
    weight: Floats


def names(folder: Path) -> list[str]:
    """All pairs in a folder, sorted."""
    return sorted(path.stem for path in folder.glob("*.npz"))


def is_validation(name: str) -> bool:
    """One scene in twelve is kept out of training."""
    return zlib.crc32(name.rpartition("_")[0].encode()) % 12 == 0


def read(folder: Path, name: str) -> tuple[Floats, Floats]:
    """Picture H×W×3 in 0..1 and disparity H×W in 1/m."""
    bgr = cv2.imread(str(folder / f"{name}.jpg"))
    with np.load(folder / f"{name}.npz") as stored:
        z, sky = stored["z"].astype(np.float32), stored["sky"]
    visible = ~sky & np.isfinite(z) & (z > 0)
    disparity = visible / np.maximum(np.where(visible, z, 1), NEAREST_M)
    return bgr[..., ::-1].astype(np.float32) / 255, disparity.astype(np.float32)


def read_labelled(folder: Path, name: str, labels: Path) -> Pair:
    """A pair with its subject from ``labels``."""
    codes = cv2.imread(str(labels / f"{name}.png"), cv2.IMREAD_GRAYSCALE)
    known = (codes != round(255 * float(DOUBT))).astype(np.float32)
    return Pair(*read(folder, name), codes.astype(np.float32) / 255, known)


def plain(pair: Pair) -> Pair:
    """The pair unchanged but for its size."""
    return _warp(
        pair,
        SIZES_HW[shape_of(pair.disparity)],
        scale=1.0,
        centre=(0.5, 0.5),
        roll_deg=0.0,
        mirror=False,
    )


def cropped(pair: Pair, size_hw: tuple[int, int], rng: np.random.Generator) -> Pair:
    """A random crop, mirror image and camera roll."""
    scale = 1.0 if rng.random() < 0.35 else rng.uniform(0.4, 1.0)
    roll = rng.normal(0, 3) if rng.random() < 0.4 else 0.0
    centre = (rng.random(), rng.random())
    return _warp(pair, size_hw, scale, centre, roll, mirror=rng.random() < 0.5)


def shape_of(image: NDArray[Any]) -> str:
    """The key of ``SIZES_HW`` that suits an image."""
    h, w = image.shape[:2]
    return "tall" if h > 1.1 * w else "wide" if w > 1.1 * h else "square"


def _warp(
    pair: Pair,
    size_hw: tuple[int, int],
    scale: float,
    centre: tuple[float, float],
    roll_deg: float,
    mirror: bool,
) -> Pair:
    h, w = pair.disparity.shape
    out_h, out_w = size_hw
    crop_h = min(h, w * out_h / out_w) * scale
    pixel = crop_h / out_h  # source pixels for one of ours
    x = crop_h * out_w / out_h / 2 + centre[0] * (w - crop_h * out_w / out_h)
    y = crop_h / 2 + centre[1] * (h - crop_h)
    cos, sin = pixel * np.cos(np.radians(roll_deg)), pixel * np.sin(np.radians(roll_deg))
    flip = -1 if mirror else 1
    forward = np.array([[flip * cos, -sin, 0], [flip * sin, cos, 0]])
    forward[:, 2] = (x, y) - forward[:, :2] @ ((out_w - 1) / 2, (out_h - 1) / 2)

    def apply(source: Floats, interpolation: int) -> Floats:
        return cv2.warpAffine(
            source,
            forward,
            (out_w, out_h),
            flags=interpolation | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT_101,
        )

    return Pair(
        np.clip(apply(pair.image, cv2.INTER_CUBIC), 0, 1),
        apply(pair.disparity, cv2.INTER_NEAREST),
        apply(pair.person, cv2.INTER_LINEAR),
        apply(pair.weight, cv2.INTER_NEAREST),
    )


def photographed(pair: Pair, rng: np.random.Generator) -> Pair:
    """What cameras do to a picture: blur, exposure, white balance, tone, grain, compression."""
    image = pair.image
    if rng.random() < 0.25:
        image = _defocused(pair, rng)
    image = image ** rng.uniform(0.7, 1.4) * rng.uniform(0.7, 1.3)
    image = image * np.exp(rng.normal(0, 0.07, 3))
    grey = image.mean(-1, keepdims=True)
    image = grey + (image - grey) * rng.uniform(0.4, 1.6)
    image = image.mean() + (image - image.mean()) * rng.uniform(0.75, 1.3)
    if rng.random() < 0.06:
        image = np.repeat(image.mean(-1, keepdims=True), 3, -1)
    if rng.random() < 0.3:
        image = image * _vignette(image.shape[:2], rng.uniform(0.1, 0.6))
    if rng.random() < 0.3:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.6))
    if rng.random() < 0.4:
        image = image + rng.normal(0, rng.uniform(0.005, 0.04), image.shape)
    codes = (np.clip(image, 0, 1) * 255).astype(np.uint8)
    if rng.random() < 0.4:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 90))]
        codes = cv2.imdecode(cv2.imencode(".jpg", codes, quality)[1], cv2.IMREAD_COLOR)
    return replace(pair, image=codes.astype(np.float32) / 255)


def _vignette(size_hw: tuple[int, int], strength: float) -> Floats:
    y, x = (np.linspace(-1, 1, n, dtype=np.float32) for n in size_hw)
    return (1 - strength * (x[None] ** 2 + y[:, None] ** 2) / 2)[..., None]


def _defocused(pair: Pair, rng: np.random.Generator) -> Floats:
    """A shallow depth of field that is already in the photo, by mixing Gaussian levels."""
    relative = pair.disparity / max(float(np.percentile(pair.disparity, 97)), 1e-6)
    person = pair.person > 0.5
    quantile = rng.uniform(0.3, 0.95)
    focus = relative[person].mean() if person.any() else np.quantile(relative, quantile)
    sigma = np.abs(relative - focus) * rng.uniform(2, 9)
    sigma = cv2.GaussianBlur(sigma.astype(np.float32), (0, 0), 1.5)
    level = np.clip(np.log2(np.maximum(sigma, 0.5)) + 1, 0, 4)[..., None]
    blurred = [pair.image] + [cv2.GaussianBlur(pair.image, (0, 0), s) for s in (1, 2, 4, 8)]
    return sum(b * np.clip(1 - np.abs(level - k), 0, 1) for k, b in enumerate(blurred))

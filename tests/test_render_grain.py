"""A blurred area has the grain of a sharp one."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from PIL import Image

from defocus.render import render_lens
from defocus.render.grain import lay, measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

H, W = 420, 560
FLAT = np.s_[230:400, 380:540]


def picture() -> NDArray[np.float64]:
    """Smooth tones, and texture that is no grain on the left."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:H, :W]
    image = 60 + 120 * (x / W)[..., None] * np.array([1, 0.9, 0.8]) + 20 * (y / H)[..., None]
    rough = cv2.resize(rng.normal(0, 30, (60, 80, 3)), (W, H), interpolation=cv2.INTER_CUBIC)
    image[:, : W // 3] += rough[:, : W // 3]
    image[:150, 200:350] += rng.normal(0, 25, (150, 150, 1))
    return np.asarray(image.clip(4, 250))


def noisy(kind: str) -> NDArray[np.float64]:
    image, rng = picture(), np.random.default_rng(3)
    white = rng.normal(0, 1, image.shape)
    if kind == "film":
        coarse = cv2.GaussianBlur(white, (0, 0), 1.2)
        coarse /= coarse.std()
        return np.asarray(image + 6 * (1.2 * coarse.mean(-1, keepdims=True) + 0.4 * coarse))
    if kind == "high iso":
        colour = cv2.GaussianBlur(white, (0, 0), 2)
        both = 0.6 * rng.normal(0, 1, (H, W, 1)) + 0.5 * colour / colour.std()
        return np.asarray(image + (2 + 6 * np.sqrt(image / 255)) * both)
    if kind == "phone":
        soft = cv2.GaussianBlur(image + 5 * white, (0, 0), 0.8).clip(0, 255).astype(np.uint8)
        file = io.BytesIO()
        Image.fromarray(soft).save(file, "JPEG", quality=92)
        return np.asarray(Image.open(file)).astype(float)
    if kind == "grey":
        return np.asarray(image.mean(-1, keepdims=True) + 4 * white[..., :1] * np.ones(3))
    return np.asarray(image + 0.9 * white)


def coded(image: NDArray[np.float64], dtype: type) -> NDArray[Any]:
    scale = np.iinfo(dtype).max / 255
    return np.rint(image.clip(0, 255) * scale).astype(dtype)


def power(image: NDArray[Any]) -> NDArray[np.float64]:
    part = image[FLAT].astype(float)
    return np.asarray((part - cv2.GaussianBlur(part, (0, 0), 6)).var((0, 1)))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("kind", ["film", "high iso", "clean", "phone", "grey"])
def test_the_noise_of_a_blurred_flat_area_is_that_of_a_sharp_one(kind: str, dtype: type) -> None:
    image = coded(noisy(kind), dtype)
    radius = np.full((H, W), -9, np.float32)
    out = render_lens(image, radius)
    assert (power(out) < 0.3 * power(image)).all()
    grain = measure(image)
    assert grain is not None
    lay(out, radius, grain, 1.0)
    ratio = power(out) / power(image)
    assert (ratio > 0.85).all(), ratio
    assert (ratio < 1.15).all(), ratio


def test_grey_stays_grey() -> None:
    image = coded(noisy("grey"), np.uint8)
    radius = np.full((H, W), -9, np.float32)
    out = np.repeat(render_lens(image, radius)[..., :1], 3, -1)
    grain = measure(image)
    assert grain is not None
    lay(out, radius, grain, 1.0)
    assert np.ptp(out.astype(int), axis=-1).max() <= 1


def test_what_is_sharp_keeps_every_value_and_the_grain_is_always_the_same() -> None:
    image = coded(noisy("film"), np.uint8)
    radius = np.full((H, W), -9, np.float32)
    radius[:, :200] = 0.5
    grain = measure(image)
    assert grain is not None
    first, second = image.copy(), image.copy()
    lay(first, radius, grain, 1.0)
    lay(second, radius, grain, 1.0)
    assert np.array_equal(first, second)
    assert np.array_equal(first[:, :200], image[:, :200])
    assert not np.array_equal(first[:, 200:], image[:, 200:])
    nothing = image.copy()
    lay(nothing, radius, grain, 0.0)
    assert np.array_equal(nothing, image)


@pytest.mark.parametrize("size_hw", [(1, 1), (31, 500), (200, 200)])
def test_without_noise_or_without_room_there_is_no_grain(size_hw: tuple[int, int]) -> None:
    assert measure(np.full((*size_hw, 3), 120, np.uint8)) is None

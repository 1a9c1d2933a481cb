"""What the renderer refuses, and how it says so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from defocus.errors import EditError
from defocus.render import Behind, render_lens

IMAGE = np.full((40, 70, 3), 9, np.uint8)
RADIUS = np.full((40, 70), -4, np.float32)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e9, -5000])
@pytest.mark.parametrize("at", [(0, 0), (39, 69), (17, 33)])
def test_absurd_radii_are_refused(value: float, at: tuple[int, int]) -> None:
    radius = RADIUS.copy()
    radius[at] = value
    with pytest.raises(EditError, match=rf"radius_px .* x={at[1]}, y={at[0]}"):
        render_lens(IMAGE, radius)


def test_absurd_radii_behind_are_refused_where_they_are_read() -> None:
    alpha = np.full((40, 70), 255, np.uint8)
    radius = np.full((40, 70), np.nan, np.float32)
    render_lens(IMAGE, RADIUS, behind=Behind(alpha, IMAGE, radius))
    alpha[3, 5] = 100
    with pytest.raises(EditError, match=r"behind.radius_px .* x=5, y=3"):
        render_lens(IMAGE, RADIUS, behind=Behind(alpha, IMAGE, radius))


@pytest.mark.parametrize(
    ("image", "radius", "message"),
    [
        (IMAGE.astype(np.float64), RADIUS, "uint8, uint16 or float32"),
        (IMAGE[..., 0], RADIUS, "H×W×3"),
        (IMAGE[:0], RADIUS[:0], "not empty"),
        (IMAGE, RADIUS[:-1], "like the image"),
        (IMAGE, RADIUS.astype(np.float64), "must be float32"),
        (np.full((40, 70, 3), np.nan, np.float32), RADIUS, "NaN or infinite"),
        ("photo.jpg", RADIUS, "uint8, uint16 or float32"),
    ],
)
def test_wrong_arguments_are_refused(image: Any, radius: Any, message: str) -> None:
    with pytest.raises(EditError, match=message):
        render_lens(image, radius)


@pytest.mark.parametrize("threads", [0, -1, True])
def test_threads_must_be_positive(threads: int) -> None:
    with pytest.raises(EditError, match="threads"):
        render_lens(IMAGE, RADIUS, threads=threads)


def test_behind_must_fit_the_image() -> None:
    alpha = np.zeros((40, 70), np.uint8)
    with pytest.raises(EditError, match=r"behind\.colour must be like the image"):
        render_lens(IMAGE, RADIUS, behind=Behind(alpha, IMAGE.astype(np.uint16), RADIUS))
    with pytest.raises(EditError, match=r"behind\.alpha"):
        render_lens(IMAGE, RADIUS, behind=Behind(alpha[1:], IMAGE, RADIUS))


def test_strided_views_are_taken() -> None:
    image = np.random.default_rng(0).integers(0, 255, (80, 140, 3), dtype=np.uint8)
    radius = np.linspace(-9, 9, 80 * 140, dtype=np.float32).reshape(80, 140)
    view = render_lens(image[::2, ::-2, ::-1], radius[::2, ::-2])
    copy = render_lens(image[::2, ::-2, ::-1].copy(), radius[::2, ::-2].copy())
    assert np.array_equal(view, copy)


def test_inputs_are_left_alone() -> None:
    image, radius = IMAGE.copy(), RADIUS.copy()
    image.flags.writeable = radius.flags.writeable = False
    assert render_lens(image, radius) is not image


def test_light_beyond_any_lamp_stays_finite() -> None:
    light = np.full((50, 50, 3), 1e30, np.float32)
    result = render_lens(light, np.full((50, 50), -6, np.float32))
    assert np.isfinite(result).all()
    assert result.max() <= 33_000

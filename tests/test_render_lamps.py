"""Lamps, and what only looks like one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from defocus import constants
from defocus.render.lamps import find_lamps
from defocus.transfer import SRGB

if TYPE_CHECKING:
    from numpy.typing import NDArray

H, W = 600, 800  # the diagonal is 1000


def scene(code: int, seed: int = 0) -> NDArray[np.uint8]:
    """Something of this brightness, a little uneven."""
    rng = np.random.default_rng(seed)
    rough = cv2.resize(rng.normal(0, 6, (30, 40, 3)).astype(np.float32), (W, H))
    return np.clip(code + rough, 0, 254).astype(np.uint8)


def strength(image: NDArray[np.uint8], x: int, y: int) -> float:
    """Share of the full gain at a pixel."""
    lamps = find_lamps(image, SRGB, 0.92)
    return 0.0 if lamps is None else lamps.cells[y // lamps.cell_px, x // lamps.cell_px, 3] / 255


def with_disc(image: NDArray[np.uint8], radius: int, colour: int = 255) -> NDArray[np.uint8]:
    cv2.circle(image, (300, 200), radius, (colour,) * 3, -1, cv2.LINE_AA)
    return image


@pytest.mark.parametrize("radius", [1, 3, 6])
def test_a_lamp_by_night_counts_fully_and_by_day_in_part(radius: int) -> None:
    night, day = (strength(with_disc(scene(code), radius), 300, 200) for code in (25, 85))
    assert night > 0.9
    day_photo = scene(190)
    day_photo[100:300, 200:400] = 60  # shade by day
    in_shade = strength(with_disc(day_photo, radius), 300, 200)
    assert 0.5 * constants.DAY_GAIN < in_shade <= constants.DAY_GAIN + 0.01
    assert in_shade < day < night


@pytest.mark.parametrize("code", [25, 60, 120])
def test_a_large_clipped_surface_is_no_lamp(code: int) -> None:
    wall = scene(code)
    wall[150:400, 250:600] = 255
    assert strength(wall, 400, 250) == 0


def test_a_sunlit_shirt_whose_folds_clip_is_no_lamp() -> None:
    photo = scene(150)
    shirt = np.zeros((H, W), np.float32)
    cv2.circle(shirt, (300, 200), 90, 1, -1)
    bright = 225 + 60 * cv2.GaussianBlur(shirt, (0, 0), 30)
    photo = np.where(shirt[..., None] > 0, np.clip(bright, 0, 255)[..., None], photo)
    assert strength(photo.astype(np.uint8), 300, 200) <= 0.02


@pytest.mark.parametrize("turned", [False, True])
def test_a_long_thin_glint_by_day_is_no_lamp(turned: bool) -> None:
    photo = scene(70)
    photo[:, :300] = 200
    cv2.rectangle(photo, (500, 200), (502, 260) if not turned else (560, 202), (255,) * 3, -1)
    assert strength(photo, 501, 201) == 0


def test_what_lies_along_the_sharp_subject_is_its_rim() -> None:
    photo = with_disc(scene(25), 3)
    radius = np.full((H, W), -12, np.float32)
    radius[:, 302:] = 0
    assert find_lamps(photo, SRGB, 0.92, np.full_like(radius, -12)) is not None
    assert find_lamps(photo, SRGB, 0.92, radius) is None


def test_a_lamp_has_the_colour_of_its_halo() -> None:
    photo = scene(15)
    cv2.circle(photo, (300, 200), 6, (220, 110, 30), -1)
    lamps = find_lamps(with_disc(photo, 2), SRGB, 0.92)
    assert lamps is not None
    red, green, blue, _ = lamps.cells[200 // lamps.cell_px, 300 // lamps.cell_px] / 255
    assert red == 1
    assert 0.5 <= blue < green < 0.8


@pytest.mark.parametrize("size_hw", [(1, 1), (3, 200), (64, 48), (101, 131)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_cells_cover_a_picture_of_any_size(size_hw: tuple[int, int], dtype: type) -> None:
    photo = np.zeros((*size_hw, 3), dtype)
    photo[-1, -1] = np.iinfo(dtype).max
    lamps = find_lamps(photo, SRGB, 0.92)
    if lamps is not None:
        assert lamps.cells.shape[0] * lamps.cell_px >= size_hw[0]
        assert lamps.cells.shape[1] * lamps.cell_px >= size_hw[1]


def test_without_anything_clipped_there_are_none() -> None:
    assert find_lamps(scene(120), SRGB, 0.92) is None

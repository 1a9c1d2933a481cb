"""Salience: what stands out is told, whatever it is, and travels with the estimate."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from defocus import panorama, read_photo
from defocus.depth import estimate, estimate_disparity
from defocus.disparity import Disparity, Estimate
from defocus.network import onnx_bytes
from defocus.photo import Photo
from defocus.salience import MODEL_PATH, SIDE_PX, find_salience

EXAMPLE = Path(__file__).parent.parent / "examples" / "eileen-collins.png"


def thing(size_wh: tuple[int, int], centre: tuple[float, float]) -> np.ndarray:
    """A red ball on a grey table."""
    width, height = size_wh
    pixels = np.full((height, width, 3), 150, np.uint8)
    pixels[height // 2 :] = 110
    at = round(centre[0] * width), round(centre[1] * height)
    radius = round(0.17 * min(size_wh))
    for step in range(radius, 0, -1):
        light = 90 + round(150 * (1 - step / radius))
        cv2.circle(pixels, at, step, (light, light // 5, light // 6), -1, cv2.LINE_AA)
    return cv2.GaussianBlur(pixels, (0, 0), 1)


def at(values: np.ndarray, x: float, y: float) -> float:
    return float(values[int(y * values.shape[0]), int(x * values.shape[1])])


def test_the_file_is_the_one_of_its_card() -> None:
    card = MODEL_PATH.with_name("MODEL_CARD.md").read_text(encoding="utf-8")
    told = re.search(r"SHA-256 of the ONNX file: `([0-9a-f]{64})`", card)
    assert told is not None
    assert hashlib.sha256(onnx_bytes(MODEL_PATH)).hexdigest() == told[1]


@pytest.mark.parametrize("size_wh", [(640, 480), (300, 500), (90, 80)])
@pytest.mark.parametrize("centre", [(0.5, 0.5), (0.35, 0.6)])
def test_a_thing_stands_out_wherever_it_is(
    size_wh: tuple[int, int], centre: tuple[float, float]
) -> None:
    salient = find_salience(thing(size_wh, centre))
    assert at(salient, *centre) > 0.8
    for corner in ((0.03, 0.03), (0.97, 0.03), (0.03, 0.97), (0.97, 0.97)):
        assert at(salient, *corner) < 0.2


@pytest.mark.parametrize("size_wh", [(640, 480), (300, 500), (90, 80), (1000, 3), (1, 1)])
def test_the_map_has_the_pictures_shape(size_wh: tuple[int, int]) -> None:
    salient = find_salience(np.full((size_wh[1], size_wh[0], 3), 90, np.uint8))
    height, width = salient.shape
    assert max(width, height) == SIDE_PX
    assert (
        width / height == pytest.approx(size_wh[0] / size_wh[1], rel=0.02) or min(salient.shape) < 9
    )
    assert salient.dtype == np.float32
    assert 0 <= salient.min() <= salient.max() <= 1


@pytest.mark.parametrize("code", [0, 1, 128, 255])
def test_one_colour_is_of_nothing(code: int) -> None:
    assert np.isfinite(find_salience(np.full((60, 80, 3), code, np.uint8))).all()


def test_the_person_of_a_portrait_stands_out() -> None:
    salient = estimate(read_photo(EXAMPLE)).salient
    assert salient is not None
    assert at(salient, 0.44, 0.24) > 0.9  # her face
    assert at(salient, 0.98, 0.05) < 0.2


def test_who_needs_it_not_does_not_pay_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(pixels: np.ndarray) -> np.ndarray:
        raise AssertionError("asked")

    monkeypatch.setattr("defocus.salience.find_salience", nobody)
    photo = Photo(thing((160, 120), (0.5, 0.5)))
    assert estimate(photo, quality="fast").salient is None
    assert estimate_disparity(photo).values.ndim == 2


def test_a_frame_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def looked(pixels: np.ndarray) -> np.ndarray:
        seen.append(pixels.shape)
        return np.ones((30, 40), np.float32)

    rng = np.random.default_rng(0)
    framed = np.zeros((400, 500, 3), np.uint8)
    framed[50:350, 50:450] = rng.integers(60, 200, (300, 400, 3), np.uint8)
    monkeypatch.setattr("defocus.salience.find_salience", looked)
    salient = estimate(Photo(framed)).salient
    assert seen == [(300, 400, 3)]
    assert salient is not None
    assert salient.shape == (40, 50)


@pytest.mark.parametrize("columns", [32, 40, 320])
def test_a_panorama_has_no_seam(columns: int) -> None:
    values = np.tile(np.linspace(0, 1, columns, dtype=np.float32), (4, 1))
    wide, share = panorama.wide_estimate(
        Estimate(Disparity(np.ones((8, 64), np.float32)), None, values)
    )
    assert wide.salient is not None
    margin = (wide.salient.shape[1] - columns) // 2
    np.testing.assert_array_equal(wide.salient[:, :margin], values[:, columns - margin :])
    np.testing.assert_array_equal(panorama.narrow_map(wide.salient, share), values)

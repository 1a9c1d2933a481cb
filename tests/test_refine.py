"""Refinement puts the steps of a disparity map on the photo's edges, and only there."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from defocus.disparity import Disparity
from defocus.errors import Cancelled, DepthError
from defocus.refine import refine
from defocus.refine._sharpen import without_specks

HEIGHT, WIDTH = 160, 240


def two_planes(slope: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    """A near, reddish quadrilateral before a far, bluish ground: picture and exact disparity."""
    corners = np.array([[60, 20], [170, 45], [150, 140], [75, 120]])
    near = cv2.fillConvexPoly(np.zeros((HEIGHT, WIDTH), np.uint8), corners, 1).astype(bool)
    noise = np.random.default_rng(3).normal(0, 6, (HEIGHT, WIDTH, 3))
    picture = np.where(near[..., None], (190, 90, 70), (60, 90, 140)) + noise
    ground = slope * np.linspace(0, 1, HEIGHT)[:, None] * np.ones(WIDTH)
    exact = np.where(near, 0.9, ground).astype(np.float32)
    return picture.clip(0, 255).astype(np.uint8), exact


def reduced(exact: np.ndarray, factor: int = 8) -> Disparity:
    size_wh = exact.shape[1] // factor, exact.shape[0] // factor
    return Disparity(cv2.resize(exact, size_wh, interpolation=cv2.INTER_AREA))


def error(values: np.ndarray, exact: np.ndarray) -> float:
    return float(np.abs(values - exact).mean())


@pytest.mark.parametrize("quality", ["fast", "default", "high"])
def test_steps_move_onto_edges(quality: str) -> None:
    picture, exact = two_planes()
    coarse = reduced(exact)
    bilinear = coarse.resized((WIDTH, HEIGHT)).values
    refined = refine(coarse, picture, quality=quality).values
    assert refined.shape == exact.shape
    assert refined.dtype == np.float32
    assert error(refined, exact) < 0.25 * error(bilinear, exact)


def test_sixteen_bits_and_a_larger_photo() -> None:
    picture, exact = two_planes()
    large = cv2.resize(picture, None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)
    exact_large = cv2.resize(exact, None, fx=8, fy=8, interpolation=cv2.INTER_NEAREST)
    coarse = reduced(exact, 4)
    bilinear = coarse.resized((8 * WIDTH, 8 * HEIGHT)).values
    eight = refine(coarse, large, quality="fast").values
    sixteen = refine(coarse, large.astype(np.uint16) * 257, quality="fast").values
    assert error(eight, exact_large) < 0.35 * error(bilinear, exact_large)
    assert error(sixteen, eight) < 1e-3


def test_a_wire_thinner_than_a_cell_gets_its_disparity_back() -> None:
    wire = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.line(wire, (0, 10), (WIDTH, 130), 1, 3)
    picture = np.where(wire[..., None] > 0, (200, 200, 200), (40, 60, 50)).astype(np.uint8)
    exact = np.where(wire > 0, 1.0, 0.1).astype(np.float32)
    # a near block elsewhere shows how near things can be
    exact[:, -24:] = 1.0
    picture[:, -24:] = (180, 60, 60)
    coarse = reduced(exact)
    on_wire = (wire > 0) & (np.arange(WIDTH) < WIDTH - 40)
    assert np.median(coarse.resized((WIDTH, HEIGHT)).values[on_wire]) < 0.6
    assert np.median(refine(coarse, picture).values[on_wire]) > 0.85


def test_print_on_a_flat_thing_gets_no_relief() -> None:
    rng = np.random.default_rng(0)
    picture = cv2.resize(
        rng.integers(0, 256, (HEIGHT // 10, WIDTH // 10, 3), np.uint8),
        (WIDTH, HEIGHT),
        interpolation=cv2.INTER_NEAREST,
    )
    slope = np.linspace(0, 1, WIDTH, dtype=np.float32) * np.ones((HEIGHT, 1), np.float32)
    coarse = reduced(slope, 4)
    refined = refine(coarse, picture).values
    inside = np.s_[:, 8:-8]  # at the frame, interpolation is flat and refinement is not
    np.testing.assert_allclose(refined[inside], slope[inside], atol=2e-3)


def test_without_an_edge_in_the_photo_nothing_is_torn() -> None:
    _, exact = two_planes()
    grey = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    coarse = reduced(exact)
    bilinear = coarse.resized((WIDTH, HEIGHT)).values
    assert error(refine(coarse, grey).values, exact) < error(bilinear, exact)


def test_values_stay_in_range_and_unit_is_kept() -> None:
    picture, exact = two_planes()
    coarse = reduced(exact)
    refined = refine(coarse, picture).values
    assert refined.min() >= coarse.values.min() - 1e-6
    assert refined.max() <= coarse.values.max() + 1e-6
    scaled = Disparity(coarse.values * 40 + 7, kind="metric", source="camera")
    result = refine(scaled, picture)
    np.testing.assert_allclose((result.values - 7) / 40, refined, atol=3e-3)
    assert (result.kind, result.source) == ("metric", "camera")


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (9, 9), (40, 1)])
def test_tiny_maps_and_pictures(shape: tuple[int, int]) -> None:
    values = np.linspace(0, 1, shape[0] * shape[1], dtype=np.float32).reshape(shape)
    for size in ((1, 1), (7, 11), (33, 50)):
        guide = np.random.default_rng(1).integers(0, 256, (*size, 3), np.uint8)
        result = refine(Disparity(values), guide)
        assert result.values.shape == size
        assert np.isfinite(result.values).all()


def test_flat_map_stays_flat() -> None:
    picture, _ = two_planes()
    flat = Disparity(np.full((20, 30), 0.4, np.float32))
    np.testing.assert_array_equal(refine(flat, picture).values, np.float32(0.4))


def test_a_map_of_the_photo_s_size_is_kept() -> None:
    picture, exact = two_planes()
    np.testing.assert_array_equal(refine(Disparity(exact), picture).values, exact)


def test_grey_guide_is_refused() -> None:
    with pytest.raises(DepthError, match="H×W×3"):
        refine(Disparity(np.zeros((4, 4), np.float32)), np.zeros((8, 8), np.uint8))


def test_progress_can_cancel() -> None:
    picture, exact = two_planes()

    def stop(stage: str, fraction: float) -> None:
        assert stage == "refine"
        if fraction > 0.15:
            raise Cancelled

    with pytest.raises(Cancelled):
        refine(reduced(exact), picture, progress=stop)


def test_specks_go_and_wires_stay() -> None:
    values = np.zeros((12, 16), np.float32)
    values[:, 3] = 1  # a wire
    wire = values.copy()
    values[5:7, 9:11] = 1  # a speck
    assert np.array_equal(without_specks(values), wire)

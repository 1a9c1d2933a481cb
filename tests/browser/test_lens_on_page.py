"""The page's lens, by pictures whose portrait is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from page_lens import QUICK, SLOW, render

from defocus.optics import Lens
from defocus.render.lens import render_lens

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="session")
def page(pages: Callable[..., tuple[Page, list[str]]]) -> Page:
    return pages()[0]


@pytest.mark.parametrize("level", [SLOW, QUICK])
@pytest.mark.parametrize("frame", ["first", "rest"])
@pytest.mark.parametrize("radius_px", [0.3, 0.8, 1.3, 2, 2.7, 4, 6.5, 11, 24])
def test_a_flat_photo_just_before_the_plane_stays_as_it_is(
    page: Page, radius_px: float, frame: str, level: int
) -> None:
    pixels = np.full((160, 220, 3), 128, np.uint8)
    disparity = np.full((160, 220), 0.4, np.float32)
    # Far away something else sets how large a radius the frame must reckon with.
    shown = render(
        page, pixels, disparity, Lens(), plane=0.3, gain=10 * radius_px, frame=frame, level=level
    )
    assert np.abs(shown.astype(int) - 128).max() <= 1


def test_a_slanted_plane_before_the_focus_keeps_its_grey(page: Page) -> None:
    pixels = np.full((160, 220, 3), 90, np.uint8)
    disparity = np.tile(np.linspace(0, 1, 220, dtype=np.float32), (160, 1))
    for plane in (0.0, 0.2, 0.9):
        shown = render(page, pixels, disparity, Lens(), plane=plane, gain=12)
        assert np.abs(shown.astype(int) - 90).max() <= 2


@pytest.mark.parametrize("level", [SLOW, QUICK])
@pytest.mark.parametrize("radius_px", [6, 12, 24])
@pytest.mark.parametrize("across", [True, False])
def test_a_blurred_edge_is_smooth_along_itself(
    page: Page, across: bool, radius_px: float, level: int
) -> None:
    pixels = np.full((240, 240, 3), 40, np.uint8)
    pixels[:, 120:] = 220
    far = np.zeros((240, 240), np.float32)
    if across:
        pixels = np.ascontiguousarray(pixels.transpose(1, 0, 2))
    shown = render(page, pixels, far, Lens(), plane=1, gain=radius_px, level=level)
    along = shown.transpose(1, 0, 2) if across else shown
    # Of a step of 180 codes; points that never move leave 4 to 9.
    assert np.std(along[60:180], axis=0).max() < 3


BRIGHT = Lens(highlights=1)


def spots(around: tuple[int, int, int], size_wh: tuple[int, int]) -> NDArray[np.uint8]:
    """White spots, far apart, in something of one colour."""
    width, height = size_wh
    pixels = np.full((height, width, 3), around, np.uint8)
    for y in range(40, height, 80):
        for x in range(40, width, 80):
            cv2.circle(pixels, (x, y), 4, (255, 255, 255), -1)
    return pixels


def tones(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Mean code value around each spot."""
    height, width = pixels.shape[:2]
    return pixels.reshape(height // 80, 80, width // 80, 80, 3).mean(axis=(1, 3))


@pytest.mark.parametrize(
    "around",
    [(20, 40, 210), (200, 10, 10), (120, 190, 0), (30, 30, 40), (0, 0, 0), (140, 140, 140)],
)
def test_lights_are_lit_again_by_the_same_surroundings_as_in_the_export(
    page: Page, around: tuple[int, int, int]
) -> None:
    pixels = spots(around, (160, 160))
    far = np.zeros((160, 160), np.float32)
    shown = render(page, pixels, far, BRIGHT, plane=1, gain=12)
    expected = render_lens(pixels, np.full_like(far, -12), BRIGHT)
    assert np.abs(tones(shown) - tones(expected)).max() < 1


@pytest.mark.parametrize("around", [(170, 170, 170), (40, 40, 40)])
def test_a_magnified_part_has_the_lights_of_the_whole(
    page: Page, around: tuple[int, int, int]
) -> None:
    width, height = 560, 400
    # Lights in the dark, and around them, farther than a part reaches, brightness.
    pixels = spots((20, 20, 20), (width, height))
    pixels[:, 280:] = around
    pixels[180:220, 400:440] = 255
    far = np.zeros((height, width), np.float32)
    whole = render(page, pixels, far, BRIGHT, plane=1, gain=6)
    for x, y in ((0, 0), (320, 240), (160, 80)):
        rows, columns = slice(y, y + 160), slice(x, x + 240)
        part = {"x": x / width, "y": y / height, "width": 240 / width, "height": 160 / height}
        shown = render(
            page,
            np.ascontiguousarray(pixels[rows, columns]),
            np.ascontiguousarray(far[rows, columns]),
            BRIGHT,
            plane=1,
            gain=6,
            part=part,
            whole=pixels,
        )
        # The last column is lit by what lies beside the part.
        assert np.abs(tones(shown) - tones(whole[rows, columns]))[:, :2].max() < 1

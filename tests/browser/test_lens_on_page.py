"""The page's lens, by pictures whose portrait is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from page_lens import QUICK, SLOW, render

from defocus.optics import Lens

if TYPE_CHECKING:
    from collections.abc import Callable

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

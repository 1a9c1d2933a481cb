"""The page before there is a photo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Desk

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "height"), [(390, 780), (900, 640), (1440, 900)])
def test_the_sample_before_and_after_is_drawn_apart(
    new_desk: Callable[..., Desk], width: int, height: int
) -> None:
    desk = new_desk(viewport={"width": width, "height": height})
    page = desk.page
    box = page.locator("#reveal").bounding_box()
    assert box is not None
    assert box["width"] == pytest.approx(box["height"], abs=1)
    for control in ("#choose", "#sample"):
        assert page.locator(control).is_visible()
    desk.until("[...document.querySelectorAll('#reveal img')].every(img => img.complete)")

    def after() -> float:
        """Where the second picture begins, by what is on the screen."""
        style = "getComputedStyle(document.querySelector('#reveal .after')).clipPath"
        inset = desk.js(style).removeprefix("inset(").removesuffix(")").split()
        return float(inset[-1].rstrip("%")) / 100

    assert after() == 0.5
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.2, middle, steps=4)
    page.mouse.up()
    assert after() == pytest.approx(0.2, abs=0.02)
    page.locator("#reveal-handle").focus()
    page.keyboard.press("Shift+ArrowRight")
    assert after() == pytest.approx(0.25, abs=0.02)


def test_its_after_is_the_sample_itself_with_another_background() -> None:
    from defocus.studio.app import STATIC

    before, after = (
        np.asarray(Image.open(STATIC / name), np.float64)
        for name in ("sample.jpg", "sample-portrait.jpg")
    )
    assert before.shape == after.shape
    away = np.abs(before - after).mean(axis=2)
    assert away[150:230, 210:290].mean() < 4  # her face
    assert away[100:300, 380:500].mean() > 2 * away[150:230, 210:290].mean()

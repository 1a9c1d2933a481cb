"""A browser without WebGL2: the server's picture is shown whenever the hand rests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Desk

pytestmark = pytest.mark.browser

NO_WEBGL = """
const getContext = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...options) {
    return kind === "webgl2" ? null : getContext.call(this, kind, ...options);
};
"""


@pytest.fixture
def plain(new_desk: Callable[..., Desk], copies: Callable[..., list[Path]]) -> Desk:
    desk = new_desk()
    desk.page.add_init_script(NO_WEBGL)
    desk.page.reload()
    desk.until("document.getElementById('toasts').textContent.includes('WebGL2')")
    desk.add(*copies("plain.jpg"))
    return desk


def detail(pixels: np.ndarray) -> tuple[float, float]:
    """Of the near third and of the far one."""
    fine = np.abs(pixels - cv2.GaussianBlur(pixels, (0, 0), 2))
    return float(fine[:, 20:90].mean()), float(fine[:, 235:305].mean())


def test_the_servers_picture_is_shown_and_follows_the_edit(plain: Desk) -> None:
    plain.click_photo(0.85, 0.5)
    plain.settle()
    near, far = detail(plain.pixels())
    assert near < far / 2
    plain.click_photo(0.15, 0.5)
    plain.settle()
    near, far = detail(plain.pixels())
    assert far < near / 2
    plain.page.locator("#viewport").focus()
    plain.page.keyboard.down("\\")
    plain.until("studio.view.comparing")
    plain.let_timers_run(100)
    near, far = detail(plain.pixels())
    assert far > 0.8 * near
    plain.page.keyboard.up("\\")
    plain.settle()
    assert detail(plain.pixels())[1] < near / 2


def test_no_blur_depth_and_looks_do_as_they_can(plain: Desk) -> None:
    plain.click_photo(0.15, 0.5)
    plain.settle()
    blurred = plain.pixels()
    plain.js("studio.edit(edit => ({...edit, amount: 0}))")
    plain.settle()
    assert detail(plain.pixels())[1] > 2 * detail(blurred)[1]
    plain.js("studio.edit(edit => ({...edit, amount: 1}))")
    plain.settle()
    plain.page.click("#depth")
    plain.settle()
    depth = plain.pixels()
    assert depth[:, 20:90].min() > 250
    assert depth[:, 235:305].max() < 5
    plain.page.click("#depth")
    plain.settle()
    assert np.abs(plain.pixels() - blurred).mean() < 1
    plain.js("document.querySelector('.group.looks').open = true")
    plain.page.click(".look:has-text('Soap bubble')")
    plain.page.click("#zoom")
    plain.settle()
    assert plain.edit()["lens"]["ring"] == 0.9

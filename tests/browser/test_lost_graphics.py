"""The browser takes the graphics away: after sleep, or when a driver falls over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from conftest import Desk

pytestmark = pytest.mark.browser

LOSE = (
    "window.taken = studio.preview.base.gl.getExtension('WEBGL_lose_context');"
    "window.before = studio.preview.base.canvas; taken.loseContext(); undefined"
)


@pytest.fixture
def blurred(desk: Desk) -> np.ndarray:
    desk.js("studio.edit(edit => ({...edit, lens: {...edit.lens, f_number: 0.95}}))")
    desk.click_photo(0.85, 0.5)
    desk.settle()
    return desk.pixels()


def test_graphics_that_come_back_show_the_portrait_again(desk: Desk, blurred: np.ndarray) -> None:
    desk.js(LOSE)
    desk.until("studio.preview.base.lost")
    desk.js("studio.edit(edit => ({...edit, foreground: 0.99}))")  # one goes on meanwhile
    desk.js("taken.restoreContext()")
    desk.until("!studio.preview.base.lost")
    desk.settle()
    assert desk.js("studio.preview.base.canvas === before")
    assert np.abs(desk.pixels() - blurred).mean() < 1.5


def test_graphics_that_stay_away_are_taken_elsewhere(desk: Desk, blurred: np.ndarray) -> None:
    desk.js(LOSE)
    desk.until("studio.preview.base.canvas !== before")
    desk.settle()
    assert np.abs(desk.pixels() - blurred).mean() < 1.5
    desk.click_photo(0.15, 0.5)
    desk.settle()
    assert np.abs(desk.pixels() - blurred).mean() > 3

"""Once the hand rests, the page shows what an export would write."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from similarity import similarity

from defocus import Photo, apply, read_photo, write_photo
from defocus.disparity import Disparity
from defocus.edit import Edit, Focus, Output
from defocus.optics import Lens

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Desk
    from numpy.typing import NDArray

pytestmark = pytest.mark.browser

WIDTH, HEIGHT = 320, 240
LEVEL = 128  # of a wall


def wall() -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Fine stripes on a wall that goes back from the left to the right."""
    stripes = LEVEL + 50 * np.sin(np.arange(WIDTH) / 3)
    pixels = np.repeat(np.tile(stripes, (HEIGHT, 1))[..., None], 3, 2).astype(np.uint8)
    return pixels, np.tile(np.linspace(1, 0, WIDTH, dtype=np.float32), (HEIGHT, 1))


def mounted() -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """The same in a white mount, which belongs to the file and stays as it is."""
    pixels, values = wall()
    pixels[:24], pixels[-24:], pixels[:, :30], pixels[:, -30:] = 255, 255, 255, 255
    return pixels, values


def barred() -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """The same between the black bars of a film."""
    pixels, values = wall()
    pixels[:30], pixels[-30:] = 0, 0
    return pixels, values


def dark_step() -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A step of depth inside a dark coat, before a bright wall."""
    pixels, values = (
        np.full((HEIGHT, WIDTH, 3), 190, np.uint8),
        np.zeros((HEIGHT, WIDTH), np.float32),
    )
    pixels[:, 80:240] = 14
    values[:, 80:160], values[:, 160:240] = 1.0, 0.6
    return pixels, values


def side_by_side() -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Two of the same depth, before stripes."""
    pixels, values = wall()
    values[:] = 0.1
    for left in (40, 190):
        pixels[40:, left : left + 90], values[40:, left : left + 90] = (90, 130, 200), 0.9
    return pixels, values


SCENES = {made.__name__: made for made in (wall, mounted, barred, dark_step, side_by_side)}
EDITS = {
    "near": Edit(focus=Focus("near"), by_distance=False),
    "far": Edit(focus=Focus("far"), lens=Lens(3.5), by_distance=False),
    "between": Edit(focus=Focus("point", (0.5, 0.5)), lens=Lens(1.2, blades=6), by_distance=False),
}


@pytest.mark.parametrize("scene", SCENES)
def test_what_rests_is_what_an_export_writes(empty_desk: Desk, tmp_path: Path, scene: str) -> None:
    pixels, values = SCENES[scene]()
    path = write_photo(
        Photo(pixels),
        tmp_path / f"{scene}.jpg",
        output=Output(embed_disparity=True, quality=95),
        disparity=Disparity(values),
    )
    empty_desk.add(path)
    for edit in EDITS.values():
        show(empty_desk, edit)
        shown = empty_desk.pixels()
        export = apply(read_photo(path), edit).photo.pixels.astype(float)
        assert psnr_db(shown, export) >= 38
        assert similarity(shown, export) >= 0.98
        tones = [cv2.blur(picture, (15, 15)) for picture in (shown, export)]
        assert np.abs(tones[0] - tones[1]).max() <= 2


def show(desk: Desk, edit: Edit) -> None:
    choices = {"focus": asdict(edit.focus), "lens": asdict(edit.lens), "by_distance": False}
    desk.js(f"studio.edit(edit => ({{...edit, ...{json.dumps(choices)}}}))")
    desk.settle()


def psnr_db(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float(10 * np.log10(255**2 / max(np.mean((one - other) ** 2), 1e-6)))


def test_without_it_the_page_renders_the_picture_itself(desk: Desk) -> None:
    asked: list[str] = []
    desk.page.route("**/portrait", lambda route: route.fulfill(status=204))
    desk.page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    show(desk, replace(EDITS["far"], lens=Lens(0.95)))
    assert asked.count("portrait") == 1
    assert "soft-edges" in asked
    alone = desk.pixels()
    desk.page.unroute("**/portrait")
    show(desk, EDITS["near"])
    show(desk, replace(EDITS["far"], lens=Lens(0.95)))
    assert np.abs(desk.pixels() - alone).mean() < 6


def test_without_it_hair_is_cut_out_by_the_server_for_the_plane_in_focus(
    empty_desk: Desk, sample_photo: Path
) -> None:
    desk = empty_desk
    desk.page.route("**/portrait", lambda route: route.fulfill(status=204))
    desk.add(sample_photo)
    soft = "studio.preview.base.source.soft !== null"
    assert desk.js(soft)
    show(desk, EDITS["far"])
    assert not desk.js(soft)


def test_a_handle_between_before_and_after_asks_for_nothing(desk: Desk) -> None:
    desk.js("studio.edit(edit => ({...edit, lens: {...edit.lens, f_number: 0.95}}))")
    desk.click_photo(0.85, 0.5)
    desk.settle()
    rest = desk.pixels()
    desk.save()
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    desk.page.locator("#viewport").focus()
    desk.page.keyboard.press("s")
    desk.settle()
    half = desk.pixels()
    assert np.abs(half[:, :60] - rest[:, :60]).mean() > 5
    np.testing.assert_array_equal(half[:, 200:], rest[:, 200:])
    desk.page.keyboard.press("s")
    desk.settle()
    np.testing.assert_array_equal(desk.pixels(), rest)
    assert "portrait" not in asked

"""What an export would show, for a preview at rest."""

from __future__ import annotations

import gc
import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from PIL import Image

from defocus import pipeline
from defocus.disparity import Disparity
from defocus.edit import Edit, Focus, Output
from defocus.errors import Cancelled
from defocus.optics import Lens
from defocus.photo import Photo
from defocus.pipeline import render_scene
from defocus.scene import Scene
from defocus.session import portraits
from defocus.session.payloads import Region
from defocus.session.portraits import Portraits

if TYPE_CHECKING:
    from numpy.typing import NDArray

EDIT = Edit(focus=Focus("near"), lens=Lens(2.0), by_distance=False)


def drawn(width: int = 320, height: int = 240) -> Scene:
    """A bright square before smooth stripes, in a white mount."""
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[:] = (90 + 60 * np.sin(np.arange(width) / 9))[None, :, None]
    values = np.zeros((height, width), np.float32)
    square = slice(height // 4, 3 * height // 4), slice(width // 3, 2 * width // 3)
    pixels[square], values[square] = (200, 120, 60), 1.0
    pixels[:12], pixels[-12:], pixels[:, :12], pixels[:, -12:] = 255, 255, 255, 255
    disparity = Disparity(values, source="drawn")
    return Scene(Photo(pixels), disparity, disparity)


def read(jpeg: bytes | None) -> NDArray[np.float64]:
    assert jpeg is not None
    return np.asarray(Image.open(io.BytesIO(jpeg)), np.float64)


def psnr_db(one: NDArray[Any], other: NDArray[Any]) -> float:
    return float(10 * np.log10(255**2 / np.mean((one.astype(float) - other) ** 2)))


@pytest.fixture
def renders(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The sizes of what is rendered from now on."""
    sizes: list[tuple[int, int]] = []

    def counted(scene: Scene, edit: Edit, **options: Any) -> Photo:
        sizes.append(scene.photo.size_wh)
        return render_scene(scene, edit, **options)

    monkeypatch.setattr(pipeline, "render_scene", counted)
    return sizes


@pytest.mark.parametrize(
    "edit",
    [
        EDIT,
        replace(EDIT, focus=Focus("far")),
        replace(EDIT, matte=False, foreground=0.3),
        replace(EDIT, method="mask"),
        replace(EDIT, lens=Lens(1.2, blades=6, cat_eye=0.6, ring=0.5)),
    ],
    ids=["near", "far", "hard-edges", "mask", "aperture"],
)
def test_the_whole_is_the_export(edit: Edit) -> None:
    scene = drawn()
    shown = read(Portraits().whole(scene, edit))
    assert psnr_db(shown, render_scene(scene, edit).pixels) > 42


def test_more_pixels_than_a_preview_has_are_shrunk() -> None:
    scene = drawn(2000, 1200)
    shown = read(Portraits().whole(scene, EDIT))
    export = render_scene(scene, EDIT).pixels
    assert shown.shape == (960, 1600, 3)
    assert psnr_db(shown, cv2.resize(export, (1600, 960), interpolation=cv2.INTER_AREA)) > 42


def test_a_part_is_that_of_the_export_and_the_next_costs_no_rendering(
    renders: list[tuple[int, int]],
) -> None:
    scene, kept = drawn(), Portraits()
    export = render_scene(scene, EDIT).pixels
    for x, y in ((40, 30), (100, 90)):
        part = read(kept.part(scene, EDIT, Region(x, y, 160, 120)))
        assert psnr_db(part, export[y : y + 120, x : x + 160]) > 42
    kept.whole(scene, replace(EDIT, output=Output(quality=50)))  # shows nothing of that
    assert len(renders) == 1
    kept.part(scene, replace(EDIT, foreground=0.5), Region(0, 0, 20, 20))
    kept.part(scene, EDIT, Region(0, 0, 20, 20))  # two apertures beside each other
    assert len(renders) == 2
    kept.part(drawn(), EDIT, Region(0, 0, 20, 20))
    kept.part(scene, EDIT, Region(0, 0, 20, 20))  # another photo came between
    assert len(renders) == 4


def test_what_is_kept_goes_with_its_scene(renders: list[tuple[int, int]]) -> None:
    scene, kept = drawn(), Portraits()
    kept.part(scene, EDIT, Region(0, 0, 20, 20))
    assert len(kept) == 1
    del scene
    gc.collect()
    assert len(kept) == 0


def test_a_large_photo_is_rendered_smaller_and_no_part_of_it(
    renders: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portraits, "MOST_PIXELS", 320 * 240)
    scene = drawn(640, 480)
    shown = read(Portraits().whole(scene, EDIT))
    assert renders == [(320, 240)]
    assert shown.shape == (480, 640, 3)
    assert psnr_db(shown, render_scene(scene, EDIT).pixels) > 26
    assert Portraits().part(scene, EDIT, Region(0, 0, 20, 20)) is None


def test_it_can_be_stopped() -> None:
    def stop(stage: str, fraction: float) -> None:
        raise Cancelled("stopped on request")

    with pytest.raises(Cancelled):
        Portraits().whole(drawn(), EDIT, stop)

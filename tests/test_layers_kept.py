"""The layers of a small scene are made once for all that needs the same ones."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from defocus import layers as layers_module
from defocus.disparity import Disparity
from defocus.edit import Edit, Focus, Mask, Output, Stroke
from defocus.layers import make_layers
from defocus.optics import Lens
from defocus.photo import Embedded, Photo
from defocus.pipeline import focal_plane, prepare, render_scene

if TYPE_CHECKING:
    from defocus.scene import Scene

EDIT = Edit(focus=Focus("disparity", (1.0,)), lens=Lens(2.0))
SAME = {
    "blades": replace(EDIT, lens=Lens(2.0, blades=6, cat_eye=0.5)),
    "highlights": replace(EDIT, lens=Lens(2.0, highlights=1.0)),
    "grain": replace(EDIT, grain=0.5),
    "output": replace(EDIT, output=Output(quality=50)),
    "mask": replace(EDIT, mask=Mask(blur_ksize=5)),
}
OTHER = {
    "f_number": replace(EDIT, lens=Lens(4.0)),
    "focus": replace(EDIT, focus=Focus("disparity", (0.2,))),
    "amount": replace(EDIT, amount=0.5),
    "foreground": replace(EDIT, foreground=0.5, focus=Focus("disparity", (0.2,))),
    "matte": replace(EDIT, matte=False),
    "quality": replace(EDIT, quality="high"),
    "strokes": replace(EDIT, strokes=(Stroke(((0.1, 0.1), (0.3, 0.3)), 0.1, disparity=0.9),)),
}


def scene(height: int = 120, width: int = 160) -> Scene:
    pixels = np.random.default_rng(3).integers(0, 256, (height, width, 3), np.uint8)
    values = np.full((height, width), 0.2, np.float32)
    values[height // 4 :, width // 3 : 2 * width // 3] = 1
    embedded = Embedded(disparity=Disparity(values, kind="relative", source="test"))
    return prepare(Photo(pixels, embedded=embedded), EDIT)


def made(of: Scene, edit: Edit) -> layers_module.Layers:
    return make_layers(of, edit, focal_plane(of, edit))


@pytest.mark.parametrize("edit", SAME.values(), ids=SAME)
def test_what_the_lens_does_with_them_makes_no_other_ones(edit: Edit) -> None:
    one = scene()
    first = made(one, EDIT)
    assert made(one, edit) is first


@pytest.mark.parametrize("edit", OTHER.values(), ids=OTHER)
def test_every_choice_about_depth_makes_other_ones(edit: Edit) -> None:
    one = scene()
    first = made(one, EDIT)
    assert made(one, edit) is not first
    assert np.array_equal(render_scene(one, edit).pixels, render_scene(replace(one), edit).pixels)


def test_every_choice_is_one_or_the_other() -> None:
    before_the_scene = {"model", "invert"}
    how = {"method", "matte_model", "by_distance", "lens"}
    assert {*SAME, *OTHER, *before_the_scene, *how} >= set(Edit.__dataclass_fields__)


def test_a_second_portrait_is_the_first() -> None:
    one = scene()
    first = render_scene(one, EDIT).pixels
    assert np.array_equal(render_scene(one, EDIT).pixels, first)


def test_they_go_with_their_scene() -> None:
    one = scene()
    kept = weakref.ref(made(one, EDIT).radius_px)
    assert kept() is not None
    del one
    gc.collect()
    assert kept() is None


def test_those_of_a_large_scene_or_of_other_pixels_are_not_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = scene()
    plane = focal_plane(one, EDIT)
    other = one.photo.pixels.copy()
    assert make_layers(one, EDIT, plane, other) is not make_layers(one, EDIT, plane, other)
    monkeypatch.setattr(layers_module, "_KEPT_PX", 1000)
    assert made(one, EDIT) is not made(one, EDIT)

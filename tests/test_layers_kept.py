"""Soft edges are found once for every aperture and amount that they serve."""

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

EDIT = Edit(focus=Focus("disparity", (1.0,)), lens=Lens(2.0), by_distance=False)
SAME = {
    "lens": replace(EDIT, lens=Lens(2.0, blades=6, cat_eye=0.5, highlights=1.0)),
    "f_number": replace(EDIT, lens=Lens(4.0)),
    "amount": replace(EDIT, amount=0.6),
    "foreground": replace(EDIT, foreground=0.5),
    "grain": replace(EDIT, grain=0.5),
    "output": replace(EDIT, output=Output(quality=50)),
    "mask": replace(EDIT, mask=Mask(blur_ksize=5)),
}
OTHER = {
    "stopped_down": replace(EDIT, lens=Lens(8.0)),
    "focus": replace(EDIT, focus=Focus("disparity", (0.9,))),
    "quality": replace(EDIT, quality="high"),
    "strokes": replace(EDIT, strokes=(Stroke(((0.1, 0.1), (0.3, 0.3)), 0.1, disparity=0.9),)),
}


def scene(height: int = 240, width: int = 320) -> Scene:
    pixels = np.random.default_rng(3).integers(0, 256, (height, width, 3), np.uint8)
    values = np.full((height, width), 0.2, np.float32)
    values[height // 4 :, width // 3 : 2 * width // 3] = 1
    embedded = Embedded(disparity=Disparity(values, kind="relative", source="test"))
    return prepare(Photo(pixels, embedded=embedded), EDIT)


def made(of: Scene, edit: Edit) -> layers_module.Layers:
    return make_layers(of, edit, focal_plane(of, edit))


@pytest.mark.parametrize("edit", SAME.values(), ids=SAME)
def test_they_serve_other_lenses(edit: Edit) -> None:
    one = scene()
    first, second = made(one, EDIT), made(one, edit)
    assert first.behind is not None
    assert second.behind is not None
    assert second.colour is first.colour
    assert second.behind.alpha is first.behind.alpha
    fresh = made(replace(one), edit)
    assert fresh.behind is not None
    assert np.array_equal(second.radius_px, fresh.radius_px)
    assert np.array_equal(second.behind.radius_px, fresh.behind.radius_px)
    assert np.array_equal(second.behind.alpha, fresh.behind.alpha)


@pytest.mark.parametrize("edit", OTHER.values(), ids=OTHER)
def test_every_choice_about_depth_makes_other_ones(edit: Edit) -> None:
    one = scene()
    first = made(one, EDIT)
    assert made(one, edit).colour is not first.colour
    assert np.array_equal(render_scene(one, edit).pixels, render_scene(replace(one), edit).pixels)


def test_no_matte_is_no_matte_after_one_was_made() -> None:
    one = scene()
    assert made(one, EDIT).behind is not None
    assert made(one, replace(EDIT, matte=False)).behind is None


def test_every_choice_is_one_or_the_other() -> None:
    before_the_scene = {"model", "invert"}
    how = {"method", "matte", "matte_model", "by_distance"}
    assert {*SAME, *OTHER, *before_the_scene, *how} >= set(Edit.__dataclass_fields__)


def test_a_second_portrait_is_the_first() -> None:
    one = scene()
    first = render_scene(one, EDIT).pixels
    assert np.array_equal(render_scene(one, EDIT).pixels, first)


def test_they_go_with_their_scene() -> None:
    one = scene()
    behind = made(one, EDIT).behind
    assert behind is not None
    kept = weakref.ref(behind.alpha)
    del behind
    assert kept() is not None
    del one
    gc.collect()
    assert kept() is None


def test_of_a_large_scene_only_the_small_maps_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    one = scene()
    monkeypatch.setattr(layers_module, "_KEPT_PX", 1000)
    first = made(one, EDIT)
    assert first.behind is not None
    monkeypatch.setattr("defocus.matte.find_edges", None)  # would be called in vain
    second = made(one, replace(EDIT, lens=Lens(4.0)))
    assert second.behind is not None
    assert second.behind.alpha is not first.behind.alpha
    assert np.array_equal(second.behind.alpha, first.behind.alpha)
    assert np.array_equal(second.colour, first.colour)


def test_those_of_other_pixels_are_not_kept() -> None:
    one = scene()
    plane = focal_plane(one, EDIT)
    first = made(one, EDIT)
    other = make_layers(one, EDIT, plane, 255 - one.photo.pixels)
    assert first.behind is not None
    assert other.behind is not None
    assert not np.array_equal(other.colour, first.colour)
    assert made(one, EDIT).colour is first.colour

"""A real portrait through the whole way, as it was when somebody looked at it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from golden import check_golden

from defocus import Edit, Focus, Lens, Mask, Photo, read_photo
from defocus.pipeline import render_scene
from defocus.scene import Scene, prepare

# The network's weights are 8-bit numbers, and processors without VNNI round them otherwise: up to
# 1.7 % of the disparity's spread, some tenths of a pixel of radius here. That gives 42 dB and more;
# a rim that moves by a pixel gives 35.
LEAST_DB = 38.0

EDITS = {
    "default": Edit(lens=Lens(1.4)),
    "near": Edit(focus=Focus("near"), lens=Lens(1.4)),
    "far": Edit(focus=Focus("far"), lens=Lens(2.0)),
    "shaped": Edit(lens=Lens(1.0, blades=6, cat_eye=0.6, ring=0.5)),
    "without-matte": Edit(lens=Lens(1.4), matte=False),
    "mask": Edit(method="mask", mask=Mask(15)),
}


@pytest.fixture(scope="module")
def scene() -> Scene:
    photo = read_photo(Path(__file__).parents[1] / "examples" / "eileen-collins.png")
    small = cv2.resize(photo.pixels, (320, 320), interpolation=cv2.INTER_AREA)
    return prepare(replace(photo, pixels=small), Edit())


@pytest.mark.parametrize("name", EDITS)
def test_the_portrait_is_as_it_was(name: str, scene: Scene, tmp_path: Path) -> None:
    check_golden(name, render_scene(scene, EDITS[name]).pixels, LEAST_DB, tmp_path)


def test_a_difference_is_seen_and_shown(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DEFOCUS_GOLDEN", raising=False)
    moved = np.roll(render_scene(scene, EDITS["default"]).pixels, 1, axis=1)
    with pytest.raises(AssertionError, match="default differs"):
        check_golden("default", moved, LEAST_DB, tmp_path)
    saved = {path.name for path in tmp_path.iterdir()}
    assert saved == {f"default-{kind}.png" for kind in ("expected", "actual", "difference")}


def test_a_grey_photo_stays_grey(scene: Scene) -> None:
    grey = np.repeat(scene.photo.pixels[..., 1:2], 3, axis=2)
    made = render_scene(replace(scene, photo=Photo(grey)), EDITS["default"]).pixels
    assert np.ptp(made.astype(int), axis=2).max() <= 1

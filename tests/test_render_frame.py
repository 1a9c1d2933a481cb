"""Rims and bars of a file are found, and nothing else is taken for one."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from PIL import Image

from defocus.disparity import Disparity
from defocus.edit import Edit, Focus
from defocus.optics import Lens
from defocus.photo import Metadata, Photo
from defocus.pipeline import render_scene
from defocus.render import render_lens
from defocus.render.frame import Frame, find_frame
from defocus.scene import Scene

if TYPE_CHECKING:
    from numpy.typing import NDArray

H, W = 150, 200


def scene(seed: int = 0) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    grid = rng.uniform(40, 200, (6, 8, 3)).astype(np.float32)
    return np.clip(cv2.resize(grid, (W, H)) + rng.normal(0, 3, (H, W, 3)), 0, 255).astype(np.uint8)


def framed(frame: Frame, colour: int) -> NDArray[np.uint8]:
    image = np.full((H, W, 3), colour, np.uint8)
    frame.inside(image)[:] = frame.inside(scene())
    return image


FRAMES = [
    (Frame(top=2), 255),
    (Frame(left=1), 255),
    (Frame(2, 2, 2, 2), 0),
    (Frame(top=20, bottom=20), 0),
    (Frame(left=30, right=30), 255),
    (Frame(bottom=2), 235),
]


@pytest.mark.parametrize(("frame", "colour"), FRAMES)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_drawn_lines_are_found(frame: Frame, colour: int, dtype: type) -> None:
    image = framed(frame, colour)
    assert find_frame(image if dtype is np.uint8 else image.astype(np.uint16) * 257) == frame


@pytest.mark.parametrize(("frame", "colour"), [f for f in FRAMES if f[1] in (0, 255)])
def test_compression_does_not_hide_them(frame: Frame, colour: int) -> None:
    file = io.BytesIO()
    Image.fromarray(framed(frame, colour)).save(file, "JPEG", quality=90, subsampling=0)
    found = find_frame(np.asarray(Image.open(file)))
    for name in ("top", "bottom", "left", "right"):
        assert getattr(frame, name) <= getattr(found, name) <= getattr(frame, name) + 1


def test_a_line_that_resampling_mixed_goes_with_the_rim() -> None:
    image = framed(Frame(top=2), 255)
    image[2] = (image[3].astype(int) + 255) // 2
    assert find_frame(image) == Frame(top=3)


@pytest.mark.parametrize("code", [0, 128, 255])
def test_an_even_surface_is_no_frame(code: int) -> None:
    assert not find_frame(np.full((H, W, 3), code, np.uint8))


def test_sky_night_and_a_bright_studio_are_no_frames() -> None:
    sky = scene()
    sky[:60] = np.linspace(250, 200, 60)[:, None, None]
    night = scene()
    night[:70] = 3
    night[70:] = np.minimum(night[70:], 3 + 2 * np.arange(80)[:, None, None])
    studio = np.full((H, W, 3), 255, np.uint8)
    cv2.circle(studio, (100, 90), 50, (90, 60, 30), -1)
    for image in (scene(), sky, night, studio):
        assert not find_frame(image)


@pytest.mark.parametrize(("frame", "colour"), [(Frame(top=2), 255), (Frame(20, 20, 0, 0), 0)])
def test_a_frame_stays_as_it_is_and_does_not_smear(frame: Frame, colour: int) -> None:
    image = framed(frame, colour)
    depth = np.zeros((H, W), np.float32)
    depth[60:100, 80:120] = 1
    map_ = Disparity(depth, kind="relative", source="test")
    scene = Scene(Photo(image, meta=Metadata("png")), map_, map_)
    # A blur of 15 pixels: the bar would be seen as far into the picture.
    edit = Edit(focus=Focus("disparity", (1.0,)), lens=Lens(0.7), matte=False)
    out = render_scene(scene, edit).pixels
    alone = np.full((H, W), -15, np.float32)
    expected = render_lens(np.ascontiguousarray(frame.inside(image)), frame.inside(alone).copy())
    assert np.array_equal(out[: frame.top], image[: frame.top])
    first = out[frame.top : frame.top + 6].astype(int)
    assert np.abs(first - expected[:6]).mean() < 3

"""Rims and bars of a file are found, and nothing else is taken for one."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from PIL import Image

from defocus.depth import estimate
from defocus.disparity import Disparity, Estimate
from defocus.edit import Edit, Focus
from defocus.frame import Frame, find_frame
from defocus.optics import Lens
from defocus.photo import Metadata, Photo
from defocus.pipeline import render_scene
from defocus.render import render_lens
from defocus.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from defocus.quality import Quality

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
    (Frame(bottom=1), 255),
    (Frame(right=1), 0),
    (Frame(40, 25, 55, 55), 255),
    (Frame(top=14, bottom=22), 45),
    (Frame(left=66, right=66), 0),
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
@pytest.mark.parametrize(("quality", "subsampling"), [(90, 0), (80, 2)])
def test_compression_does_not_hide_them(
    frame: Frame, colour: int, quality: int, subsampling: int
) -> None:
    file = io.BytesIO()
    picture = Image.fromarray(framed(frame, colour))
    picture.save(file, "JPEG", quality=quality, subsampling=subsampling)
    found = find_frame(np.asarray(Image.open(file)))
    for name in ("top", "bottom", "left", "right"):
        assert getattr(frame, name) <= getattr(found, name) <= getattr(frame, name) + 1


def test_a_line_that_resampling_mixed_goes_with_the_rim() -> None:
    image = framed(Frame(top=2), 255)
    image[2] = (image[3].astype(int) + 255) // 2
    assert find_frame(image) == Frame(top=3)


@pytest.mark.parametrize("sides", [("top",), ("bottom",), ("left",), ("right",), ("top", "left")])
@pytest.mark.parametrize("colour", [0, 255])
@pytest.mark.parametrize("count", [1, 2])
def test_outermost_lines_mixed_with_black_or_white_are_a_rim(
    sides: tuple[str, ...], colour: int, count: int
) -> None:
    image = scene()
    for side in sides:
        lines = {
            "top": image[:count],
            "bottom": image[-count:],
            "left": image[:, :count],
            "right": image[:, -count:],
        }[side]
        lines[:] = 0.55 * lines + 0.45 * colour
    assert find_frame(image) == Frame(**dict.fromkeys(sides, count))


@pytest.mark.parametrize("colour", [0, 45, 255])
@pytest.mark.parametrize("interpolation", [cv2.INTER_AREA, cv2.INTER_LANCZOS4])
@pytest.mark.parametrize("scale", [0.61, 0.83])
def test_bars_that_were_resampled_and_compressed_are_found(
    colour: int, interpolation: int, scale: float
) -> None:
    frame = Frame(top=21, bottom=21)
    small = cv2.resize(framed(frame, colour), None, fx=scale, fy=scale, interpolation=interpolation)
    file = io.BytesIO()
    Image.fromarray(small).save(file, "JPEG", quality=85)
    found = find_frame(np.asarray(Image.open(file)))
    assert (found.left, found.right) == (0, 0)
    for lines in (found.top, found.bottom):
        assert scale * 21 - 0.5 <= lines <= scale * 21 + 1.5


def test_ringing_of_compression_before_a_mixed_line_is_the_bars() -> None:
    image = framed(Frame(top=14, bottom=14), 45)
    for lines in (image, image[::-1]):
        lines[13] = np.random.default_rng(0).normal(36, 4, (W, 1))
        lines[14] = lines[15] * 0.6 + 45 * 0.4
    assert find_frame(image) == Frame(top=15, bottom=15)


def test_a_mounts_line_belongs_to_the_mount() -> None:
    image = np.full((H, W, 3), 255, np.uint8)
    Frame(18, 18, 28, 28).inside(image)[:] = 10
    inner = Frame(20, 20, 30, 30)
    inner.inside(image)[:] = inner.inside(scene())
    assert find_frame(image) == inner


@pytest.mark.parametrize("colour", [0, 255])
def test_a_caption_in_a_bar_is_the_bars(colour: int) -> None:
    frame = Frame(4, 30, 4, 4)
    image = framed(frame, colour)
    cv2.putText(image, "Holiday", (20, H - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (128, 128, 128))
    assert find_frame(image) == frame


def test_bars_before_the_dark_tell_of_each_other() -> None:
    frame = Frame(top=20, bottom=20)
    image = framed(frame, 0)
    # A tree's shadow: of either edge a third is as black as the bar.
    cv2.fillPoly(image, [np.array([(0, 0), (80, 0), (30, H // 2), (80, H), (0, H)])], (4, 4, 4))
    assert find_frame(image) == frame


@pytest.mark.parametrize("code", [0, 128, 255])
def test_an_even_surface_is_no_frame(code: int) -> None:
    assert not find_frame(np.full((H, W, 3), code, np.uint8))


def soft(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """As a lens and a sensor draw it."""
    return cv2.GaussianBlur(image, (0, 0), 0.7).astype(np.uint8)


def sky() -> NDArray[np.uint8]:
    image = scene()
    image[:60] = np.linspace(250, 200, 60)[:, None, None]
    return image


def burnt_out_sky_over_a_level_horizon() -> NDArray[np.uint8]:
    image = scene()
    image[:50] = 255
    return soft(image)


def night() -> NDArray[np.uint8]:
    image = scene()
    image[:70] = 3
    image[70:] = np.minimum(image[70:], 3 + 2 * np.arange(80)[:, None, None])
    return image


def studio() -> NDArray[np.uint8]:
    image = np.full((H, W, 3), 255, np.uint8)
    return cv2.circle(image, (100, 90), 50, (90, 60, 30), -1)


def can_on_white() -> NDArray[np.uint8]:
    image = np.full((H, W, 3), 255, np.uint8)
    cv2.ellipse(image, (100, 40), (35, 8), 0, 0, 360, (90, 60, 30), -1)
    cv2.rectangle(image, (65, 40), (135, H), (90, 60, 30), -1)
    return soft(image)


def white_wall_with_an_edge_a_bit_oblique() -> NDArray[np.uint8]:
    image = scene()
    cv2.fillPoly(image, [np.array([(0, 0), (50, 0), (52, H), (0, H)])], (255, 255, 255))
    return soft(image)


def shadow_at_one_side() -> NDArray[np.uint8]:
    image = scene()
    image[:, :40] //= 20
    return soft(image)


def bright_floor_at_the_lower_edge() -> NDArray[np.uint8]:
    image = scene()
    image[-2:] = np.clip(image[-2:].astype(int) + 40, 0, 255)
    return soft(image)


def vignette() -> NDArray[np.uint8]:
    y, x = np.mgrid[-1 : 1 : H * 1j, -1 : 1 : W * 1j]
    return (scene() * (1 - 0.45 * (x**2 + y**2))[..., None]).astype(np.uint8)


@pytest.mark.parametrize(
    "draw",
    [
        scene,
        sky,
        burnt_out_sky_over_a_level_horizon,
        night,
        studio,
        can_on_white,
        white_wall_with_an_edge_a_bit_oblique,
        shadow_at_one_side,
        bright_floor_at_the_lower_edge,
        vignette,
    ],
)
def test_what_stands_in_the_scene_is_no_frame(draw: Callable[[], NDArray[np.uint8]]) -> None:
    assert not find_frame(draw())


class Nearness:
    """A model that takes brightness for nearness, and somebody for everywhere."""

    name = "brightness"

    def estimate(self, pixels: NDArray[np.uint8], quality: Quality = "default") -> Estimate:
        small = cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        values = small.mean(-1, dtype=np.float32)
        return Estimate(Disparity(values, "relative", self.name), np.ones_like(values))


@pytest.mark.parametrize(("frame", "colour"), FRAMES)
def test_a_network_sees_the_inside_alone(
    frame: Frame, colour: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("defocus.depth.registry.load_model", lambda *_, **__: Nearness())
    found = estimate(Photo(framed(frame, colour), meta=Metadata("png")), "brightness")
    values = found.disparity.values
    alone = Nearness().estimate(np.ascontiguousarray(frame.inside(scene()))).disparity.values
    assert (values.min(), values.max()) == (alone.min(), alone.max())  # nothing of the frame
    assert found.person is not None
    assert found.person.shape == values.shape
    # The map is the whole picture's: half its size, but for half a line at each side.
    assert np.abs(np.array(values.shape) - (H / 2, W / 2)).max() <= 1
    if frame.top > 1:
        assert np.array_equal(values[0], values[round(frame.top / 2)])


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

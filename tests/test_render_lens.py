"""Properties that every render must have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from defocus.errors import Cancelled
from defocus.optics import Lens
from defocus.render import Renderer, render_lens, render_reference
from defocus.render.lens import MAX_RADIUS_PX
from defocus.transfer import SRGB, gamma

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOPS = {np.uint8: 255, np.uint16: 65535, np.float32: 1}


def scene(height: int, width: int, seed: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Every kind of radius at once: two blurred sides, sharp and small ones, steps and slopes."""
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    y, x = np.mgrid[:height, :width] / max(height, width)
    radius = 40 * (x - 0.5)
    radius[(x - 0.4) ** 2 + (y - 0.5) ** 2 < 0.03] = 0
    radius[(x - 0.9) ** 2 + (y - 0.2) ** 2 < 0.02] = 30
    return image, radius.astype(np.float32)


def smooth(height: int, width: int) -> NDArray[np.float32]:
    y, x = np.mgrid[:height, :width] / 9
    light = 0.5 + 0.2 * np.sin(x)[..., None] * np.cos(y)[..., None] * np.array([1, 0.5, -1])
    return light.astype(np.float32)


@pytest.mark.parametrize("dtype", TOPS)
@pytest.mark.parametrize("level", [0.0, 0.02, 0.5, 1.0])
def test_constant_image_stays_constant(dtype: type, level: float) -> None:
    value = dtype(level * TOPS[dtype])
    image = np.full((97, 130, 3), value, dtype)
    result = render_lens(image, scene(97, 130)[1])
    # Cells are half floats: 11 bits of light.
    tolerance = {np.uint8: 0, np.uint16: 48, np.float32: 1e-3}[dtype]
    assert np.abs(result.astype(float) - float(value)).max() <= tolerance


@pytest.mark.parametrize("dtype", TOPS)
def test_zero_radius_is_identity(dtype: type) -> None:
    image = (scene(66, 131)[0].astype(float) / 255 * TOPS[dtype]).astype(dtype)
    assert np.array_equal(render_lens(image, np.zeros((66, 131), np.float32)), image)


def test_uncovered_sharp_pixels_are_bit_identical() -> None:
    image, _ = scene(90, 150)
    radius = np.full((90, 150), -20, np.float32)
    radius[30:60, 50:100] = 0.4
    result = render_lens(image, radius, Lens(highlights=1))
    sharp = radius > 0
    assert np.array_equal(result[sharp], image[sharp])
    assert not np.array_equal(result[~sharp], image[~sharp])


def test_recolouring_the_subject_changes_no_other_pixel() -> None:
    image, radius = scene(128, 170)
    radius = np.minimum(radius, -6)
    subject = np.zeros(radius.shape, bool)
    subject[40:100, 60:110] = True
    radius[subject] = 0
    other = image.copy()
    other[subject] = 255 - other[subject]
    changed = (render_lens(image, radius) != render_lens(other, radius)).any(-1)
    assert changed[subject].any()
    assert not changed[~subject].any()


@pytest.mark.parametrize("radius", [-2.5, -7.0, -20.0, -45.0, 3.0, 12.0, 60.0])
@pytest.mark.parametrize("lens", [Lens(), Lens(blades=6), Lens(ring=0.8), Lens(squeeze=0.6)])
def test_a_point_of_light_keeps_its_energy(radius: float, lens: Lens) -> None:
    image = np.zeros((331, 331, 3), np.float32)
    image[165, 165] = 500, 300, 100
    result = render_lens(image, np.full((331, 331), radius, np.float32), lens)
    assert result.sum((0, 1)) == pytest.approx([500, 300, 100], rel=0.01)


@pytest.mark.parametrize("radius", [-30.0, -3.0])
def test_a_point_of_light_draws_a_disc(radius: float) -> None:
    image = np.zeros((101, 101, 3), np.float32)
    image[50, 50] = 4000
    result = render_lens(image, np.full((101, 101), radius, np.float32))[..., 0]
    y, x = np.mgrid[-50:51, -50:51]
    distance = np.hypot(x, y)
    inside, outside = distance < abs(radius) - 1, distance > abs(radius) + 1.5
    density = 4000 / (np.pi * radius**2)
    assert result[inside] == pytest.approx(np.full(inside.sum(), density), rel=0.2)
    assert result[outside].max() < 0.03 * density


@pytest.mark.parametrize("turn", [np.fliplr, np.flipud, lambda a: np.swapaxes(a, 0, 1)])
def test_turning_commutes_with_a_round_lens(turn: Any) -> None:
    light, (_, radius) = smooth(128, 192), scene(128, 192)
    straight = turn(render_lens(light, radius))
    turned = render_lens(np.ascontiguousarray(turn(light)), np.ascontiguousarray(turn(radius)))
    assert np.abs(straight - turned).max() < 0.012


def test_opening_the_aperture_only_removes_detail() -> None:
    image, _ = scene(120, 160)
    details = [
        render_lens(image, np.full((120, 160), -r, np.float32)).astype(float).std()
        for r in (0, 0.8, 1.5, 3, 4.9, 5.1, 8, 15, 17, 30, 60)
    ]
    assert np.all(np.diff(details) < 0), details


@pytest.mark.parametrize("lens", [Lens(), Lens(blades=5, cat_eye=0.7, ring=-0.5, highlights=0.8)])
@pytest.mark.parametrize("dtype", TOPS)
def test_threads_processor_and_frames_before_do_not_matter(dtype: type, lens: Lens) -> None:
    image, radius = scene(200, 270)
    image = (image.astype(float) / 255 * TOPS[dtype] * (4 if dtype is np.float32 else 1)).astype(
        dtype
    )
    one = render_lens(image, radius, lens, threads=1)
    assert np.array_equal(render_lens(image, radius, lens, threads=5), one)
    for renderer in (Renderer(portable=True), Renderer(3, shuffle=7), Renderer(2, soil=True)):
        for _ in range(2):
            assert np.array_equal(renderer.render(image, radius, lens), one)
            renderer.render(image[:70, :90].copy(), radius[:70, :90].copy(), lens)


@pytest.mark.parametrize("size", [(1, 1), (1, 70), (70, 1), (2, 3), (65, 129), (64, 64), (63, 5)])
@pytest.mark.parametrize("scale", [-1.0, 1.0, 20.0])
def test_any_size_renders(size: tuple[int, int], scale: float) -> None:
    _, radius = scene(*size)
    light = np.full((*size, 3), 0.25, np.float32)
    result = render_lens(light, np.ascontiguousarray(radius * np.float32(scale)))
    assert np.abs(result - 0.25).max() < 1e-3


def test_pixel_types_agree() -> None:
    image, radius = scene(130, 150)
    light = SRGB.decode((image / 255).astype(np.float32))
    from_u8 = render_lens(image, radius).astype(float) / 255
    from_u16 = render_lens(image.astype(np.uint16) * 257, radius).astype(float) / 65535
    from_f32 = SRGB.encode(render_lens(light, radius))
    assert np.abs(from_u8 - from_u16).max() < 0.75 / 255
    assert np.abs(from_u16 - from_f32).max() < 0.1 / 255


def test_another_transfer_curve_mixes_its_own_light() -> None:
    image = np.zeros((80, 80, 3), np.uint8)
    image[:, ::2] = 255
    result = render_lens(image, np.full((80, 80), -12, np.float32), transfer=gamma(1.8))
    assert result[40, 40] == pytest.approx(255 * 0.5 ** (1 / 1.8), abs=2)


@pytest.mark.parametrize("radius", [-12.0, -2.0])
def test_close_to_the_reference_on_a_plane(radius: float) -> None:
    light = smooth(60, 80)
    radii = np.full((60, 80), radius, np.float32)
    assert np.abs(render_lens(light, radii) - render_reference(light, radii)).max() < 0.01


def test_close_to_the_reference_at_steps() -> None:
    light, (_, radius) = smooth(96, 128), scene(96, 128)
    error = render_lens(light, radius) - render_reference(light, radius, step_px=1)
    assert np.sqrt(np.mean(error**2)) < 0.02


@pytest.mark.parametrize(
    ("lens", "radius"),
    [
        (Lens(blades=3, rotation_deg=20), -15.5),
        (Lens(blades=3, rotation_deg=-20), 15.5),
        (Lens(blades=4, rotation_deg=10), -15.5),
        (Lens(squeeze=0.6), -15.5),
        (Lens(squeeze=1.6, blades=7), -15.5),
        (Lens(ring=1), -15.5),
        (Lens(ring=-0.8), -15.5),
        (Lens(cat_eye=1), -4.5),
    ],
)
def test_every_aperture_is_that_of_the_reference(lens: Lens, radius: float) -> None:
    size = (80, 100) if lens.cat_eye == 0 else (24, 32)
    light = np.full((*size, 3), 0.02, np.float32)
    for y, x in np.argwhere(np.random.default_rng(3).random(size) < 0.004):
        if 4 <= y < size[0] - 6 and 4 <= x < size[1] - 6:
            light[y : y + 2, x : x + 2] = 1
    radii = np.full(size, radius, np.float32)
    truth = render_reference(light, radii, lens)

    def error(shape: Lens) -> float:  # but for the rims, which the pyramid's cells soften
        difference = cv2.GaussianBlur(render_lens(light, radii, shape) - truth, (0, 0), 2)
        return float(np.sqrt(np.mean(difference**2)))

    assert error(lens) < 0.5 * error(Lens())


def test_the_ground_meets_a_nearer_foreground_without_a_seam() -> None:
    # Both lie in front of the focal plane; a renderer that takes the ground for what the foreground
    # hides shows a dark or sharp line where they meet.
    light = np.full((120, 160, 3), 0.5, np.float32)
    light[:, 80:] = 0.45
    radius = np.broadcast_to(np.linspace(2, 14, 120, dtype=np.float32)[:, None], (120, 160)).copy()
    radius[40:, 80:] = 20
    error = render_lens(light, radius) - render_reference(light, radius, step_px=0.25)
    assert np.abs(error).max() < 0.02


def test_the_border_is_as_good_as_the_rest() -> None:
    y, x = np.mgrid[:400, :500]
    wide = (0.5 + 0.3 * np.sin(x / 60)[..., None] * np.sin(y / 50)[..., None]).repeat(3, -1)
    radii = np.full((400, 500), -24, np.float32)
    truth = render_lens(wide.astype(np.float32), radii)[100:-100, 100:-100]
    part = render_lens(
        np.ascontiguousarray(wide[100:-100, 100:-100], np.float32),
        np.ascontiguousarray(radii[100:-100, 100:-100]),
    )
    assert np.abs(part - truth).max() < 0.05


def test_progress_rises_to_one() -> None:
    image, radius = scene(600, 800)
    calls: list[tuple[str, float]] = []
    render_lens(image, radius, progress=lambda *call: calls.append(call))
    fractions = [fraction for _, fraction in calls]
    assert {stage for stage, _ in calls} == {"render"}
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("after", [0.0, 0.5, 0.9])
def test_an_exception_from_progress_stops_the_render(threads: int, after: float) -> None:
    def stop(stage: str, fraction: float) -> None:
        if fraction >= after:
            raise Cancelled(f"at {fraction}")

    image, radius = scene(300, 400)
    with pytest.raises(Cancelled, match="at"):
        render_lens(image, radius, threads=threads, progress=stop)


@settings(max_examples=40, deadline=None)
@given(
    height=st.integers(1, 90),
    width=st.integers(1, 90),
    seed=st.integers(0, 2**32 - 1),
    scale=st.floats(0, MAX_RADIUS_PX / 10),
)
def test_result_stays_within_the_light_that_went_in(
    height: int, width: int, seed: int, scale: float
) -> None:
    rng = np.random.default_rng(seed)
    light = rng.uniform(0.2, 0.7, (height, width, 3)).astype(np.float32)
    radius = np.clip(rng.standard_cauchy((height, width)) * scale, -MAX_RADIUS_PX, MAX_RADIUS_PX)
    result = render_lens(light, radius.astype(np.float32))
    assert np.isfinite(result).all()
    assert result.min() > 0.19
    assert result.max() < 0.71


def test_a_dark_fringe_beside_the_subject_turns_no_blacker_than_it_was() -> None:
    image = np.full((40, 40, 3), 165, np.uint8)
    image[:, 20:] = 120
    image[:, 19] = 49  # dark pixels between the sharp subject and its bright background
    radius = np.full((40, 40), -13, np.float32)
    radius[:, 20:] = 0
    assert render_lens(image, radius)[:, 19].min() >= 48

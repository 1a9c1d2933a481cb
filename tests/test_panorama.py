from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from defocus import Edit, Focus, Lens, Photo
from defocus.disparity import Disparity, Estimate
from defocus.panorama import goes_round, narrow_map, narrowed, wide_estimate, widened
from defocus.photo import Metadata
from defocus.pipeline import render_scene
from defocus.scene import prepare

if TYPE_CHECKING:
    from numpy.typing import NDArray

PACKET = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    'xmlns:GPano="http://ns.google.com/photos/1.0/panorama/" {}/></rdf:RDF></x:xmpmeta>'
)
FULL = 'GPano:ProjectionType="{}" GPano:FullPanoWidthPixels="256"'
PART = FULL + ' GPano:CroppedAreaImageWidthPixels="{}"'


def photo(said: str | None, pixels: NDArray[np.uint8] | None = None) -> Photo:
    xmp = None if said is None else PACKET.format(said).encode()
    if pixels is None:
        pixels = np.zeros((128, 256, 3), np.uint8)
    return Photo(pixels, meta=Metadata("jpeg", xmp=xmp))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (FULL.format("equirectangular"), True),
        (FULL.format("cylindrical"), True),
        (PART.format("equirectangular", 256), True),
        (PART.format("equirectangular", 200), False),
        (PART.format("equirectangular", "many"), False),
        (FULL.format("rectilinear"), False),
        ('GPano:ProjectionType="equirectangular"', False),
        ("", False),
        (None, False),
    ],
)
def test_xmp_tells_who_goes_round(said: str | None, expected: bool) -> None:
    assert goes_round(photo(said)) is expected


def test_damaged_xmp_goes_nowhere() -> None:
    assert not goes_round(Photo(np.zeros((2, 2, 3), np.uint8), meta=Metadata("png", xmp=b"<GPano")))


@given(st.integers(2, 40), st.integers(0, 20))
def test_narrowed_undoes_widened(width: int, margin: int) -> None:
    values = np.arange(3 * width).reshape(3, width)
    margin = min(margin, width)
    wide = widened(values, margin)
    assert wide.shape[1] == width + 2 * margin
    assert (narrowed(wide, margin) == values).all()
    assert (wide[:, :margin] == values[:, width - margin :]).all()
    assert (wide[:, margin + width :] == values[:, :margin]).all()


@given(st.integers(8, 60))
def test_an_estimate_comes_back_at_its_size(width: int) -> None:
    values = np.random.default_rng(width).random((4, width), np.float32)
    wide, share = wide_estimate(Estimate(Disparity(values), values))
    assert wide.person is not None
    np.testing.assert_array_equal(narrow_map(wide.disparity.values, share), values)
    np.testing.assert_array_equal(narrow_map(wide.person, share), values)


def turned(scene_photo: Photo, columns: int, disparity: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The portrait of a panorama that was begun at another column, turned back."""
    moved = replace(scene_photo, pixels=np.roll(scene_photo.pixels, columns, 1))
    estimate = Estimate(Disparity(np.roll(disparity, columns, 1)), np.zeros_like(disparity))
    edit = Edit(focus=Focus("far"), lens=Lens(1.4), matte=False)
    made = render_scene(prepare(moved, edit, estimate=estimate), edit).pixels
    return np.roll(made, -columns, 1)


def test_it_does_not_matter_where_a_panorama_begins() -> None:
    rng = np.random.default_rng(2)
    pixels = rng.integers(0, 256, (128, 256, 3), np.uint8)
    disparity = np.full((128, 256), 0.1, np.float32)
    disparity[40:, :30] = disparity[40:, 230:] = 0.9  # a pillar across the seam

    def at_the_seam(said: str | None) -> float:
        begun_there, begun_elsewhere = (
            turned(photo(said, pixels), columns, disparity) for columns in (0, 128)
        )
        return float(np.abs(begun_there.astype(int) - begun_elsewhere)[:, [0, 1, -2, -1]].mean())

    assert at_the_seam(FULL.format("equirectangular")) < 0.1
    assert at_the_seam(None) > 1


def test_the_network_sees_across_the_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    from defocus.depth import estimate
    from defocus.depth.builtin import Builtin

    seen: list[tuple[int, ...]] = []

    def look(self: Builtin, pixels: NDArray[np.uint8], quality: str = "default") -> Estimate:
        seen.append(pixels.shape)
        return Estimate(Disparity(pixels[::2, ::2, 0].astype(np.float32)))

    monkeypatch.setattr(Builtin, "estimate", look)
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 128, 0).repeat(3, 2)
    found = estimate(photo(FULL.format("equirectangular"), ramp), "builtin").disparity.values
    assert seen == [(128, 320, 3)]
    np.testing.assert_array_equal(found, ramp[::2, ::2, 0])

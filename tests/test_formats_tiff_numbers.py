from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import photo_files as made
import pytest
import tifffile

from defocus import Photo, read_photo
from defocus.errors import PhotoError

if TYPE_CHECKING:
    from pathlib import Path

RAMP = np.linspace(0, 1, 48, dtype=np.float32)[None, :, None].repeat(32, 0).repeat(3, 2)


def read(path: Path, values: Any, **options: Any) -> Photo:
    tifffile.imwrite(path, values, **options)
    return read_photo(path)


def test_floating_point_without_profile_is_linear_light(tmp_path: Path) -> None:
    light = np.full((4, 5, 3), 0.2140, np.float32)  # sRGB code value 0.5
    photo = read(tmp_path / "a.tif", light, photometric="rgb")
    assert photo.pixels.dtype == np.uint16
    assert np.abs(photo.pixels.astype(int) - 32768).max() < 40
    assert "linear light" in photo.meta.notes[0]


def test_floating_point_with_profile_is_encoded(tmp_path: Path) -> None:
    icc = (34675, "B", len(made.icc()), made.icc(), True)
    photo = read(tmp_path / "a.tif", np.full((4, 5), 0.5, np.float64), photometric="minisblack")
    assert photo.meta.grey
    values = np.full((4, 5, 3), 0.5, np.float16)
    photo = read(tmp_path / "b.tif", values, photometric="rgb", extratags=[icc])
    assert np.abs(photo.pixels.astype(int) - 32768).max() <= 1
    assert photo.meta.icc == made.icc()


@pytest.mark.parametrize(("factor", "offset"), [(1.5, 0.0), (1.2, -0.1), (1.9, -0.05)])
def test_light_beyond_white_and_below_black_is_clipped_and_told(
    tmp_path: Path, factor: float, offset: float
) -> None:
    light = (RAMP * factor + offset).astype(np.float32)
    photo = read(tmp_path / "a.tif", light, photometric="rgb")
    clipped = read(tmp_path / "b.tif", np.clip(light, 0, 1), photometric="rgb")
    assert np.array_equal(photo.pixels, clipped.pixels)
    assert any("is clipped" in note for note in photo.meta.notes)
    assert not any("is clipped" in note for note in clipped.meta.notes)


@pytest.mark.parametrize("values", [RAMP * 3.3, RAMP - 0.7, np.full((4, 5, 3), 2.5)])
def test_numbers_that_lie_mostly_beyond_are_no_light(tmp_path: Path, values: Any) -> None:
    with pytest.raises(PhotoError, match="most of it is not from 0 to 1: scale it"):
        read(tmp_path / "a.tif", values.astype(np.float32), photometric="rgb")


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_nan_and_infinity_are_black_and_white(tmp_path: Path, kind: type) -> None:
    light = RAMP.astype(kind)
    light[3, 40], light[3, 41], light[3, 2] = np.nan, -np.inf, np.inf
    photo = read(tmp_path / "a.tif", light, photometric="rgb")
    assert (photo.pixels[3, 40:42] == 0).all()
    assert (photo.pixels[3, 2] == 65535).all()
    assert photo.meta.notes[0].startswith("NaN")
    with pytest.raises(PhotoError, match="holds no number"):
        read(tmp_path / "b.tif", np.full((4, 5, 3), np.nan, kind), photometric="rgb")


@pytest.mark.parametrize(("top", "white"), [(255, 255), (4095, 65535), (65535, 65535)])
def test_floating_point_counts_are_codes(tmp_path: Path, top: int, white: int) -> None:
    counts = np.rint(RAMP[..., 0] * top).astype(np.float32)
    photo = read(tmp_path / "a.tif", counts, photometric="minisblack")
    right = np.rint(counts * (65535 / white))
    assert np.abs(photo.pixels[..., 1] - right).max() <= 1
    assert f"up to {white:,}" in photo.meta.notes[0]


@pytest.mark.parametrize(
    ("kind", "top"),
    [("i4", 65535), ("u4", 4095), ("i4", 255), ("u8", 65535)],
)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_long_integers_are_the_codes_that_they_are(
    tmp_path: Path, kind: str, top: int, channels: int, compression: str | None
) -> None:
    codes = np.rint(RAMP[..., :channels] * top).astype(kind)
    meaning = "rgb" if channels == 3 else "minisblack"
    values = codes if channels == 3 else codes[..., 0]
    photo = read(tmp_path / "a.tif", values, photometric=meaning, compression=compression)
    assert photo.pixels.dtype == np.uint16
    assert np.array_equal(photo.pixels, np.broadcast_to(codes, (32, 48, 3)))
    assert "fit into 16 bits" in photo.meta.notes[0]


@pytest.mark.parametrize(("kind", "most"), [("i1", 127), ("i2", 32767)])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("share", [1, 0.25])
def test_the_most_of_a_number_with_a_sign_is_white(
    tmp_path: Path, kind: str, most: int, channels: int, planar: str, share: float
) -> None:
    stored = np.rint(RAMP[..., :channels] * most * share).astype(kind)
    meaning, values = ("rgb", stored) if channels == 3 else ("minisblack", stored[..., 0])
    if channels == 3 and planar == "separate":
        values = np.ascontiguousarray(values.transpose(2, 0, 1))
    photo = read(tmp_path / "a.tif", values, photometric=meaning, planarconfig=planar)
    full = 255 if kind == "i1" else 65535
    right = np.rint(stored.astype(float) * (full / most))
    assert np.abs(photo.pixels - np.broadcast_to(right, (32, 48, 3))).max() <= 1
    assert photo.pixels.max() == np.rint(right.max())
    assert "is taken for white" in photo.meta.notes[0]


@pytest.mark.parametrize(
    ("kind", "values", "top", "bits"),
    [
        ("i1", (-5, 90), "255", 8),
        ("i2", (-5, 900), "65,535", 16),
        ("u4", (0, 70_000), "65,535", 16),
    ],
)
def test_integers_of_which_nobody_can_tell_what_white_is(
    tmp_path: Path, kind: str, values: tuple[int, int], top: str, bits: int
) -> None:
    stored = np.full((4, 5), values[1], kind)
    stored[0, 0] = values[0]
    with pytest.raises(
        PhotoError, match=f"range from .* not 0 to {top}: scale them and save it as {bits} bits"
    ):
        read(tmp_path / "a.tif", stored, photometric="minisblack")

"""A resolution without a unit says how wide a pixel is, and nothing of inches."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from defocus import read_photo, write_photo
from defocus.formats import losses
from defocus.formats.aspect import whole_ratio
from defocus.formats.exif import ExifBlock

if TYPE_CHECKING:
    from pathlib import Path

_NO_UNIT = 1
_X, _Y, _UNIT = 282, 283, 296
_SOFTWARE = 305
_RGB = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)


def tiff(path: Path, aspect: tuple[float, float], unit: int = _NO_UNIT) -> Path:
    tags = {_X: aspect[0], _Y: aspect[1], _UNIT: unit, _SOFTWARE: "a scanner"}
    Image.fromarray(_RGB).save(path, "TIFF", tiffinfo=tags)
    return path


def jpeg(path: Path, aspect: tuple[int, int]) -> Path:
    buffer = io.BytesIO()
    Image.fromarray(_RGB).save(buffer, "JPEG")
    data = buffer.getvalue()
    numbers = b"\0" + aspect[0].to_bytes(2, "big") + aspect[1].to_bytes(2, "big")
    path.write_bytes(data[:13] + numbers + data[18:])
    return path


def says(path: Path) -> tuple[Any, ...]:
    """The unit and both numbers, as Pillow finds them."""
    with Image.open(path) as image:
        if image.format == "JPEG":
            return image.info["jfif_unit"], *image.info["jfif_density"]
        if image.format == "PNG":
            assert "dpi" not in image.info
            return 0, *image.info["aspect"]
        tags: Any = image.tag_v2  # type: ignore[attr-defined]
        return tags[_UNIT] - _NO_UNIT, tags[_X], tags[_Y]


@pytest.mark.parametrize("aspect", [(1, 1), (72, 72), (4, 3), (1, 2)])
@pytest.mark.parametrize("suffix", ["jpg", "png", "tif"])
def test_it_stays_one_from_tiff_and_back(
    tmp_path: Path, aspect: tuple[int, int], suffix: str
) -> None:
    photo = read_photo(tiff(tmp_path / "a.tif", aspect))
    assert photo.meta.dpi is None
    write_photo(photo, tmp_path / f"b.{suffix}")
    assert says(tmp_path / f"b.{suffix}") == (0, *aspect)
    again = read_photo(tmp_path / f"b.{suffix}")
    assert (again.meta.dpi, again.meta.aspect) == (None, aspect)
    write_photo(again, tmp_path / "c.tif")
    assert says(tmp_path / "c.tif") == (0, *aspect)


@pytest.mark.parametrize("aspect", [(1, 1), (10, 11)])
@pytest.mark.parametrize("suffix", ["jpg", "png", "tif"])
def test_it_stays_one_from_jpeg(tmp_path: Path, aspect: tuple[int, int], suffix: str) -> None:
    write_photo(read_photo(jpeg(tmp_path / "a.jpg", aspect)), tmp_path / f"b.{suffix}")
    assert says(tmp_path / f"b.{suffix}") == (0, *aspect)


def test_a_jpeg_of_it_has_no_resolution_for_pillow_to_take_for_inches(tmp_path: Path) -> None:
    write_photo(read_photo(tiff(tmp_path / "a.tif", (1, 1))), tmp_path / "b.jpg")
    with Image.open(tmp_path / "b.jpg") as image:
        exif = image.getexif()
        assert exif[_SOFTWARE] == "a scanner"
        assert not {_X, _Y, _UNIT} & set(exif)
        assert image.info.get("dpi") != (1, 1)


def test_fractions_become_whole_numbers(tmp_path: Path) -> None:
    photo = read_photo(tiff(tmp_path / "a.tif", (1.0, 1.5)))
    for suffix in ("jpg", "png"):
        write_photo(photo, tmp_path / f"b.{suffix}")
        assert says(tmp_path / f"b.{suffix}") == (0, 2, 3)


def test_a_resolution_goes_before_it(tmp_path: Path) -> None:
    """JPEGs of many programs say "no unit, 1 to 1" in one header and 300 dpi in the other."""
    tags = Image.Exif()
    tags[_X], tags[_Y], tags[_UNIT] = 300.0, 300.0, 2
    Image.fromarray(_RGB).save(tmp_path / "a.jpg", exif=tags)
    photo = read_photo(tmp_path / "a.jpg")
    assert photo.meta.aspect is None
    write_photo(photo, tmp_path / "b.tif")
    with Image.open(tmp_path / "b.tif") as image:
        assert image.info["dpi"] == (300, 300)


@pytest.mark.parametrize("unit", [2, 3])
def test_inches_and_centimetres_stay_what_they_are(tmp_path: Path, unit: int) -> None:
    photo = read_photo(tiff(tmp_path / "a.tif", (100, 100), unit))
    dpi = 100 if unit == 2 else 254
    assert (photo.meta.dpi, photo.meta.aspect) == ((dpi, dpi), None)
    write_photo(photo, tmp_path / "b.jpg")
    assert says(tmp_path / "b.jpg") == (1, dpi, dpi)


def test_turned_pictures_have_turned_pixels(tmp_path: Path) -> None:
    tags = {_X: 4.0, _Y: 3.0, _UNIT: _NO_UNIT, 274: 6}
    Image.fromarray(_RGB).save(tmp_path / "a.tif", tiffinfo=tags)
    assert read_photo(tmp_path / "a.tif").meta.aspect == (3, 4)


def test_it_is_told_where_it_has_no_place(tmp_path: Path) -> None:
    square = read_photo(tiff(tmp_path / "a.tif", (1, 1)))
    wide = read_photo(tiff(tmp_path / "b.tif", (4, 3)))
    assert not any("square" in line for line in losses.losses(square, tmp_path / "c.webp"))
    assert any("not square" in line for line in losses.losses(wide, tmp_path / "c.webp"))
    assert not any("square" in line for line in losses.losses(wide, tmp_path / "c.jpg"))


def test_exif_without_a_unit_gives_no_resolution() -> None:
    for unit, expected in ((1, False), (2, True), (3, True)):
        tags = Image.Exif()
        tags[_X], tags[_UNIT] = 72.0, unit
        assert ExifBlock(tags.tobytes()).has_resolution is expected
    assert not ExifBlock(Image.Exif().tobytes()).has_resolution


@given(st.floats(1, 100_000), st.floats(1, 100_000), st.sampled_from([0xFFFF, (1 << 31) - 1]))
def test_whole_numbers_are_near_and_fit(x: float, y: float, most: int) -> None:
    wide, high = whole_ratio((x, y), most)
    assert 1 <= wide <= most
    assert 1 <= high <= most
    # A relation beyond what the numbers can say is cut to their ends.
    assert wide * y == pytest.approx(high * x, rel=1e-4) or max(x / y, y / x) > most / 2

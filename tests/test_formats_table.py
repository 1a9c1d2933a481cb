"""The table of formats: what a header tells, and what each row promises."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import photo_files as made
import pytest
import tifffile
from photo_samples import SAMPLES, dng, sample
from PIL import Image

from defocus import Photo, read_photo, write_photo
from defocus.errors import PhotoError
from defocus.formats import FORMATS, sniff
from defocus.formats.codec import Header
from defocus.formats.reading import peek
from defocus.photo import GainMap, Metadata

if TYPE_CHECKING:
    from pathlib import Path

    from defocus.formats.codec import Format


@pytest.mark.parametrize("name", SAMPLES)
def test_a_header_tells_the_size_and_bits_that_decoding_finds(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"a.{name.split('-')[0]}"
    path.write_bytes(sample(name))
    header, photo = peek(path), read_photo(path)
    assert sorted(header.size_wh) == sorted(photo.size_wh)
    assert (header.bits > 8) == (photo.pixels.dtype == np.uint16)


def test_a_header_tells_of_hdr(tmp_path: Path) -> None:
    deep = Photo(made.picture(dtype=np.uint16))
    for suffix in (".png", ".heic"):
        assert not peek(write_photo(deep, tmp_path / f"a{suffix}")).is_hdr
        bright = replace(deep, meta=Metadata("png", cicp=(9, 16)))
        assert peek(write_photo(bright, tmp_path / f"b{suffix}")).is_hdr
    ones, low = (1.0,) * 3, (0.0,) * 3
    codes = np.zeros((4, 6, 1), np.uint8)
    mapped = Photo(made.picture(), gain_map=GainMap(codes, low, ones, ones, low, low, (0.0, 1.0)))
    assert peek(write_photo(mapped, tmp_path / "c.jpg")).is_hdr
    assert not peek(write_photo(Photo(made.picture()), tmp_path / "d.jpg")).is_hdr


def test_a_header_of_a_raw_file(tmp_path: Path) -> None:
    (tmp_path / "a.dng").write_bytes(dng())
    assert peek(tmp_path / "a.dng") == Header((64, 48), 16)


def test_a_panorama_of_200_megapixels_is_no_bomb(tmp_path: Path) -> None:
    Image.new("1", (20000, 10000)).save(tmp_path / "a.png")
    Image.new("L", (65000, 3100)).save(tmp_path / "a.jpg", quality=1)
    assert peek(tmp_path / "a.png").size_wh == (20000, 10000)
    assert peek(tmp_path / "a.jpg").size_wh == (65000, 3100)


def test_ten_bits_are_told(tmp_path: Path) -> None:
    deep = Photo(made.picture(dtype=np.uint16))
    assert peek(write_photo(deep, tmp_path / "a.heic")).bits == 10
    tifffile.imwrite(tmp_path / "a.tif", deep.pixels[..., 0], photometric="minisblack")
    assert peek(tmp_path / "a.tif").bits == 16


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"II*\0",
        b"RIFF....WEBP",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0\0",
    ],
)
def test_a_header_that_is_not_there(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    if content[8:12] == b"WEBP":
        assert peek(path).size_wh == (0, 0)
        return
    with pytest.raises(PhotoError, match=str(path)):
        peek(path)
    with pytest.raises(PhotoError):
        peek(tmp_path)


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.name)
def test_a_row_is_complete(known: Format) -> None:
    module = known.load()
    assert callable(module.read)
    assert callable(module.peek)
    assert known.writable == hasattr(module, "write")
    assert bool(known.writes) == known.writable


@pytest.mark.parametrize("known", [k for k in FORMATS if k.writable], ids=lambda known: known.name)
def test_the_widest_side_that_a_row_names_is_written_and_one_more_refused(
    tmp_path: Path, known: Format
) -> None:
    assert known.holds is not None
    side = known.holds.side_px
    path = tmp_path / f"a{known.suffixes[0]}"
    if side is None:
        write_photo(
            Photo(np.zeros((1, 70_000 if known.name == "png" else 2000, 3), np.uint8)), path
        )
        return
    write_photo(Photo(np.zeros((1, side, 3), np.uint8)), path)
    assert peek(path).size_wh == (side, 1)
    with pytest.raises(PhotoError, match="pixels a side"):
        write_photo(Photo(np.zeros((1, side + 1, 3), np.uint8)), path, overwrite=True)
    assert peek(path).size_wh == (side, 1)


def test_content_is_recognised_whatever_the_suffix() -> None:
    for name in SAMPLES:
        kind = name.split("-")[0]
        expected = {"jpg": "jpeg", "tif": "tiff", "heic": "heif", "jp2": "jpeg2000"}.get(kind, kind)
        for suffix in ("", ".jpg", ".xyz", ".heic"):
            assert sniff(sample(name), suffix).name == expected


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("a.jpg", "not what its name says"),
        ("a.TIFF", "not what its name says"),
        ("a.doc", "convert it first"),
        ("a", "convert it first"),
    ],
)
def test_what_is_no_photo_gets_the_advice_that_fits(tmp_path: Path, name: str, advice: str) -> None:
    (tmp_path / name).write_text("a letter, no photo")
    with pytest.raises(PhotoError, match=advice):
        read_photo(tmp_path / name)

"""Which page of a TIFF is the photo, and what is a sensor's picture whatever its name says."""

from __future__ import annotations

import shutil
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import photo_files as made
import pytest
import tifffile
from photo_samples import dng
from PIL import Image
from tiff_files import tiff

from defocus import read_photo, write_photo
from defocus.errors import PhotoError
from defocus.formats import ifd, sniff
from defocus.formats.reading import peek

if TYPE_CHECKING:
    from pathlib import Path

PICTURE = made.picture(96, 64)
SMALL = PICTURE[::8, ::8]


def pages(path: Path, *parts: tuple[Any, dict[str, Any]]) -> Path:
    with tifffile.TiffWriter(path) as file:
        for values, options in parts:
            file.write(values, photometric="rgb", metadata=None, **options)
    return path


PREVIEW: dict[str, Any] = {"subfiletype": 1}
PREVIEWS: dict[str, tuple[tuple[Any, dict[str, Any]], ...]] = {
    "the picture is the second page": ((SMALL, PREVIEW), (PICTURE, {"subfiletype": 0})),
    "the picture is the third page": ((SMALL, PREVIEW), (SMALL, PREVIEW), (PICTURE, {})),
    "the picture is below the preview": (
        (SMALL, {**PREVIEW, "subifds": 1}),
        (PICTURE, {"subfiletype": 0}),
    ),
    "a smaller version follows": ((PICTURE, {}), (SMALL, PREVIEW)),
    "smaller versions are below": ((PICTURE, {"subifds": 2}), (SMALL, PREVIEW), (SMALL, PREVIEW)),
    "all say that they are previews": ((SMALL, PREVIEW), (PICTURE, PREVIEW)),
}


@pytest.mark.parametrize("kind", PREVIEWS)
def test_a_preview_is_not_taken_for_the_photo(tmp_path: Path, kind: str) -> None:
    path = pages(tmp_path / "a.tif", *PREVIEWS[kind])
    photo = read_photo(path)
    assert np.array_equal(photo.pixels, PICTURE)
    assert photo.meta.notes == ()
    assert peek(path).size_wh == (96, 64)


def test_the_old_mark_of_a_preview_counts_too(tmp_path: Path) -> None:
    path = pages(
        tmp_path / "a.tif", (SMALL, {"extratags": [(255, "H", 1, 2, True)]}), (PICTURE, {})
    )
    assert read_photo(path).size_wh == (96, 64)


def test_what_the_first_page_says_of_the_file_stays_with_the_photo(tmp_path: Path) -> None:
    tags = [(271, "s", 0, "Maker", True), (700, "B", len(made.XMP_PACKET), made.XMP_PACKET, True)]
    first = (SMALL, {**PREVIEW, "subifds": 1, "extratags": tags, "resolution": (240, 240)})
    meta = read_photo(pages(tmp_path / "a.tif", first, (PICTURE, {}))).meta
    assert meta.exif is not None
    assert b"Maker" in meta.exif
    assert meta.xmp is not None
    assert made.CAPTION.encode() in meta.xmp


def test_other_pages_are_counted(tmp_path: Path) -> None:
    path = pages(tmp_path / "a.tif", (PICTURE, {}), (SMALL, PREVIEW), (PICTURE, {}), (SMALL, {}))
    assert read_photo(path).meta.notes == ("of 3 pages only the first is kept",)


def test_pages_that_go_in_a_circle_end(tmp_path: Path) -> None:
    data = bytearray(tiff(PICTURE, bits=8))
    at = int.from_bytes(data[4:8], "little")
    count = int.from_bytes(data[at : at + 2], "little")
    link = at + 2 + 12 * count
    data[link : link + 4] = at.to_bytes(4, "little")
    (tmp_path / "a.tif").write_bytes(data)
    assert np.array_equal(read_photo(tmp_path / "a.tif").pixels, PICTURE)


@pytest.mark.parametrize("name", ["a.tif", "a.gpr", "a.rwl", "a", "a.jpg", "a.dng"])
def test_a_dng_is_developed_whatever_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(dng())
    photo = read_photo(tmp_path / name)
    assert photo.meta.format == "raw"
    assert photo.size_wh == (64, 48)


def test_a_sensor_picture_below_a_thumbnail_is_raw(tmp_path: Path) -> None:
    """As Nikon, Sony and Pentax do it, without DNG's own tags."""
    with tifffile.TiffWriter(tmp_path / "a.nef") as file:
        file.write(SMALL, photometric="rgb", subfiletype=1, subifds=1)
        file.write(PICTURE[..., 1].astype(np.uint16), photometric=32803, subfiletype=0)
    shutil.copy(tmp_path / "a.nef", tmp_path / "a.tif")
    assert sniff((tmp_path / "a.tif").read_bytes(), ".tif").name == "raw"
    pages(tmp_path / "b.tif", (SMALL, PREVIEW), (PICTURE, {}))
    assert sniff((tmp_path / "b.tif").read_bytes(), ".tif").name == "tiff"


def test_the_xmp_of_a_raw_file_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a.dng").write_bytes(dng(xmp=made.XMP_PACKET))
    photo = read_photo(tmp_path / "a.dng")
    assert photo.meta.xmp is not None
    assert made.CAPTION.encode() in photo.meta.xmp
    assert b'tiff:Orientation="6"' not in photo.meta.xmp
    again = read_photo(write_photo(photo, tmp_path / "b.tif"))
    assert again.meta.xmp == photo.meta.xmp


def test_entries_that_share_bytes_do_not_multiply() -> None:
    """A directory whose entries all point to the whole file: 200 kB once took gigabytes."""
    rows = [(0xC000 + n, 7, 200_000, 0) for n in range(1000)]
    table = struct.pack("<H", len(rows)) + b"".join(struct.pack("<HHLL", *row) for row in rows)
    data = (b"II*\0\x08\0\0\0" + table + bytes(4)).ljust(200_000, b"\1")
    found, _ = ifd.read(data)
    assert sum(len(entry.raw) for entry in found.entries.values()) <= len(data)


def test_directories_that_lead_to_each_other_end_soon() -> None:
    rows = [(ifd.SUB_IFDS[n % 3], 4, 1, 8) for n in range(4000)]
    table = struct.pack("<H", len(rows)) + b"".join(struct.pack("<HHLL", *row) for row in rows)
    data = b"II*\0\x08\0\0\0" + table + bytes(4)
    found, _ = ifd.read(data)
    assert set(found.entries) <= set(ifd.SUB_IFDS)


@pytest.mark.parametrize("samples", [60, 200])
def test_many_samples_a_pixel_in_shared_strips_are_refused(tmp_path: Path, samples: int) -> None:
    side = 4000
    shared = np.zeros((1, 1, 3), np.uint8)
    more = {
        256: ifd.longs("<", side),
        257: ifd.longs("<", side),
        258: ifd.shorts("<", *[16] * samples),
        277: ifd.shorts("<", samples),
        278: ifd.longs("<", 1),
        273: ifd.longs("<", *[8] * side),
        279: ifd.longs("<", *[60_000] * side),
        259: ifd.shorts("<", 8),
    }
    data = tiff(shared, bits=16, more=more).ljust(65_000, b"\0")
    (tmp_path / "a.tif").write_bytes(data)
    with pytest.raises(PhotoError, match="claims 4000×4000"):
        read_photo(tmp_path / "a.tif")


def test_every_strip_of_many_is_in_its_place(tmp_path: Path) -> None:
    """One row a strip, as some scanners write."""
    values = made.picture(64, 3000)
    (tmp_path / "a.tif").write_bytes(tiff(values, bits=8, rows=1, compression="packbits"))
    assert np.array_equal(read_photo(tmp_path / "a.tif").pixels, values)
    with Image.open(tmp_path / "a.tif") as image:
        assert np.array_equal(np.asarray(image), values)

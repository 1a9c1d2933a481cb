"""The metadata of raw files: of a TIFF inside, of Canon's boxes, of the camera's own JPEG."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import photo_files as made
import pytest
from photo_samples import dng

from defocus import read_photo, write_photo
from defocus.formats import ifd
from defocus.formats import raw as formats_raw
from defocus.formats.exif import ExifBlock

if TYPE_CHECKING:
    from pathlib import Path

rawpy = pytest.importorskip("rawpy")


class FakeRaw:
    """What rawpy shows of a file that LibRaw knows and we do not make here."""

    def __init__(self, preview: Any) -> None:
        self._preview = preview

    def extract_thumb(self) -> Any:
        if isinstance(self._preview, Exception):
            raise self._preview
        return self._preview


def preview(data: bytes, kind: str = "JPEG") -> Any:
    return rawpy.Thumbnail(getattr(rawpy.ThumbFormat, kind), data)


def test_the_camera_s_own_jpeg_tells_what_the_raw_file_does_not() -> None:
    """Fujifilm's RAF, Sigma's X3F: no TIFF, but a JPEG with everything."""
    data = made.with_segments(
        made.jpeg(made.picture(), exif=b"Exif\0\0" + made.exif(6)),
        made.xmp_segment(made.XMP_PACKET),
    )
    exif, packet = formats_raw._metadata(b"FUJIFILMCCD-RAW", FakeRaw(preview(data)))
    assert exif is not None
    assert b"Model T" in exif
    assert packet == made.XMP_PACKET


@pytest.mark.parametrize(
    "found",
    [
        rawpy.LibRawNoThumbnailError(),
        rawpy.LibRawUnsupportedThumbnailError(),
        preview(b"\xff\xd8\xff"),
        preview(b""),
        preview(bytes(100), "BITMAP"),
    ],
)
def test_a_raw_file_without_any_preview_is_no_trouble(found: Any) -> None:
    assert formats_raw._metadata(b"FOVb", FakeRaw(found)) == (None, None)


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">L4s", 8 + len(body), name) + body


@pytest.mark.parametrize("order", ["<", ">"])
def test_canon_s_boxes_are_put_together(order: ifd.Order) -> None:
    def block(entries: dict[int, ifd.Entry]) -> bytes:
        return ifd.header(order, 8) + ifd.write(ifd.Directory(order, entries), 8)

    parts = [
        box(
            b"CMT1", block({0x0110: ifd.blob(ifd.ASCII, b"EOS T\0"), 0x0112: ifd.shorts(order, 6)})
        ),
        box(b"CMT2", block({0x9003: ifd.blob(ifd.ASCII, b"2024:05:06 07:08:09\0")})),
        box(b"CMT3", block({1: ifd.blob(ifd.ASCII, b"a maker note\0")})),
        box(b"CMT4", block({1: ifd.blob(ifd.ASCII, b"N\0")})),
    ]
    canon = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
    xmp = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
    data = box(b"ftyp", b"crx \0\0\0\1crx isom") + box(
        b"moov", box(b"uuid", canon + b"".join(parts))
    )
    data += box(b"uuid", xmp + made.XMP_PACKET)
    exif, packet = formats_raw._metadata(data, FakeRaw(rawpy.LibRawNoThumbnailError()))
    assert packet == made.XMP_PACKET
    assert exif is not None
    found, _ = ifd.read(exif)
    assert found.bytes_of(0x0110) == b"EOS T\0"
    details = found.entries[ifd.EXIF_IFD].directory
    place = found.entries[ifd.GPS_IFD].directory
    assert details is not None
    assert details.bytes_of(0x9003) == b"2024:05:06 07:08:09\0"
    assert place is not None
    assert place.bytes_of(1) == b"N\0"
    assert ExifBlock(exif).orientation == 6
    damaged = data.replace(b"CMT2", b"XXXX").replace(b"CMT1" + parts[0][8:10], b"CMT1\0\0")
    assert formats_raw._metadata(damaged, FakeRaw(None))[0] is None


@pytest.mark.parametrize("photometric", [34892, 32803])
def test_a_camera_without_colours_gives_a_grey_photo(tmp_path: Path, photometric: int) -> None:
    """One sample a pixel: linear raw, or a mosaic (RGGB) beside it."""
    data = dng()
    entry = struct.pack("<HHL", 262, 3, 1)
    assert data.count(entry + struct.pack("<H", 32803)) == 1
    changed = data.replace(entry + struct.pack("<H", 32803), entry + struct.pack("<H", photometric))
    (tmp_path / "a.dng").write_bytes(changed)
    photo = read_photo(tmp_path / "a.dng")
    assert photo.pixels.shape == (48, 64, 3)
    assert photo.meta.grey == (photometric == 34892)
    again = read_photo(write_photo(photo, tmp_path / "b.tif"))
    assert np.array_equal(again.pixels, photo.pixels)


@pytest.mark.parametrize("orientation", [1, 6, 8])
def test_a_raw_file_is_turned_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, orientation: int
) -> None:
    """LibRaw has turned the picture; what the preview says of it counts no more."""
    data = made.jpeg(made.picture(), exif=b"Exif\0\0" + made.exif(orientation))

    class Opened(FakeRaw):
        sizes = type("sizes", (), {"width": 48, "height": 32})

        def __enter__(self) -> Opened:
            return self

        def __exit__(self, *_: object) -> None: ...

        def postprocess(self, **_: object) -> Any:
            return made.picture(32, 48, np.uint16)

    monkeypatch.setattr(rawpy, "imread", lambda _: Opened(preview(data)))
    (tmp_path / "a.raf").write_bytes(b"FUJIFILMCCD-RAW " + bytes(100))
    photo = read_photo(tmp_path / "a.raf")
    assert photo.size_wh == (32, 48)
    again = read_photo(write_photo(photo, tmp_path / "b.jpg"))
    assert again.size_wh == (32, 48)
    assert again.meta.exif is not None
    assert ExifBlock(again.meta.exif).orientation == 1

"""Odd things beside a picture that viewers show: dropped, told where something is lost."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import numpy as np
import photo_files as made
import pytest
from PIL import Image

from defocus import Photo, read_photo, write_photo
from defocus.formats import isobmff
from defocus.formats.losses import losses
from defocus.photo import Metadata

if TYPE_CHECKING:
    from pathlib import Path

PICTURE = made.picture(64, 48)


def read(tmp_path: Path, data: bytes, suffix: str) -> Photo:
    (tmp_path / f"a{suffix}").write_bytes(data)
    return read_photo(tmp_path / f"a{suffix}")


# ----------------------------------------------------------------------------- JPEG's own segments


@pytest.mark.parametrize("length", range(15))
@pytest.mark.parametrize(
    ("marker", "whole"),
    [
        (0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"),
        (0xE0, b"JFXX\0\x10" + bytes(9)),
        (0xEE, b"Adobe\0\x64\0\0\0\0\1\0\0\0"),
        (0xE1, b"Exif\0\0II*\0\x08\0\0\0\0"),
        (0xE2, b"MPF\0II*\0\x08\0\0\0\1\0\0"),
        (0xE2, b"ICC_PROFILE\0\1\1x"),
        (0xED, b"Photoshop 3.0\0\x38"),
    ],
)
def test_segments_that_end_too_soon_do_not_cost_the_picture(
    tmp_path: Path, marker: int, whole: bytes, length: int
) -> None:
    plain = made.jpeg(PICTURE)
    expected = read(tmp_path, plain, ".jpg").pixels
    after = 4 + int.from_bytes(plain[4:6], "big")  # in place of the picture's own JFIF
    assert plain[2:4] == b"\xff\xe0"
    data = plain[:2] + made.segment(marker, whole[:length]) + plain[after:]
    assert np.array_equal(read(tmp_path, data, ".jpg").pixels, expected)


@pytest.mark.parametrize(
    "between", [b"\0", b"\x55", b"\xff\xff\xff", bytes(range(1, 99)), b"\xff\0"]
)
@pytest.mark.parametrize("which", [0, 1, 2, 3])
def test_bytes_between_segments_are_skipped(tmp_path: Path, between: bytes, which: int) -> None:
    """One byte too many before a marker, as some cameras write (Pillow's issue 630)."""
    plain = made.jpeg(PICTURE)
    at = [2]
    while plain[at[-1] + 1] != 0xDA:
        at.append(at[-1] + 2 + int.from_bytes(plain[at[-1] + 2 : at[-1] + 4], "big"))
    place = at[1:][which]
    data = plain[:place] + between + plain[place:]
    got = read(tmp_path, data, ".jpg").pixels
    assert np.array_equal(got, read(tmp_path, plain, ".jpg").pixels)


# ---------------------------------------------------------------------------------- AVIF and HEIF


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">L4s", len(body) + 8, name) + body


def avif(*, exif: bytes | None = None, bits: int = 8) -> bytes:
    if bits > 8:
        imagecodecs = pytest.importorskip("imagecodecs", reason="the extra 'avif' is not installed")
        deep = PICTURE.astype(np.uint16) * 4
        return bytes(imagecodecs.avif_encode(deep, level=100, bitspersample=bits))
    buffer = io.BytesIO()
    more = {} if exif is None else {"exif": exif}
    Image.fromarray(PICTURE).save(buffer, "AVIF", quality=90, **more)
    return buffer.getvalue()


def with_item(data: bytes, kind: bytes, content: bytes, *, number: int = 90) -> bytes:
    """One item more, whose bytes stand at the end of the file; all places of others move on."""
    entry = box(b"infe", struct.pack(">LHH4sB", 2 << 24, number, 0, kind, 0))
    added = len(entry) + 14
    out = bytearray(data)
    places = {name: (body, after) for name, body, after in isobmff.boxes(data, 0, len(data))}
    start, end = places[b"iloc"]
    version, sizes = data[start], data[start + 4]
    assert version == 0
    assert sizes == 0x44
    count = int.from_bytes(data[start + 6 : start + 8], "big")
    at = start + 8
    base = data[start + 5] >> 4
    for _ in range(count):
        extents = int.from_bytes(data[at + 4 + base : at + 6 + base], "big")
        at += 6 + base
        for _ in range(extents):
            (place,) = struct.unpack_from(">L", out, at)
            struct.pack_into(">L", out, at, place + added + base)
            at += 8
    assert at == end
    row = struct.pack(">HH", number, 0) + bytes(base)
    row += struct.pack(">HLL", 1, len(data) + added + base, len(content))
    struct.pack_into(">H", out, start + 6, count + 1)
    listed, listed_end = places[b"iinf"]
    assert data[listed] == 0
    struct.pack_into(
        ">H", out, listed + 4, int.from_bytes(data[listed + 4 : listed + 6], "big") + 1
    )
    for name, grow in ((b"iloc", len(row)), (b"iinf", len(entry)), (b"meta", added + base)):
        body = places[name][0] - 8
        (size,) = struct.unpack_from(">L", out, body)
        struct.pack_into(">L", out, body, size + grow)
    for where, what in sorted(((end, row), (listed_end, entry)), reverse=True):
        out[where:where] = what
    return bytes(out) + content


@pytest.mark.parametrize(
    "content", [b"", b"\0", b"\0\0\0", b"\0\0\0\0", b"\0\0\0\6Exif", b"noise" * 9]
)
@pytest.mark.parametrize("bits", [8, 10])
def test_an_avif_whose_exif_is_empty_or_noise_is_read(
    tmp_path: Path, content: bytes, bits: int
) -> None:
    plain = avif(bits=bits)
    photo = read(tmp_path, with_item(plain, b"Exif", content), ".avif")
    assert np.array_equal(photo.pixels, read(tmp_path, plain, ".avif").pixels)


@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("filling", [b"\0", b"\xff", b"Exif"])
def test_an_avif_whose_own_exif_was_wiped_is_read(
    tmp_path: Path, filling: bytes, bits: int
) -> None:
    """Its tables still say that the block belongs to the picture."""
    pytest.importorskip("imagecodecs", reason="the extra 'avif' is not installed")
    pixels = PICTURE if bits == 8 else PICTURE.astype(np.uint16) * 257
    photo = Photo(pixels, meta=Metadata("png", exif=made.exif(1)))
    plain = write_photo(photo, tmp_path / "plain.avif").read_bytes()
    start = b"MM\0*\0\0\0\x08"
    assert plain.count(start) == 1
    at = plain.index(start) - 4
    wiped = (filling * 99)[:60]
    data = plain[:at] + wiped + plain[at + len(wiped) :]
    again = read(tmp_path, data, ".avif")
    assert np.array_equal(again.pixels, read(tmp_path, plain, ".avif").pixels)
    assert again.meta.exif is None


@pytest.mark.parametrize("content", [b"", b"\0", bytes(62), b"\0\1\0\0\0" + bytes(57), b"x" * 200])
def test_an_avif_with_an_odd_gain_map_is_read_and_its_loss_told(
    tmp_path: Path, content: bytes
) -> None:
    """Where the map makes no sense to libavif, it refused the picture with it."""
    data = with_item(avif(), b"tmap", content)
    size = int.from_bytes(data[:4], "big")
    data = data[: size - 4] + b"tmap" + data[size:]  # in place of the last brand
    photo = read(tmp_path, data, ".avif")
    assert np.array_equal(photo.pixels, read(tmp_path, avif(), ".avif").pixels)
    assert "HDR gain map is not carried over" in losses(photo, "b.avif")
    assert "HDR gain map is not carried over" in losses(photo, "b.jpg")


def test_an_avif_without_a_gain_map_loses_none(tmp_path: Path) -> None:
    photo = read(tmp_path, avif(exif=b"Exif\0\0" + made.exif(1)), ".avif")
    assert losses(photo, "b.avif") == ()
    assert photo.meta.exif is not None


@pytest.mark.parametrize("kind", [b"tmap", b"Exif"])
def test_a_heic_with_a_gain_map_of_the_standard_tells_its_loss(tmp_path: Path, kind: bytes) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(PICTURE)).save(buffer, quality=90)
    data = buffer.getvalue()
    try:
        odd = with_item(data, kind, b"\0" * 62)
    except AssertionError:
        pytest.skip("this libheif lays its tables out otherwise")
    photo = read(tmp_path, odd, ".heic")
    told = "HDR gain map is not carried over" in losses(photo, "b.heic")
    assert told is (kind == b"tmap")

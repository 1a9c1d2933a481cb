"""EXIF however it comes: any size, type and container; what had to go is said."""

from __future__ import annotations

import io
import struct
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import photo_files as made
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from defocus import Photo, read_photo, write_photo
from defocus.formats import exif, ifd
from defocus.formats.losses import losses
from defocus.photo import Metadata

if TYPE_CHECKING:
    from pathlib import Path

DATE = b"2024:05:06 07:08:09\0"
# The integer types of TIFF: BYTE, SHORT, LONG, SBYTE, SSHORT, SLONG.
INTEGERS = {"byte": (1, "B"), "short": (3, "H"), "long": (4, "L"), "sbyte": (6, "b"),
            "sshort": (8, "h"), "slong": (9, "l")}  # fmt: skip


def block(
    order: ifd.Order = "<", note: int = 64, more: dict[int, ifd.Entry] | None = None
) -> bytes:
    """Camera, date, aperture and position around a maker note of that length."""
    details = {
        0x9003: ifd.blob(ifd.ASCII, DATE),
        0x927C: ifd.blob(ifd.UNDEFINED, b"\xaa" * note),
        0x829D: ifd.fraction(order, 1.8),
    }
    place = {
        1: ifd.blob(ifd.ASCII, b"N\0"),
        2: ifd.Entry(ifd.RATIONAL, 3, struct.pack(order + "6L", 51, 1, 30, 1, 0, 1)),
    }
    entries = {
        0x010F: ifd.blob(ifd.ASCII, b"Maker\0"),
        0x0110: ifd.blob(ifd.ASCII, b"Model T\0"),
        ifd.EXIF_IFD: ifd.Entry(ifd.LONG, 1, directory=ifd.Directory(order, details)),
        ifd.GPS_IFD: ifd.Entry(ifd.LONG, 1, directory=ifd.Directory(order, place)),
        **(more or {}),
    }
    return ifd.header(order, 8) + ifd.write(ifd.Directory(order, entries), 8)


def held(path: Path) -> dict[str, Any]:
    """As Pillow reads them."""
    with Image.open(path) as image:
        found = image.getexif()
        details, place = found.get_ifd(0x8769), found.get_ifd(0x8825)
    return {
        "camera": found.get(0x0110),
        "date": details.get(0x9003),
        "aperture": float(details.get(0x829D, 0)),
        "latitude": tuple(map(float, place.get(2, ()))),
        "note": len(details.get(0x927C, b"")),
    }


KEPT = {
    "camera": "Model T",
    "date": "2024:05:06 07:08:09",
    "aperture": 1.8,
    "latitude": (51.0, 30.0, 0.0),
}


# ------------------------------------------------------------------------- more than a segment


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("note", [64, 60_000, 65_200, 65_600, 400_000])
@pytest.mark.parametrize("source", ["png", "webp", "tif"])
def test_only_a_maker_note_that_is_too_large_goes(
    tmp_path: Path, source: str, note: int, order: ifd.Order
) -> None:
    start = write_photo(
        Photo(made.picture(), meta=Metadata("png", exif=block(order, note))),
        tmp_path / f"a.{source}",
    )
    photo = read_photo(start)
    is_kept = note < 65_300
    said = losses(photo, "b.jpg")
    found = held(write_photo(photo, tmp_path / "b.jpg"))
    assert {**KEPT, "note": note if is_kept else 0} == found
    assert said == (() if is_kept else ("the maker note is too large for JPEG",))


def test_what_else_is_too_large_goes_and_is_named(tmp_path: Path) -> None:
    more = {
        0xC4A5: ifd.blob(ifd.UNDEFINED, bytes(50_000)),
        0xFDE8: ifd.blob(ifd.ASCII, bytes(80_000)),
    }
    photo = Photo(made.picture(), meta=Metadata("png", exif=block(note=30_000, more=more)))
    assert losses(photo, "b.jpg") == (
        "the maker note is too large for JPEG",
        "EXIF tag 0xfde8 is too large for JPEG",
    )
    found = held(write_photo(photo, tmp_path / "b.jpg"))
    assert found == {**KEPT, "note": 0}


@given(st.lists(st.integers(0, 30_000), min_size=1, max_size=8), st.integers(100, 65_000))
def test_a_block_fits_whatever_is_in_it(sizes: list[int], most: int) -> None:
    more = {0xE000 + k: ifd.blob(ifd.UNDEFINED, bytes(size + 1)) for k, size in enumerate(sizes)}
    before = block(more=more)
    after, gone = exif.within(before, most)
    if len(before) <= most:
        assert (after, gone) == (before, ())
        return
    assert gone
    assert after is not None
    assert len(after) <= most
    again, _ = ifd.read(after)
    if most > 1000:
        assert again.bytes_of(0x0110) == b"Model T\0"


def test_thousands_of_small_values_are_no_trouble() -> None:
    more = {0x9400 + k: ifd.longs("<", k) for k in range(15_000)}
    start = time.process_time()
    after, gone = exif.within(block(note=10, more=more), 65_000)
    assert time.process_time() - start < 5
    assert after is not None
    assert 60_000 < len(after) <= 65_000
    assert gone[0] == "the maker note"
    assert len(gone) == 7
    assert gone[-1].startswith("what ")


def test_a_block_in_several_segments_is_read_whole(tmp_path: Path) -> None:
    """ExifTool writes what is over 64 KB so: every segment has the prefix, only one the header."""
    whole = block(note=150_000)
    step = 65_000
    pieces = [whole[at : at + step] for at in range(0, len(whole), step)]
    segments = [made.segment(0xE1, exif.PREFIX + piece) for piece in pieces]
    encoded = made.with_segments(made.jpeg(made.picture()), *segments)
    (tmp_path / "a.jpg").write_bytes(encoded)
    photo = read_photo(tmp_path / "a.jpg")
    assert photo.meta.exif == whole
    found = held(write_photo(photo, tmp_path / "b.png"))
    assert found == {**KEPT, "note": 150_000}


@pytest.mark.parametrize("padding", [b"\xff", b"\x01", b" "])
def test_the_padding_of_the_prefix_does_not_matter(tmp_path: Path, padding: bytes) -> None:
    segment = made.segment(0xE1, b"Exif\0" + padding + block())
    (tmp_path / "a.jpg").write_bytes(made.with_segments(made.jpeg(made.picture()), segment))
    assert read_photo(tmp_path / "a.jpg").meta.exif == block()


def test_a_block_without_the_padding_is_told(tmp_path: Path) -> None:
    segment = made.segment(0xE1, b"Exif\0" + block())
    (tmp_path / "a.jpg").write_bytes(made.with_segments(made.jpeg(made.picture()), segment))
    assert "EXIF dropped" in read_photo(tmp_path / "a.jpg").meta.notes[0]


@pytest.mark.parametrize("damaged", [b"", b"\0\0\0\0", b"XX*\0\x08\0\0\0"])
def test_a_second_block_counts_if_the_first_is_none(tmp_path: Path, damaged: bytes) -> None:
    segments = [made.segment(0xE1, exif.PREFIX + each) for each in (damaged, block())]
    (tmp_path / "a.jpg").write_bytes(made.with_segments(made.jpeg(made.picture()), *segments))
    assert read_photo(tmp_path / "a.jpg").meta.exif == block()


def test_of_two_whole_blocks_the_first_counts(tmp_path: Path) -> None:
    other = block(more={0x0110: ifd.blob(ifd.ASCII, b"Other\0")})
    segments = [made.segment(0xE1, exif.PREFIX + each) for each in (block(), other)]
    (tmp_path / "a.jpg").write_bytes(made.with_segments(made.jpeg(made.picture()), *segments))
    assert read_photo(tmp_path / "a.jpg").meta.exif == block()


# ------------------------------------------------------------------------- orientation


def turned_block(order: ifd.Order, kind: int, code: str, values: tuple[int, ...]) -> bytes:
    raw = struct.pack(f"{order}{len(values)}{code}", *values)
    return block(order, more={0x0112: ifd.Entry(kind, len(values), raw)})


@pytest.mark.parametrize(("order", "count"), [("<", 1), (">", 1), ("<", 2), (">", 3)])
@pytest.mark.parametrize("name", INTEGERS)
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_an_orientation_of_any_integer_type(
    tmp_path: Path, suffix: str, name: str, order: ifd.Order, count: int
) -> None:
    kind, code = INTEGERS[name]
    stored = turned_block(order, kind, code, (6, 0, 0)[:count])
    buffer = io.BytesIO()
    image = Image.fromarray(made.picture())
    if suffix == "tif":
        # Pillow would write the tag anew: the directory is put together here.
        directory, _ = ifd.read(stored)
        photo = Photo(made.picture(), meta=Metadata("tiff", exif=stored))
        data = bytearray(write_photo(photo, tmp_path / "plain.tif").read_bytes())
        at = struct.unpack_from(order + "L", data, 4)[0]
        found, _ = ifd.read(bytes(data))
        entries = {**found.entries, 0x0112: directory.entries[0x0112]}
        buffer.write(bytes(data[:at]) + ifd.write(ifd.Directory(order, entries), at))
    else:
        name_ = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}[suffix]
        image.save(buffer, name_, exif=exif.PREFIX + stored, quality=95)
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(buffer.getvalue())
    photo = read_photo(path)
    assert photo.size_wh == (32, 48)
    assert np.abs(photo.pixels.astype(int) - made.turned(made.picture(), 6)).mean() < 4
    assert photo.meta.exif is not None
    assert exif.ExifBlock(photo.meta.exif).orientation == 1
    for target in ("b.jpg", "b.tif", "b.avif"):
        with Image.open(write_photo(photo, tmp_path / target, overwrite=True)) as shown:
            assert shown.size == (32, 48)
            assert shown.getexif().get(0x0112, 1) == 1


def test_two_orientations_are_both_reset() -> None:
    entry = struct.pack("<HHLHH", 0x0112, 3, 1, 6, 0)
    data = b"II*\0\x08\0\0\0" + struct.pack("<H", 2) + entry + entry + bytes(4)
    cleaned = exif.ExifBlock(data)
    assert cleaned.orientation == 6
    cleaned.make_upright((1, 1))
    assert cleaned.tobytes().count(struct.pack("<HHLHH", 0x0112, 3, 1, 1, 0)) == 2


XMP_6 = made.packet('xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"')
XMP_6_AS_ELEMENT = made.packet(
    'xmlns:tiff="http://ns.adobe.com/tiff/1.0/"', "<tiff:Orientation>6</tiff:Orientation>"
)


@pytest.mark.parametrize("packet", [XMP_6, XMP_6_AS_ELEMENT, XMP_6.decode().encode("utf-16")])
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_an_orientation_in_xmp_alone(tmp_path: Path, suffix: str, packet: bytes) -> None:
    path = tmp_path / f"a.{suffix}"
    if suffix == "tif":  # ours would have a tag of its own
        tag = (700, "B", len(packet), packet, True)
        tifffile.imwrite(path, made.picture(), photometric="rgb", extratags=[tag])
    else:
        write_photo(Photo(made.picture(), meta=Metadata("png", xmp=packet)), path)
    photo = read_photo(path)
    assert photo.size_wh == (32, 48)
    assert photo.meta.xmp is not None
    assert b'Orientation="6"' not in photo.meta.xmp
    assert b">6<" not in photo.meta.xmp


@pytest.mark.parametrize(
    ("in_exif", "size"), [(1, (48, 32)), (6, (32, 48)), (3, (48, 32)), (0, (32, 48))]
)
def test_exif_is_believed_before_xmp(tmp_path: Path, in_exif: int, size: tuple[int, int]) -> None:
    stored = made.exif(in_exif)
    encoded = made.jpeg(made.picture(), exif=exif.PREFIX + stored)
    (tmp_path / "a.jpg").write_bytes(made.with_segments(encoded, made.xmp_segment(XMP_6)))
    assert read_photo(tmp_path / "a.jpg").size_wh == size


# ------------------------------------------------------------------------- AVIF


@pytest.mark.parametrize("damage", [b"XX*\0\x08\0\0\0", b"II*\0\xff\xff\xff\xff", b"\0" * 8])
def test_damaged_exif_in_avif_is_dropped_with_a_note(tmp_path: Path, damage: bytes) -> None:
    stored = block()
    buffer = io.BytesIO()
    Image.fromarray(made.picture()).save(
        buffer,
        "AVIF",
        exif=exif.PREFIX + stored,
        xmp=made.packet(""),
        quality=95,
        subsampling="4:4:4",
    )
    data = buffer.getvalue()
    assert data.count(stored[:8]) == 1
    (tmp_path / "a.avif").write_bytes(data.replace(stored[:8], damage))
    photo = read_photo(tmp_path / "a.avif")
    assert np.abs(photo.pixels.astype(int) - made.picture()).mean() < 4
    assert photo.meta.exif is None
    assert photo.meta.xmp is not None
    assert "EXIF dropped" in photo.meta.notes[0]

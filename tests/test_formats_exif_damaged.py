"""EXIF that is damaged in one place: the picture stands upright, and the rest is kept."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
import photo_files as made
import pytest
from PIL import Image

from defocus import Photo, read_photo, write_photo

if TYPE_CHECKING:
    from pathlib import Path

PICTURE = made.picture(64, 48)
MAKER, EXPOSURE, ORIENTATION = 0x10F, 0x8769, 0x112


def block(order: str, *entries: tuple[int, int, int, bytes], count: int | None = None) -> bytes:
    """A directory at 8; each value is at most four bytes."""
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HL", 42, 8)
    rows = b"".join(struct.pack(order + "HHL", *e[:3]) + e[3].ljust(4, b"\0") for e in entries)
    number = len(entries) if count is None else count
    return head + struct.pack(order + "H", number) + rows + bytes(4)


def entries(order: str, pointer: int) -> list[tuple[int, int, int, bytes]]:
    return [
        (MAKER, 2, 4, b"Abc\0"),
        (ORIENTATION, 3, 1, struct.pack(order + "H", 6)),
        (EXPOSURE, 4, 1, struct.pack(order + "L", pointer)),
    ]


def in_file(tmp_path: Path, exif: bytes, suffix: str) -> Photo:
    path = tmp_path / f"a{suffix}"
    if suffix == ".jpg":
        path.write_bytes(
            made.with_segments(made.jpeg(PICTURE), made.segment(0xE1, b"Exif\0\0" + exif))
        )
    elif suffix == ".webp":
        buffer = io.BytesIO()
        Image.fromarray(PICTURE).save(buffer, "WebP", lossless=True, exif=b"Exif\0\0" + exif)
        path.write_bytes(buffer.getvalue())
    else:
        Image.fromarray(PICTURE).save(path)
        data = path.read_bytes()
        chunk = struct.pack(">L", len(exif)) + b"eXIf" + exif
        checksum = struct.pack(">L", zlib.crc32(chunk[4:]))
        path.write_bytes(data[:33] + chunk + checksum + data[33:])
    return read_photo(path)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("pointer", [3, 7, 60_000, 600_000, 2**32 - 1])
def test_an_exposure_that_leads_nowhere_costs_neither_maker_nor_orientation(
    tmp_path: Path, order: str, pointer: int, suffix: str
) -> None:
    photo = in_file(tmp_path, block(order, *entries(order, pointer)), suffix)
    assert photo.size_wh == (48, 64)
    assert photo.meta.exif is not None
    assert "EXIF is damaged: what it says of the exposure cannot be read" in photo.meta.notes
    for target in ("b.jpg", "b.png", "b.tif", "b.webp"):
        written = write_photo(photo, tmp_path / target)
        with Image.open(written) as image:
            assert image.size == (48, 64)
            said = image.getexif()
            assert said.get(MAKER) == "Abc"
            assert said.get(ORIENTATION, 1) == 1


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("count", "cut"), [(4, 4), (300, 4), (65535, 4), (4, 10)])
def test_a_directory_that_is_cut_off_turns_the_picture_still(
    tmp_path: Path, order: str, count: int, cut: int, suffix: str
) -> None:
    exif = block(order, *entries(order, 600), count=count)[:-cut]
    photo = in_file(tmp_path, exif, suffix)
    assert photo.size_wh == (48, 64)
    assert any("EXIF dropped" in note for note in photo.meta.notes)


@pytest.mark.parametrize("value", [0, 9, 300])
def test_an_orientation_of_no_sense_in_a_damaged_block_turns_nothing(
    tmp_path: Path, value: int
) -> None:
    said = (ORIENTATION, 3, 1, struct.pack("<H", value))
    photo = in_file(tmp_path, block("<", said, count=9), ".jpg")
    assert photo.size_wh == (64, 48)
    assert np.abs(photo.pixels.astype(int) - PICTURE).mean() < 8

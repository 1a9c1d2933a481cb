"""A small file that claims much: what comes with a photo is of the order of its picture."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import numpy as np
import photo_files as made
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from defocus import Photo, read_photo, write_photo
from defocus.errors import PhotoError
from defocus.formats.budget import Budget
from defocus.formats.png_chunks import chunk

if TYPE_CHECKING:
    from pathlib import Path

SMALL = made.stored_depth()


def read(tmp_path: Path, data: bytes) -> Photo:
    (tmp_path / "a.jpg").write_bytes(data)
    return read_photo(tmp_path / "a.jpg")


@given(st.lists(st.integers(0, 10**8)), st.integers(1, 5000), st.integers(1, 5000))
def test_what_is_taken_never_exceeds_the_budget(sizes: list[int], wide: int, high: int) -> None:
    budget = Budget((wide, high))
    most, taken = budget.left, 0
    for size in sizes:
        try:
            budget.take(size, "it")
        except PhotoError:
            assert size > most - taken
        else:
            taken += size
    assert budget.left == most - taken >= 0


def large_map(kind: str) -> bytes:
    """A flat grey picture of 9000×9000, a few kilobytes."""
    buffer = io.BytesIO()
    Image.new("L", (9000, 9000), 90).save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("extended", [False, True])
def test_a_huge_depth_map_in_a_small_photo_is_dropped_with_a_note(
    tmp_path: Path, kind: str, extended: bool
) -> None:
    small = made.gdepth_jpeg(SMALL, extended=extended)
    assert read(tmp_path, small).embedded.disparity is not None
    huge = made.gdepth_jpeg(large_map(kind), extended=True)
    photo = read(tmp_path, huge)
    assert photo.embedded.disparity is None
    assert photo.size_wh == (48, 32)
    assert "too much beside a picture of 48×32" in photo.meta.notes[0]


def test_a_huge_matte_of_a_phone_is_dropped_and_the_others_stay(tmp_path: Path) -> None:
    matte = np.full((10, 16), 51, np.uint8)
    frames = [
        (large_map("JPEG"), made.APPLE_MATTE.format(name="semantichairmatte")),
        (matte, made.APPLE_MATTE.format(name="portraiteffectsmatte")),
        (SMALL, made.APPLE_DISPARITY.format(accuracy="absolute")),
    ]
    photo = read(tmp_path, made.apple_jpeg(frames))
    assert set(photo.embedded.mattes) == {"portrait"}
    assert photo.embedded.disparity is not None
    assert "too much" in photo.meta.notes[0]


def test_a_map_as_large_as_its_photo_is_taken(tmp_path: Path) -> None:
    big = made.picture(1200, 900)
    photo = read(tmp_path, made.gdepth_jpeg(big[..., 0], extended=True, values_of=big))
    assert photo.embedded.disparity is not None
    assert photo.embedded.disparity.size_wh == (1200, 900)


@pytest.mark.parametrize(
    "range_",
    [("1e-320", "1"), ("1e-40", "1e-39"), ("1", "1e39"), ("-1e39", "1e39"), ("5e-324", "inf")],
)
def test_a_range_that_overflows_does_not_take_the_photo_with_it(
    tmp_path: Path, range_: tuple[str, str]
) -> None:
    """Google's near and far, and Apple's least and largest value."""
    encoded = made.gdepth_jpeg(SMALL, near=float(range_[0]), far=float(range_[1]))
    photo = read(tmp_path, encoded)
    assert photo.size_wh == (48, 32)
    found = photo.embedded.disparity
    assert found is None or np.isfinite(found.values).all()
    properties = made.APPLE_DISPARITY.format(accuracy="absolute")
    properties = properties.replace(">0.25<", f">{range_[0]}<").replace(">1.75<", f">{range_[1]}<")
    photo = read(tmp_path, made.apple_jpeg([(SMALL, properties)]))
    assert photo.size_wh == (48, 32)


def test_exif_whose_entries_all_point_to_the_whole_file(tmp_path: Path) -> None:
    rows = [(0xC000 + n, 7, 200_000, 0) for n in range(3000)]
    table = struct.pack("<H", len(rows)) + b"".join(struct.pack("<HHLL", *row) for row in rows)
    block = (b"II*\0\x08\0\0\0" + table + bytes(4)).ljust(200_000, b"\1")
    png = write_photo(Photo(made.picture()), tmp_path / "a.png").read_bytes()
    (tmp_path / "b.png").write_bytes(png[:33] + chunk(b"eXIf", block) + png[33:])
    photo = read_photo(tmp_path / "b.png")
    for target in ("c.png", "c.jpg", "c.tif", "c.webp", "c.avif"):
        assert write_photo(photo, tmp_path / target).stat().st_size < 600_000

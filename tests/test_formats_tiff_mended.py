"""TIFF files whose writers left something out, or said it in the wrong place or wrongly."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import photo_files as made
import pytest
from PIL import Image
from tiff_files import tiff

from defocus import Photo, read_photo
from defocus.errors import PhotoError
from defocus.formats import ifd

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

PICTURE = made.picture(75, 50)
WIDTH, LENGTH, BITS, COMPRESSION = 256, 257, 258, 259
STRIP_AT, STRIP_BYTES, TILE_WIDTH, TILE_LENGTH, TILE_AT, TILE_BYTES = 273, 279, 322, 323, 324, 325


def changed(data: bytes, change: Callable[[ifd.Directory], dict[int, ifd.Entry | None]]) -> bytes:
    """The file with another directory: entries replaced, or gone where None."""
    directory, _ = ifd.read(data)
    new = directory.entries | change(directory)
    kept = {tag: entry for tag, entry in new.items() if entry is not None}
    at = len(data) + len(data) % 2
    added = ifd.write(ifd.Directory(directory.order, kept), at)
    head = ifd.header(directory.order, at)
    return head + data[8:] + bytes(len(data) % 2) + added


def read(tmp_path: Path, data: bytes) -> Photo:
    (tmp_path / "a.tif").write_bytes(data)
    return read_photo(tmp_path / "a.tif")


@pytest.mark.parametrize("compression", ["none", "lzw", "zip", "packbits"])
@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_tiles_that_are_listed_as_strips(
    tmp_path: Path, compression: str, planar: bool, order: ifd.Order
) -> None:
    """So libtiff's first tiled files were, and their kind still goes round."""
    data = tiff(PICTURE, bits=8, tile=32, compression=compression, planar=planar, order=order)
    odd = changed(data, lambda d: {
        STRIP_AT: d.entries[TILE_AT], STRIP_BYTES: d.entries[TILE_BYTES],
        TILE_AT: None, TILE_BYTES: None,
    })  # fmt: skip
    assert np.array_equal(read(tmp_path, odd).pixels, PICTURE)


@pytest.mark.parametrize("rows", [50, 20, 7])
def test_strips_beside_tags_of_tiles_that_once_were(tmp_path: Path, rows: int) -> None:
    data = tiff(PICTURE, bits=8, rows=rows)
    odd = changed(data, lambda d: {
        TILE_WIDTH: ifd.shorts(d.order, 32), TILE_LENGTH: ifd.shorts(d.order, 32),
    })  # fmt: skip
    assert np.array_equal(read(tmp_path, odd).pixels, PICTURE)


@pytest.mark.parametrize("tile", [None, 32])
@pytest.mark.parametrize("said", ["nothing", "zeros", "too much", "too few"])
@pytest.mark.parametrize("bits", [8, 16])
def test_plain_pixels_of_which_the_sizes_are_wrong(
    tmp_path: Path, said: str, tile: int | None, bits: int
) -> None:
    picture = made.picture(75, 50, np.uint16 if bits == 16 else np.uint8)
    data = tiff(picture, bits=bits, rows=20, tile=tile)
    tag = TILE_BYTES if tile else STRIP_BYTES

    def sizes(directory: ifd.Directory) -> dict[int, ifd.Entry | None]:
        told = directory.numbers(tag)
        wrong = {"zeros": [0] * len(told), "too much": [2**31 + size for size in told],
                 "too few": told[:1]}.get(said)  # fmt: skip
        return {tag: None if wrong is None else ifd.longs(directory.order, *wrong)}

    assert np.array_equal(read(tmp_path, changed(data, sizes)).pixels, picture)


@pytest.mark.parametrize("compression", ["lzw", "zip", "packbits"])
@pytest.mark.parametrize("rows", [50, 20])
@pytest.mark.parametrize("said", ["nothing", "zeros"])
def test_packed_pixels_of_which_no_sizes_are_told(
    tmp_path: Path, compression: str, rows: int, said: str
) -> None:
    data = tiff(PICTURE, bits=8, rows=rows, compression=compression)
    odd = changed(data, lambda d: {
        STRIP_BYTES: None if said == "nothing" else ifd.longs(d.order, *[0] * -(-50 // rows))
    })  # fmt: skip
    assert np.array_equal(read(tmp_path, odd).pixels, PICTURE)


@pytest.mark.parametrize("cut", [1, 100, 5000])
def test_plain_pixels_that_are_cut_off_stay_refused(tmp_path: Path, cut: int) -> None:
    data = tiff(PICTURE, bits=8, rows=20)
    directory, _ = ifd.read(data)
    body = data[8 : 8 + PICTURE.size - cut]
    at = 8 + len(body) + len(body) % 2 + ifd_length(directory)
    # The directory stands first, so that the end that is missing is the picture's.
    first = ifd.write(
        ifd.Directory("<", directory.entries | {
            STRIP_AT: ifd.longs("<", *(at + k * 20 * 225 for k in range(3)))
        }), 8,
    )  # fmt: skip
    odd = (ifd.header("<", 8) + first).ljust(at, b"\0") + body
    with pytest.raises(PhotoError, match="cut off"):
        read(tmp_path, odd)


def ifd_length(directory: ifd.Directory) -> int:
    return len(ifd.write(directory, 8))


# ------------------------------------------------------------------------------------------- fax


def fax(lines: NDArray[np.bool_], compression: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(lines).save(buffer, "TIFF", compression=compression)
    return buffer.getvalue()


def page(width: int, height: int) -> NDArray[np.bool_]:
    """Black letters of some kind on white paper."""
    y, x = np.mgrid[0:height, 0:width]
    return np.asarray((np.sin(x / 5) + np.sin(y / 3) < 1.2) | (x % 97 < 40))


@pytest.mark.parametrize("size", [(64, 40), (200, 33), (1728, 120)])
@pytest.mark.parametrize("reverse", [False, True])
def test_fax_lines_without_ends_are_read_as_what_they_are(
    tmp_path: Path, size: tuple[int, int], reverse: bool
) -> None:
    """Packed line by line (compression 2), called T.4 (3): libtiff makes noise of it, silently."""
    lines = page(*size)
    data = fax(lines, "tiff_ccitt")
    directory, _ = ifd.read(data)
    start = directory.number(STRIP_AT, 0)
    end = start + sum(directory.numbers(STRIP_BYTES))
    if reverse:
        turned = bytes(int(f"{byte:08b}"[::-1], 2) for byte in data[start:end])
        data = data[:start] + turned + data[end:]
    odd = changed(data, lambda d: {
        COMPRESSION: ifd.shorts(d.order, 3), 266: ifd.shorts(d.order, 2 if reverse else 1),
        292: ifd.longs(d.order, 4),
    })  # fmt: skip
    photo = read(tmp_path, odd)
    assert np.array_equal(photo.pixels[..., 0] > 127, lines)
    assert any("lines have no ends" in note for note in photo.meta.notes)


@pytest.mark.parametrize("compression", ["tiff_ccitt", "group3", "group4"])
@pytest.mark.parametrize("size", [(64, 40), (1728, 120)])
def test_fax_that_is_what_it_says_is_read_without_a_word(
    tmp_path: Path, compression: str, size: tuple[int, int]
) -> None:
    photo = read(tmp_path, fax(page(*size), compression))
    assert np.array_equal(photo.pixels[..., 0] > 127, page(*size))
    assert photo.meta.notes == ()


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_fax_that_is_neither_is_refused_for_what_it_says(tmp_path: Path, share: float) -> None:
    """Lines without ends, and too few of them."""
    odd = changed(fax(page(1728, 120), "tiff_ccitt"), lambda d: {
        COMPRESSION: ifd.shorts(d.order, 3),
        STRIP_BYTES: ifd.longs(d.order, int(d.number(STRIP_BYTES, 0) * share)),
    })  # fmt: skip
    with pytest.raises(PhotoError, match="packed otherwise than it says"):
        read(tmp_path, odd)


@pytest.mark.parametrize("what", ["noise", "zeros"])
def test_a_jpeg_of_the_old_kind_that_is_not_read_is_not_called_cut_off(
    tmp_path: Path, what: str
) -> None:
    body = bytes(600) if what == "zeros" else np.random.default_rng(0).bytes(600)
    with pytest.raises(PhotoError, match=r"compression 6.*save it anew"):
        read(tmp_path, old_jpeg(body))


def old_jpeg(body: bytes) -> bytes:
    entries = {
        WIDTH: ifd.longs("<", 16), LENGTH: ifd.longs("<", 16), BITS: ifd.shorts("<", 8),
        COMPRESSION: ifd.shorts("<", 6), 262: ifd.shorts("<", 1), STRIP_AT: ifd.longs("<", 8),
        277: ifd.shorts("<", 1), 278: ifd.longs("<", 16), STRIP_BYTES: ifd.longs("<", len(body)),
        513: ifd.longs("<", 8), 514: ifd.longs("<", len(body)),
    }  # fmt: skip
    at = 8 + len(body)
    return ifd.header("<", at) + body + ifd.write(ifd.Directory("<", entries), at)

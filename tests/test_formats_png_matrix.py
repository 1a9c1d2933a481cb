"""Every kind of PNG: colour type × bits × interlaced × transparent colour, against libspng."""

from __future__ import annotations

import io
import itertools
import struct
import time
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import photo_files as made
import pytest
from PIL import Image
from png_files import CHANNELS, GREY, GREY_ALPHA, PALETTE, RGB, RGBA, png

from defocus import Photo, read_photo
from defocus.errors import PhotoError
from defocus.formats.png_chunks import SIGNATURE, chunk

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

KINDS = [
    *((GREY, bits) for bits in (1, 2, 4, 8, 16)),
    *((PALETTE, bits) for bits in (1, 2, 4, 8)),
    *((kind, bits) for kind in (RGB, GREY_ALPHA, RGBA) for bits in (8, 16)),
]
SIZES = [(37, 29), (1, 1), (5, 3), (3, 40)]


def codes(kind: int, bits: int, width: int, height: int) -> NDArray[Any]:
    deep = made.picture(max(width, 2), max(height, 2), np.uint16)[:height, :width]
    four = np.dstack([deep, deep[::-1, ::-1, 1]])[..., : CHANNELS[kind]]
    return (four >> (16 - bits)).astype(np.uint16)


def read(path: Path, data: bytes) -> Photo:
    path.write_bytes(data)
    return read_photo(path)


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(("kind", "bits"), KINDS)
def test_the_pixels_are_those_that_were_stored(
    tmp_path: Path, kind: int, bits: int, interlaced: bool
) -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    palette = np.random.default_rng(3).integers(0, 256, (1 << bits if bits < 16 else 1, 3))
    before = (chunk(b"PLTE", palette.astype(np.uint8).tobytes()),) if kind == PALETTE else ()
    for width, height in SIZES:
        values = codes(kind, bits, width, height)
        data = png(values, kind=kind, bits=bits, interlaced=interlaced, before=before, piece=100)
        photo = read(tmp_path / "a.png", data)
        full = 65535 if bits == 16 else 255
        assert photo.pixels.dtype == (np.uint16 if bits == 16 else np.uint8)
        if kind == PALETTE:
            expected = palette[values[..., 0]]
        else:
            colours = CHANNELS[kind] - (kind in (GREY_ALPHA, RGBA))
            grown = values[..., :colours].astype(np.uint32) * full // ((1 << bits) - 1)
            expected = np.repeat(grown, 3, axis=2) if colours == 1 else grown
        assert np.array_equal(photo.pixels, expected)
        assert photo.meta.grey == (kind in (GREY, GREY_ALPHA))
        if kind in (GREY_ALPHA, RGBA):
            assert photo.alpha is not None
            assert np.array_equal(photo.alpha, values[..., -1])
        else:
            assert photo.alpha is None
        if bits >= 8 and kind != PALETTE:
            second = imagecodecs.png_decode(data)
            assert np.array_equal(second.reshape(values.shape), values)


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(("kind", "bits"), [k for k in KINDS if k[0] in (GREY, RGB)])
def test_one_transparent_colour(tmp_path: Path, kind: int, bits: int, interlaced: bool) -> None:
    values = codes(kind, bits, 37, 29)
    clear = values[3, 5]
    key = chunk(b"tRNS", clear.astype(">u2").tobytes())
    photo = read(
        tmp_path / "a.png", png(values, kind=kind, bits=bits, interlaced=interlaced, before=(key,))
    )
    full = 65535 if bits == 16 else 255
    assert photo.alpha is not None
    expected = np.where((values == clear).all(axis=2), 0, full)
    assert np.array_equal(photo.alpha, expected)
    assert photo.meta.grey == (kind == GREY)


def test_a_colour_that_differs_in_its_low_byte_is_not_transparent(tmp_path: Path) -> None:
    values = np.array([[[0x1234, 0x5678, 0x9ABC], [0x1235, 0x5678, 0x9ABC]]], np.uint16)
    key = chunk(b"tRNS", struct.pack(">HHH", 0x1234, 0x5678, 0x9ABC))
    photo = read(tmp_path / "a.png", png(values, kind=RGB, bits=16, before=(key,)))
    assert photo.alpha is not None
    assert photo.alpha.tolist() == [[0, 65535]]


@pytest.mark.parametrize("length", [0, 2, 5, 7])
def test_a_transparent_colour_of_the_wrong_length_means_nothing(
    tmp_path: Path, length: int
) -> None:
    key = chunk(b"tRNS", bytes(length))
    photo = read(tmp_path / "a.png", png(codes(RGB, 16, 6, 5), kind=RGB, bits=16, before=(key,)))
    assert photo.alpha is None


# ------------------------------------------------------------------------- the end of a file


@pytest.mark.parametrize(("kind", "bits"), [(RGB, 8), (RGB, 16), (GREY, 1), (RGBA, 16)])
@pytest.mark.parametrize("cut", [0, 1, 4, 11])
def test_a_file_that_ends_in_its_end_mark_is_read_with_a_note(
    tmp_path: Path, kind: int, bits: int, cut: int
) -> None:
    values = codes(kind, bits, 37, 29)
    whole = png(values, kind=kind, bits=bits)
    photo = read(tmp_path / "a.png", whole[: len(whole) - 12 + cut])
    assert np.array_equal(photo.pixels, read(tmp_path / "b.png", whole).pixels)
    assert photo.meta.notes == ("the file ends without its end mark; the picture is complete",)


@pytest.mark.parametrize(("kind", "bits"), [(RGB, 8), (RGB, 16)])
@pytest.mark.parametrize("interlaced", [False, True])
def test_a_file_that_ends_in_its_picture_is_refused(
    tmp_path: Path, kind: int, bits: int, interlaced: bool
) -> None:
    data = png(codes(kind, bits, 37, 29), kind=kind, bits=bits, interlaced=interlaced, piece=64)
    last = data.rindex(b"IDAT") - 4
    for cut in (last, last + 8, last + 20, last - 70, data.index(b"IDAT") + 30):
        with pytest.raises(PhotoError, match="cut off"):
            read(tmp_path / "a.png", data[:cut])


def test_a_text_that_is_cut_off_after_the_picture_does_no_harm(tmp_path: Path) -> None:
    text = chunk(b"tEXt", b"Comment\0" + b"x" * 100)
    data = png(codes(RGB, 8, 37, 29), kind=RGB, bits=8, after=(text,), end=False)
    photo = read(tmp_path / "a.png", data[:-30])
    assert "end mark" in photo.meta.notes[0]


# ------------------------------------------------------------------------- small, claiming much


@pytest.mark.parametrize("bits", [8, 16])
def test_what_follows_the_last_row_without_end_is_not_unpacked(tmp_path: Path, bits: int) -> None:
    values = codes(RGB, bits, 37, 29)
    rows = b"".join(b"\0" + row.astype(f">u{bits // 8}").tobytes() for row in values)
    engine = zlib.compressobj(9)
    packed = engine.compress(rows) + engine.flush(zlib.Z_FULL_FLUSH)
    packed += (engine.compress(bytes(10 << 20)) + engine.flush(zlib.Z_FULL_FLUSH)) * 1000  # 10 GB
    header = struct.pack(">LLBBBBB", 37, 29, bits, RGB, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", packed), (b"IEND", b"")]
    start = time.process_time()
    photo = read(tmp_path / "a.png", b"".join([SIGNATURE, *(chunk(*each) for each in chunks)]))
    assert np.array_equal(photo.pixels, values)
    assert time.process_time() - start < 10


@pytest.mark.parametrize("name", [b"zTXt", b"iTXt"])
def test_packed_texts_share_one_budget(tmp_path: Path, name: bytes) -> None:
    packed = zlib.compress(bytes(30 << 20))
    body = b"Title\0\0" if name == b"zTXt" else b"Title\0\1\0\0\0"
    bombs = tuple(chunk(name, body + packed) for _ in range(100))
    photo = read(tmp_path / "a.png", png(codes(RGB, 8, 37, 29), kind=RGB, bits=8, before=bombs))
    assert sum(len(text) for _, text in photo.meta.text) <= 33 << 20
    assert len([note for note in photo.meta.notes if "dropped" in note]) == 99


def test_half_a_million_empty_chunks_are_no_trouble(tmp_path: Path) -> None:
    empty = (chunk(b"IDAT", b"") * 250_000, chunk(b"teSt", b"") * 250_000)
    start = time.process_time()
    photo = read(tmp_path / "a.png", png(codes(RGB, 8, 37, 29), kind=RGB, bits=8, before=empty))
    assert photo.size_wh == (37, 29)
    assert time.process_time() - start < 10


# ------------------------------------------------------------------------- older ways of metadata


def hexadecimal(kind: str, data: bytes) -> bytes:
    digits = data.hex()
    lines = "\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    return (
        b"Raw profile type "
        + kind.encode()
        + b"\0\0"
        + zlib.compress(f"\n{kind}\n{len(data):8}\n{lines}\n".encode())
    )


@pytest.mark.parametrize("kind", ["exif", "APP1"])
def test_exif_as_hexadecimal_text(tmp_path: Path, kind: str) -> None:
    text = chunk(b"zTXt", hexadecimal(kind, b"Exif\0\0" + made.exif(6)))
    photo = read(tmp_path / "a.png", png(codes(RGB, 8, 37, 29), kind=RGB, bits=8, before=(text,)))
    assert photo.size_wh == (29, 37)
    assert photo.meta.exif is not None
    assert b"Model T" in photo.meta.exif
    assert photo.meta.text == ()


def test_captions_profile_and_packet_as_hexadecimal_text(tmp_path: Path) -> None:
    caption = b"8BIM\x04\x04\0\0\0\0\0\x05hello\0"
    texts = (
        chunk(b"zTXt", hexadecimal("iptc", caption)),
        chunk(b"zTXt", hexadecimal("icc", made.icc("p3"))),
        chunk(b"zTXt", hexadecimal("xmp", made.XMP_PACKET)),
    )
    meta = read(tmp_path / "a.png", png(codes(RGB, 8, 9, 9), kind=RGB, bits=8, before=texts)).meta
    assert meta.photoshop == caption
    assert meta.icc == made.icc("p3")
    assert meta.xmp is not None
    assert made.CAPTION.encode() in meta.xmp


def test_what_pillow_reads_is_what_we_read(tmp_path: Path) -> None:
    for (kind, bits), interlaced in itertools.product(KINDS, (False, True)):
        if bits == 16 or kind == PALETTE:
            continue
        data = png(codes(kind, bits, 37, 29), kind=kind, bits=bits, interlaced=interlaced)
        photo = read(tmp_path / "a.png", data)
        with Image.open(io.BytesIO(data)) as image:
            assert np.array_equal(photo.pixels, np.asarray(image.convert("RGBA"))[..., :3])

"""AVIF of 10 and 12 bits, with the extra ``avif``: pixels, curves and metadata."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import photo_files as made
import pytest
from PIL import Image

from defocus import Photo, formats, read_photo, write_photo
from defocus.errors import PhotoError
from defocus.formats import isobmff
from defocus.formats.avif_items import with_items
from defocus.formats.losses import losses
from defocus.photo import Metadata
from defocus.transfer import HDR

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

imagecodecs = pytest.importorskip("imagecodecs")


def codes(bits: int, channels: int = 3) -> NDArray[np.uint16]:
    """A smooth picture that uses all of the codes."""
    picture = made.picture(96, 64, np.uint16) >> (16 - bits)
    more = [np.flip(picture[..., :1], 1)] if channels in (2, 4) else []
    return np.ascontiguousarray(
        np.concatenate([picture[..., : 1 if channels < 3 else 3], *more], axis=2)
    )


def avif(bits: int, channels: int = 3, **options: Any) -> bytes:
    values = codes(bits, channels)
    values = values[..., 0] if channels == 1 else values
    return bytes(imagecodecs.avif_encode(values, level=100, bitspersample=bits, **options))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("bits", [10, 12])
def test_every_code_of_a_deep_avif_arrives(tmp_path: Path, bits: int, channels: int) -> None:
    (tmp_path / "a.avif").write_bytes(avif(bits, channels))
    photo = read_photo(tmp_path / "a.avif")
    assert photo.pixels.dtype == np.uint16
    assert photo.meta.bits == bits
    assert photo.meta.grey is (channels < 3)
    expected = codes(bits, channels)
    colour = expected[..., :3] if channels > 2 else expected[..., :1]
    top = (1 << bits) - 1
    assert np.array_equal(np.rint(photo.pixels / 65535 * top), np.broadcast_to(colour, (64, 96, 3)))
    if channels in (2, 4):
        assert np.array_equal(np.rint(photo.alpha / 65535 * top), expected[..., -1])
    assert photo.meta.notes == ()


def box(name: bytes, body: bytes) -> bytes:
    return (8 + len(body)).to_bytes(4, "big") + name + body


@pytest.mark.parametrize("others", [8, 12, 16])
@pytest.mark.parametrize("bits", [8, 10, 12])
def test_bits_of_another_picture_in_the_file_do_not_count(
    tmp_path: Path, bits: int, others: int
) -> None:
    """A gain map, a mask, a finer version beside the picture that is shown."""
    if bits == 8:
        buffer = io.BytesIO()
        Image.fromarray(made.picture(96, 64)).save(buffer, "AVIF", quality=100)
        alone = buffer.getvalue()
    else:
        alone = avif(bits)
    other = box(b"ipco", box(b"pixi", bytes([0, 0, 0, 0, 3, others, others, others])))
    (tmp_path / "a.avif").write_bytes(alone)
    (tmp_path / "b.avif").write_bytes(alone + box(b"iprp", other))
    first, second = (read_photo(tmp_path / name) for name in ("a.avif", "b.avif"))
    assert second.pixels.dtype == first.pixels.dtype
    assert np.array_equal(second.pixels, first.pixels)
    assert second.meta.bits == first.meta.bits


@pytest.mark.parametrize("transfer", HDR)
@pytest.mark.parametrize("primaries", [1, 9, 12])
def test_curve_primaries_and_bits_are_kept(tmp_path: Path, primaries: int, transfer: int) -> None:
    source = avif(10, primaries=primaries, transfer=transfer, matrix=9)
    (tmp_path / "a.avif").write_bytes(source)
    assert isobmff.peek(source).is_hdr
    photo = read_photo(tmp_path / "a.avif")
    assert photo.meta.cicp == (primaries, transfer)
    assert photo.transfer is HDR[transfer]
    assert losses(photo, "b.avif") == ()
    written = write_photo(photo, tmp_path / "b.avif")
    data = written.read_bytes()
    assert isobmff.code_points(data) == (primaries, transfer)
    assert isobmff.bits_per_channel(data) == 10
    again = read_photo(written)
    assert again.meta.cicp == (primaries, transfer)
    assert np.abs(again.pixels.astype(int) - photo.pixels).mean() < 300


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("what", ["exif", "xmp", "icc", "exif xmp icc"])
def test_other_readers_find_the_metadata(tmp_path: Path, what: str, channels: int) -> None:
    picture = codes(12, channels) << 4
    alpha = np.ascontiguousarray(picture[..., 3]) if channels == 4 else None
    packet = made.XMP_PACKET.replace(b'Orientation="6"', b'Orientation="1"')
    blocks = {"exif": made.exif(1), "xmp": packet, "icc": made.icc("p3")}
    meta = Metadata("png", **{name: blocks[name] for name in what.split()})
    photo = Photo(np.ascontiguousarray(picture[..., :3]), alpha=alpha, meta=meta)
    written = write_photo(photo, tmp_path / "a.avif")
    with Image.open(written) as opened:  # libavif
        opened.load()
        assert opened.size == (96, 64)
        assert opened.mode == ("RGBA" if channels == 4 else "RGB")
        assert (opened.info.get("xmp") == packet) is ("xmp" in what)
        assert (opened.info.get("icc_profile") == made.icc("p3")) is ("icc" in what)
        assert (opened.getexif().get(0x010F) is not None) is ("exif" in what)
    again = read_photo(written)
    for name in ("exif", "xmp", "icc"):
        assert (getattr(again.meta, name) is not None) is (name in what)
    assert np.abs(again.pixels.astype(int) - photo.pixels).mean() < 500
    assert (again.alpha is None) is (alpha is None)


def test_a_photo_of_16_bits_becomes_10_and_one_of_12_stays(tmp_path: Path) -> None:
    pixels = codes(12) << 4
    for bits, expected in ((None, 10), (10, 10), (12, 12), (14, 12)):
        photo = Photo(pixels, meta=Metadata("tiff", bits=bits))
        written = write_photo(photo, tmp_path / "a.avif", overwrite=True)
        assert isobmff.bits_per_channel(written.read_bytes()) == expected


def test_eight_bits_with_an_hdr_curve_keep_it(tmp_path: Path) -> None:
    pixels = (codes(12) >> 4).astype(np.uint8)
    photo = Photo(pixels, meta=Metadata("png", cicp=(9, 16)))
    written = write_photo(photo, tmp_path / "a.avif")
    assert read_photo(written).meta.cicp == (9, 16)


def test_a_damaged_one_is_refused(tmp_path: Path) -> None:
    data = bytearray(avif(10))
    data[-len(data) // 3 :] = bytes(len(data) // 3)
    (tmp_path / "a.avif").write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(PhotoError, match="damaged or cut off"):
        read_photo(tmp_path / "a.avif")


def test_a_file_laid_out_in_another_way_is_not_guessed_at() -> None:
    data = avif(10)
    for wrong in (
        data + b"\0\0\0\x08free",
        data.replace(b"iloc\0\0\0\0\x44", b"iloc\x01\0\0\0\x44"),
    ):
        with pytest.raises(PhotoError, match="unknown way"):
            with_items(wrong, exif=made.exif(1))


def test_without_the_extra_the_way_to_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.avif").write_bytes(avif(10, primaries=9, transfer=16, matrix=9))
    deep = read_photo(tmp_path / "a.avif")
    monkeypatch.setattr("defocus.formats.avif.is_here", lambda module: False)
    monkeypatch.setattr("defocus.formats.codec.is_here", lambda module: False)
    photo = read_photo(tmp_path / "a.avif")
    assert photo.pixels.dtype == np.uint8
    assert any("the extra 'avif' keeps them" in note for note in photo.meta.notes)
    said = losses(deep, "b.avif")
    assert any("10 bits become 8 in AVIF; the extra 'avif' keeps more" in line for line in said)
    assert any("becomes an ordinary sRGB picture" in line for line in said)
    assert formats.format_named("avif").holds_here == formats.format_named("avif").holds
    buffer = io.BytesIO((write_photo(deep, tmp_path / "b.avif")).read_bytes())
    assert isobmff.bits_per_channel(buffer.getvalue()) == 8


@pytest.mark.parametrize("bits", [10, 12])
@pytest.mark.parametrize("frames", [2, 3, 5])
def test_a_sequence_of_many_bits_is_left_to_the_decoder_that_survives_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bits: int, frames: int
) -> None:
    """Of some public sequences of 10 bits imagecodecs corrupts its memory, and the process dies."""
    stack = np.stack([codes(bits)] * frames)
    data = bytes(imagecodecs.avif_encode(stack, bitspersample=bits, level=90, numthreads=1))
    assert isobmff.is_sequence(data)
    assert not isobmff.is_sequence(avif(bits))

    def never(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr("defocus.formats.avif_deep.pixels", never)
    (tmp_path / "a.avif").write_bytes(data)
    photo = read_photo(tmp_path / "a.avif")
    assert photo.pixels.dtype == np.uint8
    assert photo.meta.notes == (
        "a sequence: only its first picture is kept",
        f"{bits} bits a channel reduced to 8",
    )

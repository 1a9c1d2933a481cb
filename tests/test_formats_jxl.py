"""JPEG XL, with the extra ``jxl``: every kind of picture, colour, metadata, hostile files."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import photo_files as made
import pytest
from PIL import Image

from defocus import Photo, read_photo, write_photo
from defocus.errors import PhotoError, TooLargeError
from defocus.formats import jxl_header, suffix_for
from defocus.formats.reading import peek
from defocus.transfer import PQ

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

imagecodecs = pytest.importorskip("imagecodecs")
pillow_jxl = pytest.importorskip("pillow_jxl")


def encoded(values: NDArray[Any], **options: Any) -> bytes:
    return bytes(imagecodecs.jpegxl_encode(values, **({"lossless": True} | options)))


def packed(pixels: bytes, *, jpeg: bool = False, **metadata: Any) -> bytes:
    encoder = pillow_jxl.Encoder(
        mode="RGB", lossless=True, quality=100, decoding_speed=0, effort=3, use_container=True,
        use_original_profile=False, num_threads=1,
    )  # fmt: skip
    return bytes(encoder(pixels, 48, 32, jpeg_encode=jpeg, **metadata))


def read(tmp_path: Path, data: bytes) -> Photo:
    (tmp_path / "a.jxl").write_bytes(data)
    return read_photo(tmp_path / "a.jxl")


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_code_of_a_lossless_one_arrives(tmp_path: Path, dtype: type, channels: int) -> None:
    values = np.dstack([made.picture(96, 64, dtype), made.picture(96, 64, dtype)[::-1, :, 1]])
    values = np.ascontiguousarray(
        values[..., {1: [0], 2: [0, 3], 3: [0, 1, 2]}.get(channels, [0, 1, 2, 3])]
    )
    photo = read(tmp_path, encoded(values[..., 0] if channels == 1 else values))
    colour = values[..., :1] if channels < 3 else values[..., :3]
    assert np.array_equal(photo.pixels, np.broadcast_to(colour, (64, 96, 3)))
    assert photo.meta.grey is (channels < 3)
    assert (photo.alpha is not None) is (channels in (2, 4))
    if photo.alpha is not None:
        assert np.array_equal(photo.alpha, values[..., -1])
    assert photo.meta.format == "jxl"
    assert photo.meta.notes == ()


@pytest.mark.parametrize("bits", [10, 12])
def test_colours_that_are_multiplied_by_their_opacity_are_what_they_were(
    tmp_path: Path, bits: int
) -> None:
    """One bit of the header says it; the decoders give them as stored, dark where they are thin."""
    top = (1 << bits) - 1
    colour = made.picture(64, 48, np.uint16).astype(float) / 65535
    alpha = np.tile(np.linspace(0.2, 1, 64), (48, 1))[..., None]
    stored = np.dstack([colour * alpha, alpha])
    plain = encoded(np.rint(stored * top).astype(np.uint16), bitspersample=bits)
    as_stored = imagecodecs.jpegxl_decode(plain)
    assert not jxl_header.claims(plain).is_premultiplied
    at = plain.index(b"\xff\x0a") + 2
    flipped = []
    for k in range(8 * at, 8 * at + 200):
        data = bytearray(plain)
        data[k // 8] ^= 1 << k % 8
        claims = jxl_header.claims(bytes(data))
        if claims.is_premultiplied and claims.header == jxl_header.claims(plain).header:
            with suppress(RuntimeError):  # another bit that leads there by chance
                if np.array_equal(imagecodecs.jpegxl_decode(bytes(data)), as_stored):
                    flipped.append(bytes(data))
    assert len(flipped) == 1
    photo = read(tmp_path, flipped[0])
    assert photo.alpha is not None
    assert np.abs(photo.alpha / 65535 - alpha[..., 0]).max() < 2 / top
    assert np.abs(photo.pixels / 65535 - colour).max() < 6 / top  # half a code over a fifth


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("count", [2, 5])
def test_of_an_animation_the_first_picture_is_taken_and_it_is_said(
    tmp_path: Path, count: int, dtype: type
) -> None:
    """The plugin gives the last one."""
    first = made.picture(64, 48, dtype)
    frames = np.stack([first, *[np.zeros_like(first)] * (count - 1)])
    photo = read(tmp_path, encoded(frames))
    assert np.array_equal(photo.pixels, first)
    assert "an animation: only its first picture is kept" in photo.meta.notes


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("bits", [9, 10, 12, 14, 16])
def test_white_is_white_whatever_the_bits(tmp_path: Path, bits: int, channels: int) -> None:
    """Of 10 bits white came as 1023 of 65,535, which is night."""
    top = (1 << bits) - 1
    deep = np.linspace(0, top, 64 * 48 * channels).round().astype(np.uint16)
    values = deep.reshape(48, 64, channels)
    photo = read(tmp_path, encoded(values, bitspersample=bits))
    assert photo.meta.bits == bits
    expected = values[..., :3].astype(float) / top
    assert np.abs(photo.pixels / 65535 - expected).max() < 1e-4
    if channels == 4:
        assert photo.alpha is not None
        assert np.abs(photo.alpha / 65535 - values[..., 3] / top).max() < 1e-4


@pytest.mark.parametrize(
    ("width", "height"), [(1, 1), (8, 8), (96, 64), (640, 480), (257, 3), (3, 700)]
)
def test_the_header_tells_the_size_and_depth(tmp_path: Path, width: int, height: int) -> None:
    for dtype, bits in ((np.uint8, 8), (np.uint16, 16), (np.float32, 32)):
        (tmp_path / "a.jxl").write_bytes(
            encoded(np.zeros((height, width, 3), dtype), lossless=None, level=90)
        )
        header = peek(tmp_path / "a.jxl")
        assert header.size_wh == (width, height)
        assert header.bits == bits


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_floating_point_becomes_16_bits_and_it_is_said(tmp_path: Path, dtype: type) -> None:
    """A half float has no 65,535: scaled as such, every picture was black."""
    values = (made.picture(96, 64).astype(np.float32) / 255).astype(dtype)
    values[:8, :8], values[:8, 8:16] = 1, 0
    photo = read(tmp_path, encoded(values, lossless=None, level=100))
    assert photo.pixels.dtype == np.uint16
    assert np.abs(photo.pixels / 65535 - values.astype(np.float32)).mean() < 0.02
    assert photo.pixels[:6, :6].min() > 60_000
    assert any("floating point" in note for note in photo.meta.notes)


@pytest.mark.parametrize("compress", [False, True])
def test_exif_and_xmp_are_found_packed_or_not(tmp_path: Path, compress: bool) -> None:
    data = packed(
        made.picture().tobytes(), exif=made.exif(1), xmp=made.XMP_PACKET, jumb=None,
        compress=compress,
    )  # fmt: skip
    photo = read(tmp_path, data)
    assert photo.size_wh == (48, 32)  # of the tag in XMP no notice is taken: it is upright
    assert photo.meta.exif is not None
    assert made.CAPTION.encode() in (photo.meta.xmp or b"")
    result = write_photo(photo, tmp_path / "b.jpg")
    assert read_photo(result).meta.exif is not None


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_packed_jpeg_is_the_jpeg_that_it_was(tmp_path: Path, orientation: int) -> None:
    buffer = io.BytesIO()
    exif = b"Exif\0\0" + made.exif(orientation)
    Image.fromarray(made.picture()).save(buffer, "JPEG", exif=exif, icc_profile=made.icc("p3"))
    (tmp_path / "b.jpg").write_bytes(buffer.getvalue())
    photo, as_jpeg = (
        read(tmp_path, packed(buffer.getvalue(), jpeg=True)),
        read_photo(tmp_path / "b.jpg"),
    )
    assert np.array_equal(photo.pixels, as_jpeg.pixels)
    assert photo.meta == as_jpeg.meta


def test_a_profile_that_names_pq_means_it() -> None:
    """The curve of a profile which holds tables and, by code points, what they stand for."""
    from defocus import colour

    profile = made.icc("p3")
    count = int.from_bytes(profile[128:132], "big")
    tag = b"cicp" + bytes(4) + bytes([9, 16, 0, 1])
    moved = 12
    table = b""
    for k in range(count):
        row = profile[132 + 12 * k : 144 + 12 * k]
        table += row[:4] + (int.from_bytes(row[4:8], "big") + moved).to_bytes(4, "big") + row[8:]
    body = profile[132 + 12 * count :]
    start = 132 + 12 * (count + 1) + len(body)
    table += b"cicp" + start.to_bytes(4, "big") + len(tag).to_bytes(4, "big")
    named = profile[:128] + (count + 1).to_bytes(4, "big") + table + body + tag
    assert colour.code_points(profile) is None
    assert colour.code_points(named) == (9, 16)
    assert colour.transfer(named) is PQ
    for cut in (b"", named[:100], named[:131]):
        assert colour.code_points(cut) is None


def test_a_cut_off_or_damaged_one_is_refused(tmp_path: Path) -> None:
    data = encoded(made.picture(96, 64))
    for broken in (data[: len(data) // 2], data[:12], data[:3], b"\xff\x0a" + bytes(40)):
        with pytest.raises(PhotoError, match=r"a\.jxl"):
            read(tmp_path, broken)


def test_the_size_is_judged_before_anything_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pillow_jxl, "Decoder", None)
    # small = 0, a side of 30 bits, ratio 1:1: a square of 2³⁰ pixels a side.
    bits = 0 | 3 << 1 | ((1 << 30) - 1) << 3 | 1 << 33
    with pytest.raises(TooLargeError):
        read(tmp_path, b"\xff\x0a" + bits.to_bytes(8, "little") + bytes(20))


def test_inks_are_not_shown_as_colours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No encoder at hand writes the profile."""
    decode = pillow_jxl.Decoder

    class Inks:
        def __init__(self, **options: Any) -> None:
            self._decode = decode(**options)

        def __call__(self, data: bytes) -> Any:
            jpeg, info, content, _, *rest = self._decode(data)
            return jpeg, info, content, made.icc("cmyk"), *rest

    monkeypatch.setattr(pillow_jxl, "Decoder", Inks)
    with pytest.raises(PhotoError, match=r"of inks .* is not read: save it as RGB"):
        read(tmp_path, packed(made.picture(48, 32).tobytes()))


def test_a_result_is_a_png(tmp_path: Path) -> None:
    assert suffix_for(".jxl", None) == ".png"

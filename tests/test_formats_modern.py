"""WebP, AVIF, HEIC and camera raw."""

from __future__ import annotations

import io
import re
import struct
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import photo_files as made
import pytest
from photo_samples import dng, sample
from PIL import Image

from defocus import Photo, read_photo, write_photo
from defocus.edit import Output
from defocus.errors import PhotoError
from defocus.formats import FORMATS, for_writing, isobmff, sniff, suffix_for
from defocus.formats.reading import peek

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path, data: bytes) -> Photo:
    path.write_bytes(data)
    return read_photo(path)


@pytest.mark.parametrize("lossless", [False, True])
def test_webp_stays_lossy_or_lossless(tmp_path: Path, lossless: bool) -> None:
    buffer = io.BytesIO()
    noise = np.random.default_rng(3).integers(0, 256, (32, 48, 4), np.uint8)
    Image.fromarray(noise).save(buffer, "WEBP", lossless=lossless, exact=True)
    photo = read(tmp_path / "a.webp", buffer.getvalue())
    again = write_photo(photo, tmp_path / "b.webp")
    assert (b"VP8L" in again.read_bytes()) == lossless
    assert photo.alpha is not None
    if lossless:  # colours under transparent pixels, too
        assert np.array_equal(read_photo(again).pixels, noise[..., :3])
        smaller = write_photo(photo, tmp_path / "c.webp", output=Output(quality=30))
        assert b"VP8L" not in smaller.read_bytes()


def test_an_animated_webp_gives_its_first_picture(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    first, second = Image.fromarray(made.picture()), Image.new("RGB", (48, 32))
    first.save(buffer, "WEBP", save_all=True, append_images=[second], lossless=True)
    photo = read(tmp_path / "a.webp", buffer.getvalue())
    assert np.array_equal(photo.pixels, made.picture())
    assert "animation" in photo.meta.notes[0]


def test_quality_changes_the_size(tmp_path: Path) -> None:
    noise = Photo(np.random.default_rng(3).integers(0, 256, (64, 64, 3), np.uint8))
    for suffix in ("webp", "avif", "heic", "jpg"):
        low = write_photo(noise, tmp_path / f"low.{suffix}", output=Output(quality=20))
        high = write_photo(noise, tmp_path / f"high.{suffix}", output=Output(quality=95))
        assert low.stat().st_size < 0.7 * high.stat().st_size


@pytest.mark.parametrize("channels", ["rgb", "rgba", "grey"])
def test_deep_heic_keeps_white_and_ten_bits(tmp_path: Path, channels: str) -> None:
    pixels = made.picture(dtype=np.uint16)
    pixels[:16] = 65535
    if channels == "grey":
        pixels = np.repeat(pixels[..., :1], 3, axis=2)
    alpha = np.full(pixels.shape[:2], 65535, np.uint16) if channels == "rgba" else None
    from defocus.photo import Metadata

    photo = Photo(pixels, alpha, Metadata("png", grey=channels == "grey"))
    again = read_photo(write_photo(photo, tmp_path / "a.heic", output=Output(quality=100)))
    assert again.pixels.dtype == np.uint16
    assert again.pixels[:8].min() > 65000
    assert again.pixels[:8].max() == 65535
    assert np.abs(again.pixels.astype(int) - pixels).mean() < 400
    assert again.meta.grey == (channels == "grey")
    assert alpha is None or (again.alpha is not None and again.alpha.min() == 65535)


@pytest.mark.parametrize("orientation", [1, 6])
def test_raw_is_developed_upright_to_16_bit_srgb(tmp_path: Path, orientation: int) -> None:
    pytest.importorskip("rawpy")
    photo = read(tmp_path / "a.dng", dng(orientation))
    assert photo.pixels.dtype == np.uint16
    assert photo.meta.format == "raw"
    assert photo.meta.icc is None
    assert photo.meta.exif is not None
    assert b"Model T" in photo.meta.exif
    assert b"Testcam Model T" not in photo.meta.exif  # DNG's own tags stay behind
    assert photo.size_wh == ((64, 48) if orientation == 1 else (48, 64))
    along = photo.pixels[24] if orientation == 1 else photo.pixels[:, 24]
    # A quarter of the light is 0.537 in sRGB.
    assert along[16, 1] / 65535 == pytest.approx(0.537, abs=0.02)
    result = write_photo(photo, tmp_path / "b.jpg")
    assert read_photo(result).size_wh == photo.size_wh


def test_raw_files_are_known_by_content_or_by_suffix() -> None:
    assert sniff(dng(), ".dng").name == "raw"
    assert sniff(dng(), ".tif").name == "raw"
    assert sniff(b"\0\0\0\x18ftypcrx \0\0\0\0crx isom", ".jpg").name == "raw"
    assert sniff(b"FUJIFILMCCD-RAW 0201", ".x").name == "raw"


def test_every_suffix_belongs_to_one_format() -> None:
    suffixes = [suffix for known in FORMATS for suffix in known.suffixes]
    assert len(suffixes) == len(set(suffixes))
    for known in FORMATS:
        if known.writable:
            assert for_writing(None, known.suffixes[0]) is known
            assert for_writing(known.name, ".other") is known


def test_suffixes_of_results() -> None:
    assert suffix_for(".JPG", None) == ".JPG"
    assert suffix_for(".jpeg", "jpeg") == ".jpeg"
    assert suffix_for(".jpg", "png") == ".png"
    assert suffix_for(".nef", None) == ".tif"


def test_boxes() -> None:
    assert (48, 32) in isobmff.claimed_sizes(sample("avif-rgb"))
    assert isobmff.bits_per_channel(sample("heic-deep")) == 10
    assert isobmff.bits_per_channel(sample("heic-rgb")) == 8


@pytest.mark.parametrize("data", [b"", b"\0\0\0\0meta", b"\0\0\0\x01meta", b"\0\0\0\x09meta" * 9])
def test_damaged_boxes_end(data: Any) -> None:
    assert isobmff.claimed_sizes(data) == []


def test_heif_of_the_wrong_kind(tmp_path: Path) -> None:
    data = sample("heic-rgb").replace(b"hvcC", b"xxxx")
    with pytest.raises(PhotoError, match="damaged"):
        read(tmp_path / "a.heic", data)


@pytest.mark.parametrize(
    ("kind", "named"),
    [(b"unci", "without compression"), (b"j2k1", "JPEG 2000"), (b"jpeg", "JPEG"),
     (b"vvc1", "H.266")],
)  # fmt: skip
def test_a_heif_in_another_coding_is_not_called_damaged(
    tmp_path: Path, kind: bytes, named: str
) -> None:
    plain = sample("heic-rgb")
    assert plain.count(b"hvc1") >= 1
    (tmp_path / "a.heic").write_bytes(plain.replace(b"hvc1", kind))
    for look in (read_photo, peek):
        with pytest.raises(PhotoError, match=f"whose picture is {named} is not read: convert"):
            look(tmp_path / "a.heic")


@pytest.mark.parametrize("size", [64, 5000])
def test_plain_black_pixels_in_a_heif_are_not_called_cut_off(tmp_path: Path, size: int) -> None:
    plain = sample("heic-rgb").replace(b"hvc1", b"unci")
    at = plain.index(b"mdat") + 4
    (tmp_path / "a.heic").write_bytes(plain[:at] + bytes(size + len(plain) - at))
    with pytest.raises(PhotoError, match="whose picture is without compression is not read"):
        read_photo(tmp_path / "a.heic")


@pytest.mark.parametrize("main", [0, 1])
@pytest.mark.parametrize(
    ("kind", "says"),
    [(b"jpeg", "picture is JPEG is not read"), (b"xxxx", r"damaged|does not know")],
)
def test_of_a_heif_no_other_picture_is_shown_for_the_main_one(
    tmp_path: Path, main: int, kind: bytes, says: str
) -> None:
    heif = pytest.importorskip("pillow_heif")
    file = heif.HeifFile()
    for side in (64, 128):
        values = made.picture(side, 64)
        file.add_frombytes("RGB", values.shape[1::-1], values.tobytes())
    buffer = io.BytesIO()
    file.save(buffer, primary_index=main)
    whole = buffer.getvalue()
    assert read(tmp_path / "a.heic", whole).size_wh == ((64, 128)[main], 64)
    at = [found.start() for found in re.finditer(b"hvc1", whole)][main]
    with pytest.raises(PhotoError, match=says):
        read(tmp_path / "a.heic", whole[:at] + kind + whole[at + 4 :])


@pytest.mark.parametrize("name", ["heic-rgb", "heic-deep"])
def test_heic_is_turned_once(tmp_path: Path, name: str) -> None:
    """The sample is stored with orientation 6, which pillow-heif writes as a property (irot)."""
    photo = read(tmp_path / "a.heic", sample(name))
    expected = made.turned(made.picture(dtype=photo.pixels.dtype.type), 6)
    top = np.iinfo(photo.pixels.dtype).max
    assert photo.pixels.shape == expected.shape
    assert np.abs(photo.pixels.astype(int) - expected).mean() < 0.02 * top
    again = read_photo(write_photo(photo, tmp_path / "b.heic"))
    assert np.abs(again.pixels.astype(int) - expected).mean() < 0.03 * top


@pytest.mark.parametrize("name", [b"XMP ", b"XMP\0"])
@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
@pytest.mark.parametrize("flags", [None, 0])
def test_metadata_of_a_webp_however_it_is_spelled(
    tmp_path: Path, name: bytes, prefix: bytes, flags: int | None
) -> None:
    buffer = io.BytesIO()
    Image.fromarray(made.picture()).save(
        buffer, "WEBP", xmp=made.XMP_PACKET, icc_profile=made.icc()
    )
    block = prefix + made.exif(6)
    chunk = b"EXIF" + len(block).to_bytes(4, "little") + block + bytes(len(block) % 2)
    data = bytearray(buffer.getvalue().replace(b"XMP ", name) + chunk)
    data[4:8] = (len(data) - 8).to_bytes(4, "little")
    if flags is not None:
        data[20] = flags
    (tmp_path / "a.webp").write_bytes(data)
    photo = read_photo(tmp_path / "a.webp")
    assert photo.size_wh == (32, 48)
    assert photo.meta.exif is not None
    assert made.CAPTION.encode() in (photo.meta.xmp or b"")


@pytest.mark.parametrize("items", [1, 1000])
def test_pieces_of_no_bytes_are_not_counted_for_ever(items: int) -> None:
    """A few kilobytes of `iloc` can claim millions of pieces, for each may take no byte at all."""
    rows = b"".join(struct.pack(">HHH", k + 1, 0, 65535) for k in range(items))
    iloc = bytes(6) + struct.pack(">H", items) + rows
    entry = struct.pack(">LHH4s", 0x02000000, items, 0, b"Exif") + b"\0"
    infe = struct.pack(">L4s", 8 + len(entry), b"infe") + entry
    iinf = bytes(4) + struct.pack(">H", 1) + infe
    data = b"".join(
        struct.pack(">L4s", 8 + len(body), name) + body
        for name, body in ((b"iinf", iinf), (b"iloc", iloc))
    )
    begin = time.process_time()
    assert not isobmff.exif(data)
    assert time.process_time() - begin < 2  # of the processor; without a limit it is a minute

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import photo_files as made
import pytest
import tifffile
from PIL import Image, ImageCms
from tiff_files import tiff

from defocus import Photo, read_photo, write_photo
from defocus.errors import PhotoError
from defocus.formats import ifd
from defocus.formats.tiff import write_numbers
from defocus.photo import Metadata

if TYPE_CHECKING:
    from pathlib import Path

DEEP = made.picture(dtype=np.uint16)


def read(path: Path, values: Any, **options: Any) -> Photo:
    tifffile.imwrite(path, values, **options)
    return read_photo(path)


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_layouts(
    tmp_path: Path, dtype: type, compression: str | None, planar: str, byteorder: str
) -> None:
    values = made.picture(dtype=dtype)
    stored = np.moveaxis(values, 2, 0) if planar == "separate" else values
    photo = read(
        tmp_path / "a.tif",
        stored,
        photometric="rgb",
        planarconfig=planar,
        compression=compression,
        byteorder=byteorder,
    )
    assert np.array_equal(photo.pixels, values)
    assert photo.meta.compressed == (compression is not None)


@pytest.mark.parametrize("options", [{"bigtiff": True}, {"tile": (16, 16)}, {"rowsperstrip": 5}])
def test_containers(tmp_path: Path, options: dict[str, Any]) -> None:
    assert np.array_equal(read(tmp_path / "a.tif", DEEP, photometric="rgb", **options).pixels, DEEP)


def test_sixteen_bit_lzw(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    assert cv2.imwrite(str(path), DEEP[..., ::-1], [cv2.IMWRITE_TIFF_COMPRESSION, 5])
    assert np.array_equal(read_photo(path).pixels, DEEP)


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits", "raw"])
@pytest.mark.parametrize("mode", ["RGB", "L", "P", "1", "RGBA"])
def test_what_pillow_writes(tmp_path: Path, mode: str, compression: str) -> None:
    image = Image.fromarray(made.picture()).convert(mode)
    image.save(tmp_path / "a.tif", compression=compression)
    photo = read_photo(tmp_path / "a.tif")
    assert np.array_equal(photo.pixels, np.asarray(image.convert("RGB")))
    assert photo.meta.grey == (mode in ("L", "1"))
    assert (photo.alpha is not None) == (mode == "RGBA")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_white_is_zero(tmp_path: Path, dtype: type) -> None:
    grey = made.picture(dtype=dtype)[..., 0]
    photo = read(tmp_path / "a.tif", np.iinfo(dtype).max - grey, photometric="miniswhite")
    assert np.array_equal(photo.pixels[..., 1], grey)
    assert photo.meta.grey


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("kind", ["unassalpha", "assocalpha", "unspecified"])
def test_extra_channels(tmp_path: Path, kind: str, dtype: type) -> None:
    top = np.iinfo(dtype).max
    alpha = np.full((32, 48), top // 2 + 1, dtype)
    values = made.picture(dtype=dtype)
    stored = (values // 2 if kind == "assocalpha" else values).astype(dtype)
    photo = read(
        tmp_path / "a.tif",
        np.dstack([stored, alpha]),
        photometric="rgb",
        extrasamples=[kind],
        compression="zlib",
    )
    assert np.abs(photo.pixels.astype(int) - values).max() <= (3 if kind == "assocalpha" else 0)
    if kind == "unspecified":
        assert photo.alpha is None
        assert "extra channel" in photo.meta.notes[0]
    else:
        assert photo.alpha is not None
        assert np.array_equal(photo.alpha, alpha)


def without(data: bytes, tag: int) -> bytes:
    """The same TIFF with a directory that lacks the tag."""
    directory, _ = ifd.read(data)
    kept = {each: entry for each, entry in directory.entries.items() if each != tag}
    at = len(data) + len(data) % 2
    added = ifd.write(ifd.Directory("<", kept), at)
    return ifd.header("<", at) + data[8:] + bytes(len(data) % 2) + added


@pytest.mark.parametrize("bits", [8, 16])
def test_a_fourth_channel_without_a_word_of_it_is_transparency(tmp_path: Path, bits: int) -> None:
    """As OpenCV writes it."""
    dtype = np.uint8 if bits == 8 else np.uint16
    values = made.picture(dtype=dtype)
    alpha = values[..., :1] // 2 + 9
    (tmp_path / "a.tif").write_bytes(tiff(np.dstack([values, alpha]), bits=bits))
    photo = read_photo(tmp_path / "a.tif")
    assert np.array_equal(photo.pixels, values)
    assert photo.alpha is not None
    assert np.array_equal(photo.alpha, alpha[..., 0])
    assert "transparency" in photo.meta.notes[0]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("compression", ["none", "zip"])
def test_samples_of_which_the_file_does_not_say_what_they_are(
    tmp_path: Path, channels: int, compression: str
) -> None:
    values = made.picture()[..., :channels]
    kind = "rgb" if channels == 3 else "black"
    data = tiff(values, bits=8, photometric=kind, compression=compression)
    (tmp_path / "a.tif").write_bytes(without(data, 262))
    photo = read_photo(tmp_path / "a.tif")
    assert np.array_equal(photo.pixels, np.broadcast_to(values, (32, 48, 3)))
    assert photo.meta.grey == (channels == 1)


def test_a_palette_and_a_fax_need_not_say_what_they_are(tmp_path: Path) -> None:
    image = Image.fromarray(made.picture()).quantize(16)
    for name, paper, options in (
        ("palette", image, {}),
        ("fax", image.convert("1"), {"compression": "group4"}),
    ):
        paper.save(tmp_path / "whole.tif", **options)
        data = (tmp_path / "whole.tif").read_bytes()
        (tmp_path / f"{name}.tif").write_bytes(without(data, 262))
        right = np.asarray(paper.convert("RGB"))
        if name == "fax":  # on white paper, where Pillow says that 0 is black
            right = 255 - right
        assert np.array_equal(read_photo(tmp_path / f"{name}.tif").pixels, right)


@pytest.mark.parametrize("bits", [8, 16])
def test_cmyk(tmp_path: Path, bits: int) -> None:
    image = Image.fromarray(made.picture()).convert("CMYK")
    if bits == 8:
        image.save(tmp_path / "a.tif", icc_profile=made.icc("cmyk"))
        photo = read_photo(tmp_path / "a.tif")
    else:
        icc = (34675, "B", len(made.icc("cmyk")), made.icc("cmyk"), True)
        ink = np.asarray(image).astype(np.uint16) * 257
        photo = read(tmp_path / "a.tif", ink, photometric="separated", extratags=[icc])
    assert photo.meta.icc is None
    assert "CMYK converted to sRGB with its profile" in photo.meta.notes[0]
    assert photo.pixels.dtype == np.uint8
    assert photo.pixels[0, 40, 0] > photo.pixels[0, 4, 0]


def test_lab(tmp_path: Path) -> None:
    transform = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
    )
    lab = ImageCms.applyTransform(Image.fromarray(made.picture()), transform)
    assert lab is not None
    lab.save(tmp_path / "a.tif")
    photo = read_photo(tmp_path / "a.tif")
    assert np.abs(photo.pixels.astype(int) - made.picture()).mean() < 3


def test_of_several_pages_the_first_is_kept(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(DEEP, photometric="rgb")
        file.write(DEEP[::-1], photometric="rgb")
    photo = read_photo(tmp_path / "a.tif")
    assert np.array_equal(photo.pixels, DEEP)
    assert "pages" in photo.meta.notes[0]


@pytest.mark.parametrize("compressed", [None, False, True])
@pytest.mark.parametrize("channels", ["rgb", "rgba", "grey"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_what_is_written_is_read_by_others(
    tmp_path: Path, dtype: type, channels: str, compressed: bool | None
) -> None:
    pixels = made.picture(700, 500, dtype)  # several strips
    if channels == "grey":
        pixels = np.repeat(pixels[..., :1], 3, axis=2)
    alpha = pixels[..., 0].copy() if channels == "rgba" else None
    meta = Metadata("tiff", grey=channels == "grey", compressed=compressed, dpi=(300.0, 240.0))
    path = write_photo(Photo(pixels, alpha, meta), tmp_path / "a.tif")
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        found = page.asarray()
        assert page.is_tiled is False
        assert (page.compression == 1) == (compressed is False)
        assert page.tags["XResolution"].value == (3_000_000, 10_000)
    if channels == "grey":
        assert np.array_equal(found, pixels[..., 0])
    else:
        assert np.array_equal(found[..., :3], pixels)
    if dtype == np.uint8:
        with Image.open(path) as image:
            assert np.array_equal(np.asarray(image)[..., :3].squeeze(), found[..., :3].squeeze())
    by_opencv = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert by_opencv is not None
    assert by_opencv.shape == found.shape


def test_a_big_endian_exif_block_makes_a_big_endian_file(tmp_path: Path) -> None:
    entry = struct.pack(">HHL4s", 0x0112, 3, 1, b"\0\x06\0\0")
    make = struct.pack(">HHL4s", 0x010F, 2, 4, b"abc\0")
    block = b"MM\0*\0\0\0\x08" + struct.pack(">H", 2) + make + entry + bytes(4)
    path = write_photo(Photo(DEEP, None, Metadata("png", exif=block)), tmp_path / "a.tif")
    assert path.read_bytes()[:2] == b"MM"
    with tifffile.TiffFile(path) as file:
        assert np.array_equal(file.pages[0].asarray(), DEEP)
        assert file.pages[0].tags["Make"].value == "abc"
        assert file.pages[0].tags["Orientation"].value == 1


def test_captions_survive(tmp_path: Path) -> None:
    caption = b"8BIM\x04\x04\0\0\0\0\0\x05hello\0"
    block = (34377, "B", len(caption), caption, True)
    read(tmp_path / "a.tif", DEEP, photometric="rgb", extratags=[block])
    write_photo(read_photo(tmp_path / "a.tif"), tmp_path / "b.tif")
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        assert bytes(file.pages[0].tags[34377].value) == caption


def test_strips_outside_the_file_are_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, DEEP, photometric="rgb")
    data = buffer.getvalue()
    directory, _ = ifd.read(data)
    start = struct.pack("<HHLL", 273, 4, 1, directory.number(273, 0))
    assert start in data
    (tmp_path / "a.tif").write_bytes(data.replace(start, start[:8] + b"\xff\xff\xff\x7f"))
    with pytest.raises(PhotoError, match="cut off"):
        read_photo(tmp_path / "a.tif")


def test_numbers_are_stored_exactly(tmp_path: Path) -> None:
    values = np.random.default_rng(1).normal(0, 1e6, (300, 700)).astype(np.float32)
    with (tmp_path / "a.tif").open("wb") as target:
        write_numbers(target, values)
    assert np.array_equal(tifffile.imread(tmp_path / "a.tif"), values)
    assert np.array_equal(cv2.imread(str(tmp_path / "a.tif"), cv2.IMREAD_UNCHANGED), values)


# ------------------------------------------------------------------------- directories


def test_a_directory_survives_writing_and_reading() -> None:
    for order in ("<", ">"):
        inner = ifd.Directory(order, {1: ifd.blob(ifd.ASCII, b"N\0")})
        entries = {
            256: ifd.longs(order, 7),
            258: ifd.shorts(order, 8, 8, 8),
            282: ifd.fraction(order, 72.5),
            700: ifd.blob(ifd.BYTE, b"odd"),
            ifd.GPS_IFD: ifd.Entry(ifd.LONG, 1, directory=inner),
        }
        data = ifd.header(order, 8) + ifd.write(ifd.Directory(order, entries), 8)
        found, following = ifd.read(data)
        assert following == 0
        assert found.number(256, 0) == 7
        assert found.numbers(258) == (8, 8, 8)
        assert found.rational(282) == 72.5
        assert found.bytes_of(700) == b"odd"
        gps = found.entries[ifd.GPS_IFD].directory
        assert gps is not None
        assert gps.bytes_of(1) == b"N\0"


def test_a_directory_that_points_at_itself_ends() -> None:
    entry = struct.pack("<HHLL", ifd.EXIF_IFD, 4, 1, 8)
    data = b"II*\0\x08\0\0\0" + struct.pack("<H", 1) + entry + bytes(4)
    found, _ = ifd.read(data)
    assert ifd.EXIF_IFD in found.entries


@pytest.mark.parametrize("data", [b"II*\0", b"II*\0\xff\xff\xff\xff", b"XX*\0\x08\0\0\0\0\0"])
def test_damaged_directories(data: bytes) -> None:
    with pytest.raises(PhotoError):
        ifd.read(data)

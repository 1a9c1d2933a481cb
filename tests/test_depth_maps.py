"""Depth maps in all the ways that other programs store them, and those that only look small."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from defocus.depth import estimate_disparity
from defocus.depth.file import read_disparity
from defocus.errors import DepthError, TooLargeError
from defocus.photo import Photo

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_DEEP = np.tile((np.arange(320) * 65535 // 319).astype(np.uint16), (8, 1))
_BYTES = np.tile(np.arange(120, dtype=np.uint8), (80, 1)) * 2


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">L", len(body)) + name + body + struct.pack(">L", zlib.crc32(name + body))


def _png(values: NDArray[Any], colour_type: int, size_wh: tuple[int, int] | None = None) -> bytes:
    """A PNG of 8 or 16 bits; ``size_wh`` may claim another size than is there."""
    rows = values.reshape(len(values), -1)
    raw = b"".join(b"\0" + row.astype(row.dtype.newbyteorder(">")).tobytes() for row in rows)
    width, height = size_wh or (values.shape[1], values.shape[0])
    header = struct.pack(">LLBBBBB", width, height, 8 * values.itemsize, colour_type, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(raw)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


@pytest.mark.parametrize(("colour_type", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)])
def test_a_png_of_16_bits_keeps_all_its_levels(
    tmp_path: Path, colour_type: int, channels: int
) -> None:
    values = np.dstack([_DEEP] * channels)
    if channels in (2, 4):
        values[..., -1] = 65535
    (tmp_path / "map.png").write_bytes(_png(values, colour_type))
    got = read_disparity(tmp_path / "map.png").values
    np.testing.assert_array_equal(got, _DEEP)


def test_a_coloured_png_of_16_bits_is_no_map(tmp_path: Path) -> None:
    values = np.dstack([_DEEP, _DEEP, _DEEP[:, ::-1]])
    (tmp_path / "map.png").write_bytes(_png(values, 2))
    with pytest.raises(DepthError, match=r"map\.png: it is a coloured picture"):
        read_disparity(tmp_path / "map.png")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"photometric": "miniswhite"},
        {"compression": "zlib"},
        {"compression": "zlib", "predictor": True},
        {"tile": (16, 32)},
        {"bigtiff": True},
        {"byteorder": ">"},
    ],
)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32, np.float32, np.float64])
def test_a_tiff_is_read_as_it_is_stored(
    tmp_path: Path, options: dict[str, Any], dtype: type
) -> None:
    values = (_DEEP // 257).astype(dtype)
    stored = values
    if options.get("photometric") == "miniswhite":
        if np.issubdtype(dtype, np.floating):
            pytest.skip("white is zero has no meaning for floats")
        stored = np.iinfo(dtype).max - values
    tifffile.imwrite(tmp_path / "map.tif", stored, metadata=None, **options)
    got = read_disparity(tmp_path / "map.tif").values
    np.testing.assert_array_equal(got, values.astype(np.float32))


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_a_grey_tiff_saved_as_colour_is_a_map(tmp_path: Path, planar: str) -> None:
    colours = np.stack([_DEEP] * 3, axis=0 if planar == "separate" else 2)
    tifffile.imwrite(tmp_path / "m.tif", colours, photometric="rgb", planarconfig=planar)
    np.testing.assert_array_equal(read_disparity(tmp_path / "m.tif").values, _DEEP)


def test_a_preview_in_front_is_not_the_map(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "m.tif") as file:
        file.write(_DEEP[::4, ::4], subfiletype=1)
        file.write(_DEEP)
    np.testing.assert_array_equal(read_disparity(tmp_path / "m.tif").values, _DEEP)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("map.jpg", {"quality": 95}),
        ("map.JPEG", {"quality": 90, "subsampling": 2}),
        ("map.webp", {"quality": 95}),
        ("map.webp", {"lossless": True}),
    ],
)
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_pictures_of_maps_are_read(
    tmp_path: Path, name: str, options: dict[str, Any], mode: str
) -> None:
    Image.fromarray(_BYTES).convert(mode).save(tmp_path / name, **options)
    got = read_disparity(tmp_path / name).values
    assert np.abs(got - _BYTES).max() <= 6
    flipped = read_disparity(tmp_path / name, invert=True).values
    assert np.corrcoef(flipped.ravel(), got.ravel())[0, 1] < -0.999


def test_a_picture_of_a_map_is_turned_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter to the right
    Image.fromarray(_BYTES).save(tmp_path / "map.jpg", quality=95, exif=exif)
    got = read_disparity(tmp_path / "map.jpg").values
    assert np.abs(got - np.rot90(_BYTES, -1)).max() <= 6


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize(
    "names", [("disparity", "mask"), ("mask", "depth"), ("x",), ("arr_0", "b")]
)
def test_an_npz_holds_the_map_under_a_known_name_or_alone(
    tmp_path: Path, save: Any, names: tuple[str, ...]
) -> None:
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    others = {name: np.zeros(2) for name in names}
    chosen = next(name for name in names if name != "mask")
    save(tmp_path / "map.npz", **(others | {chosen: values}))
    np.testing.assert_array_equal(read_disparity(tmp_path / "map.npz").values, values)


def test_an_npz_without_a_known_name_says_what_it_holds(tmp_path: Path) -> None:
    np.savez(tmp_path / "map.npz", first=np.zeros((2, 2)), second=np.zeros((2, 2)))
    with pytest.raises(DepthError, match="it holds first, second: call the map"):
        read_disparity(tmp_path / "map.npz")
    np.savez(tmp_path / "map.npz", depth=np.array([[{}]], dtype=object))
    with pytest.raises(DepthError, match="Python objects"):
        read_disparity(tmp_path / "map.npz")


@pytest.mark.parametrize("shape", [(1, 3, 4), (1, 1, 3, 4), (3, 4, 1), (3, 4)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_an_array_may_be_a_batch_of_one(tmp_path: Path, shape: Any, order: Any) -> None:
    values = np.arange(12, dtype=np.float32)
    np.save(tmp_path / "map.npy", np.asarray(values.reshape(shape), order=order))
    got = read_disparity(tmp_path / "map.npy").values
    np.testing.assert_array_equal(got, values.reshape(3, 4))


def test_a_colour_pfm_whose_channels_agree_is_a_map(tmp_path: Path) -> None:
    data = struct.pack("<6f", 1, 1, 1, 2, 2, 2)
    (tmp_path / "map.pfm").write_bytes(b"PF\n2 1\n-1.0\n" + data)
    np.testing.assert_array_equal(read_disparity(tmp_path / "map.pfm").values, [[1, 2]])


# -- small files that claim much -------------------------------------------------------------------


def _claims(kind: str, side: int) -> bytes:
    """A file of some kilobytes that says it holds side × side numbers."""
    few = np.zeros((8, 8), np.uint16)
    if kind == "png":
        return _png(few, 0, (side, side))
    if kind == "png-rgb":
        return _png(np.dstack([few] * 3), 2, (side, side))
    if kind == "pfm":
        return f"Pf\n{side} {side}\n-1.0\n".encode() + bytes(64)
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f8", "fortran_order": False, "shape": (side, side)}
    )
    if kind == "npy":
        return header.getvalue() + bytes(64)
    if kind == "npz":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("depth.npy", header.getvalue() + bytes(1 << 20))
        return packed.getvalue()
    tiff = io.BytesIO()
    tifffile.imwrite(tiff, few, metadata=None)
    data = bytearray(tiff.getvalue())
    with tifffile.TiffFile(io.BytesIO(bytes(data))) as read:
        tags = read.pages[0].tags
        for name in ("ImageWidth", "ImageLength", "RowsPerStrip"):
            size = {3: 2, 4: 4}[int(tags[name].dtype)]
            at = tags[name].valueoffset
            data[at : at + size] = side.to_bytes(size, "little")
    return bytes(data)


_SUFFIX = {"png-rgb": "png", "tiff": "tif"}


@pytest.mark.parametrize("kind", ["png", "png-rgb", "pfm", "npy", "npz", "tiff"])
def test_a_map_far_larger_than_the_photo_is_refused_by_its_header(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / f"map.{_SUFFIX.get(kind, kind)}"
    path.write_bytes(_claims(kind, 17_000))
    photo = Photo(np.zeros((48, 48, 3), np.uint8))
    with pytest.raises(TooLargeError, match=r"17000×17000|289 million"):
        estimate_disparity(photo, str(path))


@pytest.mark.parametrize("kind", ["png", "png-rgb", "pfm", "npy", "npz", "tiff"])
def test_a_map_that_claims_more_than_it_holds_is_cut_off(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"map.{_SUFFIX.get(kind, kind)}"
    path.write_bytes(_claims(kind, 3000))
    photo = Photo(np.zeros((48, 48, 3), np.uint8))
    with pytest.raises(DepthError):
        estimate_disparity(photo, str(path))


def test_a_map_may_be_four_times_as_large_as_a_large_photo(tmp_path: Path) -> None:
    np.save(tmp_path / "map.npy", np.zeros((4200, 4200), np.uint8))
    with pytest.raises(TooLargeError):
        estimate_disparity(Photo(np.zeros((400, 400, 3), np.uint8)), str(tmp_path / "map.npy"))
    found = estimate_disparity(
        Photo(np.zeros((2100, 2100, 3), np.uint8)), str(tmp_path / "map.npy")
    )
    assert found.size_wh == (4200, 4200)

"""Every kind of TIFF, made by :mod:`tiff_files`, against a second reader: tifffile.

Photometric × bits × planes × compression × predictor × strips and tiles × byte order.
"""

from __future__ import annotations

import io
import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import photo_files as made
import pytest
import tifffile
from PIL import Image
from tiff_files import COMPRESSIONS, tiff

from defocus import read_photo
from defocus.errors import PhotoError
from defocus.formats import ifd

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

pytest.importorskip("imagecodecs")

CHANNELS = {"black": 1, "white": 1, "rgb": 3, "cmyk": 4}
# (bits, are they floats, predictor)
DEPTHS = (
    *((8, False, 1), (8, False, 2), (16, False, 1), (16, False, 2)),
    *((9, False, 1), (10, False, 1), (12, False, 1), (14, False, 1), (2, False, 1), (4, False, 1)),
    *((16, True, 1), (32, True, 1), (64, True, 1), (16, True, 3), (32, True, 3), (64, True, 3)),
    (32, True, 2),
)
SHAPES: tuple[dict[str, Any], ...] = ({}, {"tile": 16}, {"rows": 5}, {"rows": 1})
# Floats without a profile would be taken for linear light.
ICC = {34675: ifd.blob(ifd.UNDEFINED, made.icc())}


def codes(photometric: str, bits: int, is_float: bool) -> NDArray[Any]:
    """H×W×C of that depth: ramps that differ between the channels, with every low bit in use."""
    deep = made.picture(37, 29, np.uint16).astype(np.float64) / 65535
    four = np.dstack([deep, deep[::-1, ::-1, 1]])[..., : CHANNELS[photometric]]
    noise = np.random.default_rng(1).uniform(-0.01, 0.01, four.shape)
    unit = np.clip(four + noise, 0, 1)
    if is_float:
        return unit.astype(f"f{bits // 8}")
    return np.rint(unit * ((1 << bits) - 1)).astype(np.uint8 if bits <= 8 else np.uint16)


def kinds(photometric: str, compression: str) -> Iterator[tuple[int, bool, dict[str, Any]]]:
    for (bits, is_float, predictor), planar, shape, order in itertools.product(
        DEPTHS, (False, True), SHAPES, "<>"
    ):
        if is_float and photometric in ("white", "cmyk"):
            continue
        if planar and CHANNELS[photometric] == 1:
            continue
        if compression == "none" and predictor > 1:
            continue  # predictors belong to compression; without it readers take no notice
        if compression not in ("none", "lzw") and (order == ">" or "rows" in shape):
            continue  # by then the bytes are the same
        yield bits, is_float, {"predictor": predictor, "planar": planar, "order": order, **shape}


def as_read(values: NDArray[Any], bits: int, photometric: str) -> NDArray[np.floating]:
    """0..1, white at the top, three channels."""
    top = 1.0 if values.dtype.kind == "f" else (1 << bits) - 1
    unit = values.astype(np.float64) / top
    if photometric == "white":
        unit = 1 - unit
    if photometric == "cmyk":
        full = np.rint(unit * (255 if bits <= 8 else 65535)).astype(int)
        ink = (full if bits <= 8 else full >> 8).astype(np.uint8)
        image = Image.frombytes("CMYK", ink.shape[1::-1], ink.tobytes())
        return np.asarray(image.convert("RGB")) / 255
    return np.repeat(unit, 3, axis=2) if unit.shape[2] == 1 else unit


def by_tifffile(data: bytes) -> NDArray[Any]:
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page = file.pages[0]
        found = page.asarray()
        if page.planarconfig == 2 and found.ndim == 3:
            found = np.moveaxis(found, 0, 2)
        return found if found.ndim == 3 else found[..., None]


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("photometric", CHANNELS)
def test_the_pixels_are_those_of_a_second_reader(
    tmp_path: Path, photometric: str, compression: str
) -> None:
    for bits, is_float, options in kinds(photometric, compression):
        values = codes(photometric, bits, is_float)
        more = ICC if is_float else {}
        kind = {"bits": bits, "photometric": photometric, "compression": compression, **options}
        data = tiff(values, more=more, **kind)
        (tmp_path / "a.tif").write_bytes(data)
        assert np.array_equal(by_tifffile(data), values), kind
        photo = read_photo(tmp_path / "a.tif")
        full = 255 if photo.pixels.dtype == np.uint8 else 65535
        assert (full == 65535) == (bits > 8 and photometric != "cmyk"), kind
        expected = as_read(values, bits, photometric) * full
        assert np.abs(photo.pixels - expected).max() <= 0.51, kind


@pytest.mark.parametrize("bits", [1, 2, 3, 4, 7, 8])
@pytest.mark.parametrize("compression", ["none", "lzw", "zip", "packbits"])
def test_few_bits_and_palettes(tmp_path: Path, bits: int, compression: str) -> None:
    """Rows do not end on a byte."""
    values = (made.picture(37, 29)[..., :1] >> (8 - bits)).astype(np.uint8)
    palette = np.random.default_rng(2).integers(0, 256, (1 << bits, 3)).astype(np.uint16)
    for order, scale in itertools.product("<>", (1, 257)):
        entry = ifd.shorts(order, *(palette * scale).T.ravel())
        options = {"bits": bits, "compression": compression, "order": order}
        data = tiff(values, photometric="palette", more={320: entry}, **options)
        (tmp_path / "a.tif").write_bytes(data)
        photo = read_photo(tmp_path / "a.tif")
        assert np.array_equal(photo.pixels, palette[values[..., 0]])
        assert not photo.meta.grey
    for photometric in ("black", "white"):
        (tmp_path / "a.tif").write_bytes(tiff(values, photometric=photometric, **options))
        grey = np.rint(values * (255 / ((1 << bits) - 1))).astype(int)
        expected = 255 - grey if photometric == "white" else grey
        photo = read_photo(tmp_path / "a.tif")
        assert np.abs(photo.pixels[..., :1].astype(int) - expected).max() == 0
        assert photo.meta.grey


@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("bits", [8, 12, 16])
@pytest.mark.parametrize("photometric", ["rgb", "black", "cmyk"])
def test_alpha_beside_any_colour(tmp_path: Path, photometric: str, bits: int, planar: bool) -> None:
    values = codes(photometric, bits, False)
    alpha = np.full_like(values[..., :1], (1 << bits) // 2)
    more = {338: ifd.shorts("<", 2)}
    data = tiff(np.dstack([values, alpha]), bits=bits, photometric=photometric, planar=planar,
                compression="lzw", more=more)  # fmt: skip
    (tmp_path / "a.tif").write_bytes(data)
    photo = read_photo(tmp_path / "a.tif")
    assert photo.alpha is not None
    assert photo.alpha.dtype == photo.pixels.dtype
    assert np.abs(photo.alpha / np.iinfo(photo.alpha.dtype).max - 0.5).max() < 0.01


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("photometric", ["rgb", "black", "cmyk"])
def test_colours_and_inks_that_are_multiplied_by_their_opacity(
    tmp_path: Path, photometric: str, bits: int
) -> None:
    values = codes(photometric, bits, False) // 2
    alpha = np.full_like(values[..., :1], (1 << bits) // 2)
    found = []
    for stored, kind in ((values // 2, 1), (values, 2)):
        data = tiff(np.dstack([stored, alpha]), bits=bits, photometric=photometric,
                    more={338: ifd.shorts("<", kind)})  # fmt: skip
        (tmp_path / "a.tif").write_bytes(data)
        found.append(read_photo(tmp_path / "a.tif"))
    assert np.abs(found[0].pixels.astype(int) - found[1].pixels).max() <= 3
    assert np.array_equal(found[0].alpha, found[1].alpha)


@pytest.mark.parametrize("photometric", ["rgb", "ycbcr", "minisblack"])
def test_jpeg_inside(tmp_path: Path, photometric: str) -> None:
    values = made.picture(64, 48)
    given = values[..., 1] if photometric == "minisblack" else values
    tifffile.imwrite(
        tmp_path / "a.tif", given, photometric=photometric, compression="jpeg",
        compressionargs={"level": 95}, metadata=None,
    )  # fmt: skip
    expected = by_tifffile((tmp_path / "a.tif").read_bytes()).astype(int)
    assert np.abs(read_photo(tmp_path / "a.tif").pixels - expected).max() <= 3


def test_a_predictor_without_compression_means_nothing(tmp_path: Path) -> None:
    values = codes("rgb", 8, False)
    (tmp_path / "a.tif").write_bytes(tiff(values, bits=8, more={317: ifd.shorts("<", 2)}))
    assert np.array_equal(read_photo(tmp_path / "a.tif").pixels, values)


def test_bits_that_stand_the_wrong_way_round(tmp_path: Path) -> None:
    """FillOrder 2, as fax programs write it."""
    values = (made.picture(37, 29)[..., :1] > 128).astype(np.uint8)
    data = tiff(values, bits=1, photometric="black", more={266: ifd.shorts("<", 2)})
    (tmp_path / "a.tif").write_bytes(data)
    with Image.open(tmp_path / "a.tif") as image:
        expected = np.asarray(image.convert("L"))
    assert np.array_equal(read_photo(tmp_path / "a.tif").pixels[..., 0], expected)
    assert not np.array_equal(expected, values[..., 0] * 255)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("planar", [False, True])
def test_lab_of_either_depth(tmp_path: Path, bits: int, planar: bool) -> None:
    """A grey of L* = 50 is 119 in sRGB; one with a* = 40 is redder."""
    lab = np.zeros((4, 6, 3), np.int32)
    lab[..., 0] = 128 if bits == 8 else 32768
    lab[:, 3:, 1] = 40 << (bits - 8)
    values = lab.astype(f"u{bits // 8}")
    (tmp_path / "a.tif").write_bytes(
        tiff(values, bits=bits, photometric="lab", planar=planar, compression="zip")
    )
    pixels = read_photo(tmp_path / "a.tif").pixels.astype(int)
    assert np.abs(pixels[:, :3] - 119).max() <= 2
    assert (pixels[:, 3:, 0] > 160).all()
    assert (pixels[:, 3:, 1] < 110).all()


@pytest.mark.parametrize(
    ("options", "more"),
    [
        ({"bits": 16}, {259: ifd.shorts("<", 34712)}),  # JPEG 2000
        ({"bits": 8}, {259: ifd.shorts("<", 34712)}),
        ({"bits": 8}, {262: ifd.shorts("<", 32844)}),  # LogL
        ({"bits": 16, "compression": "zip"}, {317: ifd.shorts("<", 34892)}),  # a predictor of DNG
        ({"bits": 16}, {258: ifd.shorts("<", 5, 6, 5)}),
        ({"bits": 16}, {339: ifd.shorts("<", 2, 2, 2)}),
        ({"bits": 16}, {339: ifd.shorts("<", 5, 5, 5)}),  # complex integers
    ],
)
def test_a_kind_that_is_not_read_is_not_called_damaged(
    tmp_path: Path, options: dict[str, Any], more: dict[int, ifd.Entry]
) -> None:
    data = tiff(codes("rgb", options["bits"], False), more=more, **options)
    (tmp_path / "a.tif").write_bytes(data)
    with pytest.raises(PhotoError, match=r"read.*save it") as caught:
        read_photo(tmp_path / "a.tif")
    assert "damaged" not in str(caught.value)


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("rows", [None, 4])
def test_a_damaged_strip_is_refused_without_a_word_from_libtiff(
    tmp_path: Path, compression: str, rows: int | None, capfd: pytest.CaptureFixture[str]
) -> None:
    values = codes("rgb", 8, False)
    data = bytearray(tiff(values, bits=8, compression=compression, rows=rows))
    directory, _ = ifd.read(bytes(data))
    start, size = directory.number(273, 0), directory.number(279, 0)
    if compression == "none":
        del data[-len(data) // 2 :]
    elif compression == "packbits":
        data[start : start + size] = b"\x80" * size  # no operation
    else:
        data[start + 4 : start + size] = bytes(size - 4)
    (tmp_path / "a.tif").write_bytes(data)
    with pytest.raises(PhotoError, match=r"damaged|cut off"):
        read_photo(tmp_path / "a.tif")
    assert capfd.readouterr() == ("", "")

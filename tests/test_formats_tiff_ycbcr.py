"""TIFFs in YCbCr of which several pixels share a colour: in planes or mixed, in strips."""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from defocus import read_photo
from defocus.errors import PhotoError
from defocus.formats import ifd
from defocus.formats.ifd import Directory

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_STEPS = [(1, 1), (2, 1), (2, 2), (4, 1), (4, 2), (4, 4), (1, 2)]
_DEFLATE = 8
_PREDICTOR, _COEFFICIENTS, _RANGE = 317, 529, 532
_RATIONAL = 5


def planes(size_wh: tuple[int, int], steps: tuple[int, int]) -> list[NDArray[np.uint8]]:
    """Noise of brightness, and colours within what RGB can show."""
    rng = np.random.default_rng(7)
    width, height = size_wh
    shared = -(-height // steps[1]), -(-width // steps[0])
    return [
        rng.integers(90, 160, (height, width), np.uint8),
        *(rng.integers(100, 156, shared, np.uint8) for _ in range(2)),
    ]


def expected(codes: list[NDArray[np.uint8]], steps: tuple[int, int]) -> NDArray[np.uint8]:
    """By Pillow, whose conversion is JPEG's: the same numbers as a TIFF's if it says nothing."""
    height, width = codes[0].shape
    block = np.ones((steps[1], steps[0]), np.uint8)
    whole = [codes[0], *(np.kron(plane, block)[:height, :width] for plane in codes[1:])]
    return np.asarray(Image.fromarray(np.dstack(whole), "YCbCr").convert("RGB"))


def mixed(codes: list[NDArray[np.uint8]], steps: tuple[int, int]) -> NDArray[np.uint8]:
    """Down × across × (brightness of a block, its two colours)."""
    wide, high = steps
    down, across = codes[1].shape
    height, width = codes[0].shape
    padded = np.pad(codes[0], ((0, down * high - height), (0, across * wide - width)), "edge")
    blocks = padded.reshape(down, high, across, wide).swapaxes(1, 2).reshape(down, across, -1)
    return np.dstack([blocks, codes[1], codes[2]])


def tiff(
    codes: list[NDArray[Any]],
    steps: tuple[int, int],
    *,
    planar: bool = True,
    rows: int | None = None,
    deflate: bool = False,
    order: ifd.Order = "<",
    more: dict[int, ifd.Entry] | None = None,
    kept: float = 1,
) -> bytes:
    """In strips of ``rows``, a multiple of the step down, of which a part is ``kept``."""
    height, width = codes[0].shape
    rows = rows or height
    stored = codes if planar else [mixed(codes, steps)]
    pieces = []
    for number, plane in enumerate(stored):
        each = rows if planar and number == 0 else max(1, -(-rows // steps[1]))
        plain = [plane[top : top + each].tobytes() for top in range(0, len(plane), each)]
        pieces += [zlib.compress(piece) if deflate else piece for piece in plain]
    pieces = [piece[: int(len(piece) * kept)] for piece in pieces]
    starts = [8 + sum(map(len, pieces[:k])) for k in range(len(pieces))]
    body = b"".join(pieces)
    at = 8 + len(body) + len(body) % 2
    entries = {
        256: ifd.longs(order, width),
        257: ifd.longs(order, height),
        258: ifd.shorts(order, *[8 * codes[0].itemsize] * len(codes)),
        259: ifd.shorts(order, _DEFLATE if deflate else 1),
        262: ifd.shorts(order, 6),
        273: ifd.longs(order, *starts),
        277: ifd.shorts(order, len(codes)),
        278: ifd.longs(order, rows),
        279: ifd.longs(order, *map(len, pieces)),
        284: ifd.shorts(order, 2 if planar else 1),
        530: ifd.shorts(order, *steps),
    } | (more or {})
    directory = ifd.write(Directory(order, entries), at)
    return ifd.header(order, at) + body + bytes(len(body) % 2) + directory


def read(tmp_path: Path, data: bytes) -> NDArray[Any]:
    (tmp_path / "a.tif").write_bytes(data)
    return read_photo(tmp_path / "a.tif").pixels


def off_by(a: NDArray[Any], b: NDArray[Any]) -> int:
    assert a.shape == b.shape
    return int(np.abs(a.astype(int) - b).max())


@pytest.mark.parametrize("steps", _STEPS)
@pytest.mark.parametrize("planar", [True, False])
@pytest.mark.parametrize("deflate", [True, False])
# The picture is larger than the 4 KB that a header may claim beyond its bytes.
@pytest.mark.parametrize("size_wh", [(128, 96), (127, 91)])
def test_shared_colours_are_read(
    tmp_path: Path, steps: tuple[int, int], planar: bool, deflate: bool, size_wh: tuple[int, int]
) -> None:
    codes = planes(size_wh, steps)
    found = read(tmp_path, tiff(codes, steps, planar=planar, deflate=deflate))
    assert off_by(found, expected(codes, steps)) <= 1


@pytest.mark.parametrize("planar", [True, False])
@pytest.mark.parametrize("order", ["<", ">"])
def test_strips_are_put_below_each_other(tmp_path: Path, planar: bool, order: ifd.Order) -> None:
    codes = planes((90, 70), (2, 2))
    data = tiff(codes, (2, 2), planar=planar, rows=16, order=order)
    assert off_by(read(tmp_path, data), expected(codes, (2, 2))) <= 1


@pytest.mark.parametrize("steps", [(1, 1), (2, 1), (2, 2), (4, 2)])
def test_mixed_samples_look_as_libtiff_shows_them(tmp_path: Path, steps: tuple[int, int]) -> None:
    codes = planes((96, 64), steps)
    found = read(tmp_path, tiff(codes, steps, planar=False, deflate=True))
    with Image.open(tmp_path / "a.tif") as image:  # libtiff decodes what is compressed
        assert off_by(found, np.asarray(image.convert("RGB"))) <= 1


def jpeg_planes(codes: list[NDArray[np.uint8]], steps: tuple[int, int], rows: int) -> bytes:
    """Each strip of each plane is a grey JPEG."""
    pieces = []
    for number, plane in enumerate(codes):
        each = rows if number == 0 else rows // steps[1]
        for top in range(0, len(plane), each):
            buffer = io.BytesIO()
            Image.fromarray(plane[top : top + each]).save(buffer, "JPEG", quality=100)
            pieces.append(buffer.getvalue())
    starts = [8 + sum(map(len, pieces[:k])) for k in range(len(pieces))]
    height, width = codes[0].shape
    entries = {
        256: ifd.longs("<", width),
        257: ifd.longs("<", height),
        258: ifd.shorts("<", 8, 8, 8),
        259: ifd.shorts("<", 7),
        262: ifd.shorts("<", 6),
        273: ifd.longs("<", *starts),
        277: ifd.shorts("<", 3),
        278: ifd.longs("<", rows),
        279: ifd.longs("<", *map(len, pieces)),
        284: ifd.shorts("<", 2),
        530: ifd.shorts("<", *steps),
    }
    body = b"".join(pieces)
    at = 8 + len(body) + len(body) % 2
    directory = ifd.write(Directory("<", entries), at)
    return ifd.header("<", at) + body + bytes(len(body) % 2) + directory


@pytest.mark.parametrize("rows", [32, 96])
def test_planes_that_are_packed_as_jpeg(tmp_path: Path, rows: int) -> None:
    down, across = np.mgrid[:96, :128]
    values = (90 + across // 2, 100 + down // 2, 150 - across // 3)
    codes = [plane.astype(np.uint8) for plane in values]
    found = read(tmp_path, jpeg_planes(codes, (1, 1), rows))
    assert off_by(found, expected(codes, (1, 1))) <= 2
    for steps in ((2, 1), (2, 2)):  # libtiff does not read them
        coarse = [codes[0], *(plane[:: steps[1], :: steps[0]] for plane in codes[1:])]
        with pytest.raises(PhotoError, match=r"JPEG planes .* is not read: save it anew"):
            read(tmp_path, jpeg_planes(coarse, steps, rows))


def test_a_narrow_range_and_other_weights_count(tmp_path: Path) -> None:
    """Codes from 16 to 235 and 240, and the weights of BT.709, as video has them."""
    ends = (16, 235, 128, 240, 128, 240)
    more = {
        _RANGE: fractions(*ends),
        _COEFFICIENTS: fractions(0.2126, 0.7152, 0.0722),
    }
    codes = [np.full((64, 64), 235, np.uint8), *[np.full((32, 32), 128, np.uint8)] * 2]
    assert np.all(read(tmp_path, tiff(codes, (2, 2), more=more)) == 255)
    codes[0][:] = 16
    assert np.all(read(tmp_path, tiff(codes, (2, 2), more=more)) == 0)
    # Full red of BT.709: Y = 0.2126, Cr at its end, Cb = -0.2126 / 1.8556 of 2 × 112.
    codes[0][:] = round(16 + 219 * 0.2126)
    codes[1] = np.full((32, 32), round(128 - 224 * 0.2126 / 1.8556), np.uint8)
    codes[2] = np.full((32, 32), 240, np.uint8)
    assert (
        off_by(read(tmp_path, tiff(codes, (2, 2), more=more))[:1, 0], np.array([[255, 0, 0]])) <= 2
    )


def fractions(*values: float) -> ifd.Entry:
    parts = [part for value in values for part in (round(value * 10_000), 10_000)]
    return ifd.Entry(_RATIONAL, len(values), np.array(parts, "<u4").tobytes())


@pytest.mark.parametrize("planar", [True, False])
@pytest.mark.parametrize("steps", [(2, 1), (2, 2)])
def test_what_is_cut_off_is_still_called_so(
    tmp_path: Path, planar: bool, steps: tuple[int, int]
) -> None:
    data = tiff(planes((160, 160), steps), steps, planar=planar, kept=0.5)
    with pytest.raises(PhotoError, match="cut off"):
        read(tmp_path, data)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda codes: [plane.astype(np.uint16) for plane in codes], "16 bits"),
        (lambda codes: [*codes, codes[0]], "extra channels"),
    ],
)
def test_other_planes_are_refused_as_what_they_are(tmp_path: Path, change: Any, words: str) -> None:
    data = tiff(change(planes((128, 128), (2, 2))), (2, 2))
    with pytest.raises(PhotoError, match=words) as caught:
        read(tmp_path, data)
    assert "cut off" not in str(caught.value)
    assert "damaged" not in str(caught.value)


@pytest.mark.parametrize("steps", [(3, 1), (0, 2), (2,)])
def test_steps_that_there_are_not_are_damage(tmp_path: Path, steps: tuple[int, ...]) -> None:
    data = tiff(planes((16, 16), (1, 1)), (1, 1), more={530: ifd.shorts("<", *steps)})
    with pytest.raises(PhotoError, match="damaged tags"):
        read(tmp_path, data)


def test_without_the_tag_all_samples_may_be_there(tmp_path: Path) -> None:
    codes = planes((64, 64), (1, 1))
    data = bytearray(tiff(codes, (1, 1)))
    at = data.rindex((530).to_bytes(2, "little"))
    data[at : at + 2] = (65000).to_bytes(2, "little")
    assert off_by(read(tmp_path, bytes(data)), expected(codes, (1, 1))) <= 1

"""Containers of depth maps: PNG, TIFF, NPY and PFM, one reader and one writer each.

Our own PNG is 16-bit grey with a text chunk ``defocus:disparity``, a JSON object that says what
the codes mean: disparity = low + code / 65535 · (high − low), its kind and its source.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from defocus.errors import DepthError, TooLargeError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from defocus.disparity import Disparity, Kind

MAX_PIXELS = 300_000_000

_CHUNK_KEY = "defocus:disparity"
_CODES = 65535


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the codes of a map stand for, as our own PNG says it."""

    low: float
    high: float
    kind: Kind
    source: str


Values = tuple["NDArray[Any]", Meaning | None]


def check_size(width: int, height: int) -> None:
    """Refuse a map before it is decoded. Raises DepthError, TooLargeError."""
    if width < 1 or height < 1:
        raise DepthError(f"the depth map is empty: {width}×{height}")
    if width * height > MAX_PIXELS:
        raise TooLargeError(
            f"a depth map of {width}×{height} is larger than {MAX_PIXELS / 1e6:.0f} MP"
        )


def read_png(path: Path) -> Values:
    """H×W uint8 or uint16; of a coloured file, only one whose channels agree."""
    from PIL.PngImagePlugin import PngImageFile

    with path.open("rb") as file:
        image = PngImageFile(file)  # not Image.open: its warning has a limit of its own
        check_size(*image.size)
        meaning = _parse_meaning(image.info.get(_CHUNK_KEY))
        if image.mode.startswith("I"):
            return np.asarray(image).astype(np.uint16), meaning
        channels = np.asarray(image.convert("RGB"))
    if (channels != channels[..., :1]).any():
        raise DepthError(f"{path} is a coloured picture, not a depth map: save the map as grey")
    return channels[..., 0], meaning


def write_png(disparity: Disparity, target: BinaryIO) -> None:
    """16-bit grey, exact to 1/65535 of the map's range."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    values = disparity.values.astype(np.float64)
    low, high = float(values.min()), float(values.max())
    span = high - low or 1.0
    codes = np.rint((values - low) * (_CODES / span)).astype(np.uint16)
    text = {"low": low, "high": high, "kind": disparity.kind, "source": disparity.source}
    info = PngInfo()
    info.add_itxt(_CHUNK_KEY, json.dumps(text))
    Image.fromarray(codes).save(target, "PNG", pnginfo=info)


def _parse_meaning(text: object) -> Meaning | None:
    if text is None:
        return None
    try:
        data = json.loads(str(text))
        low, high = float(data["low"]), float(data["high"])
        kind, source = data["kind"], str(data["source"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise DepthError(f"its text chunk {_CHUNK_KEY} is damaged") from None
    if not (math.isfinite(low) and math.isfinite(high)) or kind not in ("relative", "metric"):
        raise DepthError(f"its text chunk {_CHUNK_KEY} makes no sense: {str(text)[:100]}")
    return Meaning(low, high, kind, source)


def read_tiff(path: Path) -> Values:
    """The first page, integers or floats."""
    import tifffile

    with tifffile.TiffFile(path) as tiff:
        page = tiff.pages[0]
        if len(page.shape) < 2:
            raise DepthError(f"its first page is no picture but {page.shape}")
        check_size(page.shape[1], page.shape[0])
        return np.asarray(page.asarray()), None


def write_tiff(disparity: Disparity, target: BinaryIO) -> None:
    """float32."""
    import tifffile

    tifffile.imwrite(target, disparity.values, compression="zlib", metadata=None)


def read_npy(path: Path) -> Values:
    """An array of numbers; pickled objects are refused."""
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    if array.ndim >= 2:
        check_size(array.shape[1], array.shape[0])
    return np.array(array), None


def write_npy(disparity: Disparity, target: BinaryIO) -> None:
    """float32."""
    np.save(target, disparity.values, allow_pickle=False)


def read_pfm(path: Path) -> Values:
    """Portable float map (Debevec): rows from the bottom; a negative scale is little-endian."""
    with path.open("rb") as file:
        magic = file.readline(16).strip()
        if magic != b"Pf":
            raise DepthError("it is not a grey PFM: its first line should be 'Pf'")
        size, scale = file.readline(64).split(), float(file.readline(64))
        width, height = (int(number) for number in size)
        check_size(width, height)
        data = file.read(4 * width * height)
    values = np.frombuffer(data, "<f4" if scale < 0 else ">f4").reshape(height, width)
    return values[::-1].astype(np.float32), None


def write_pfm(disparity: Disparity, target: BinaryIO) -> None:
    """float32, little-endian."""
    width, height = disparity.size_wh
    header = f"Pf\n{width} {height}\n-1.0\n".encode()
    target.write(header + disparity.values[::-1].astype("<f4").tobytes())


@dataclass(frozen=True, slots=True)
class Container:
    """How one kind of file is read and written."""

    read: Callable[[Path], Values]
    write: Callable[[Disparity, BinaryIO], None]


_TIFF = Container(read_tiff, write_tiff)
CONTAINERS: dict[str, Container] = {
    ".png": Container(read_png, write_png),
    ".tif": _TIFF,
    ".tiff": _TIFF,
    ".npy": Container(read_npy, write_npy),
    ".pfm": Container(read_pfm, write_pfm),
}

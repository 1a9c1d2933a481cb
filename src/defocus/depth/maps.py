"""Containers of depth maps, one reader each, and a writer where one is worth having.

PNG, TIFF, NPY, NPZ and PFM hold exact values; JPEG and WebP, which phones and web pages deal in,
hold a grey picture of them. A map is refused by the size that its header claims, before anything
is unpacked.

Our own PNG is 16-bit grey with a text chunk ``defocus:disparity``, a JSON object that says what
the codes mean: disparity = low + code / 65535 · (high − low), its kind and its source.
"""

from __future__ import annotations

import json
import math
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from defocus.errors import DepthError, PhotoError, TooLargeError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from defocus.disparity import Disparity, Kind

MAX_PIXELS = 300_000_000

_CHUNK_KEY = "defocus:disparity"
_CODES = 65535
_GREY = 0  # PNG's colour type
_MAX_CHANNELS = 4
_LOSSY_SPREAD = 24  # by which the channels of a grey picture may differ after JPEG or WebP
_ARRAY_NAMES = ("disparity", "depth", "arr_0")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the codes of a map stand for, as our own PNG says it."""

    low: float
    high: float
    kind: Kind
    source: str


@dataclass(frozen=True, slots=True)
class Values:
    """What a file holds.

    Attributes:
        array: H×W or H×W×C, any dtype.
        meaning: of its codes, or None.
        exact: False for a picture that was compressed with losses.
    """

    array: NDArray[Any]
    meaning: Meaning | None = None
    exact: bool = True


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Refuse a map before it is decoded. Raises DepthError, TooLargeError."""
    if width < 1 or height < 1:
        raise DepthError(f"the depth map is empty: {width}×{height}")
    if width * height > max_pixels:
        raise TooLargeError(
            f"a depth map of {width}×{height} is larger than the {max_pixels / 1e6:.0f} MP that "
            "this photo allows: scale it down"
        )


def read_png(path: Path, max_pixels: int) -> Values:
    """uint8 or uint16, all its levels."""
    from PIL.PngImagePlugin import PngImageFile

    with path.open("rb") as file:
        header = file.read(26)
        file.seek(0)
        image = PngImageFile(file)  # not Image.open: its warning has a limit of its own
        check_size(*image.size, max_pixels)
        meaning = _parse_meaning(image.info.get(_CHUNK_KEY))
        bits, colour_type = header[24:26]
        if bits == 16 and colour_type != _GREY:  # which Pillow cuts to 8 bits
            return Values(_picture(path, max_pixels), meaning)
        if image.mode.startswith("I"):
            return Values(np.asarray(image).astype(np.uint16), meaning)
        return Values(np.asarray(image.convert("RGB")), meaning)


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


def read_tiff(path: Path, max_pixels: int) -> Values:
    """Integers or floats of the page that is the picture, as stored."""
    from defocus.formats import tiff_layout, tiff_pages, tiff_segments, tiff_tags

    data = path.read_bytes()
    try:
        page = tiff_pages.find(data).picture
        check_size(page.number(tiff_tags.WIDTH, 0), page.number(tiff_tags.LENGTH, 0), max_pixels)
        found = tiff_layout.layout(page)
        compression = page.number(tiff_tags.COMPRESSION, tiff_tags.NO_COMPRESSION)
        photometric = page.number(tiff_tags.PHOTOMETRIC, tiff_tags.BLACK_IS_ZERO)
        if compression not in tiff_layout.COMPRESSIONS or photometric == tiff_tags.PALETTE:
            return Values(_picture(path, max_pixels), exact=False)
        if found.samples > _MAX_CHANNELS:
            raise DepthError(f"it holds {found.samples} channels: save one grey channel")
        tiff_layout.check(found, compression, len(data))
        array = tiff_segments.samples(data, page, found, found.samples)
    except PhotoError as error:
        raise _as_map_error(error, path) from None
    if photometric == tiff_tags.WHITE_IS_ZERO and array.dtype.kind == "u":
        array = array.dtype.type((1 << found.bits) - 1) - array
    return Values(array)


def write_tiff(disparity: Disparity, target: BinaryIO) -> None:
    """float32."""
    from defocus.formats.tiff import write_numbers

    write_numbers(target, disparity.values)


def read_npy(path: Path, max_pixels: int) -> Values:
    """An array of numbers; pickled objects are refused."""
    with path.open("rb") as file:
        return Values(_read_array(file, max_pixels, path.stat().st_size))


def read_npz(path: Path, max_pixels: int) -> Values:
    """The array ``disparity``, ``depth`` or ``arr_0``, or the only one."""
    with zipfile.ZipFile(path) as archive:
        names = [info.filename.removesuffix(".npy") for info in archive.infolist()]
        chosen = next((name for name in _ARRAY_NAMES if name in names), None)
        if chosen is None and len(names) == 1:
            chosen = names[0]
        if chosen is None:
            found = ", ".join(names[:5])[:100] or "nothing"
            raise DepthError(f"it holds {found}: call the map 'disparity' or 'depth'")
        entry = next(i for i in archive.infolist() if i.filename.removesuffix(".npy") == chosen)
        with archive.open(entry) as file:
            return Values(_read_array(file, max_pixels, entry.file_size))


def _read_array(file: Any, max_pixels: int, held: int) -> NDArray[Any]:
    """An array in NumPy's format, of ``held`` bytes with its header."""
    form = np.lib.format
    version = form.read_magic(file)
    read_header = form.read_array_header_1_0 if version == (1, 0) else form.read_array_header_2_0
    shape, by_columns, dtype = read_header(file)
    if dtype.hasobject:
        raise DepthError("it holds Python objects, which are not loaded: save numbers")
    while len(shape) > 2 and shape[0] == 1:  # a batch of one, as networks give it
        shape = shape[1:]
    if dtype.kind not in "uif" or not 2 <= len(shape) <= 3 or 0 in shape:
        _refuse(shape, dtype)
    if len(shape) == 3 and shape[2] > _MAX_CHANNELS:
        _refuse(shape, dtype)
    check_size(shape[1], shape[0], max_pixels)
    size = math.prod(shape) * dtype.itemsize
    if size > held:
        raise DepthError(f"it is cut off: {size:,} bytes of numbers should be in {held:,}")
    values = np.frombuffer(file.read(size), dtype)
    return values.reshape(shape, order="F" if by_columns else "C")


def _refuse(shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    if 0 in shape:
        raise DepthError(f"the depth map is empty: {shape}")
    raise DepthError(f"it should hold H×W numbers, it holds {shape} {dtype}")


def write_npy(disparity: Disparity, target: BinaryIO) -> None:
    """float32."""
    np.save(target, disparity.values, allow_pickle=False)


def read_pfm(path: Path, max_pixels: int) -> Values:
    """Portable float map (Debevec): rows from the bottom; a negative scale is little-endian."""
    with path.open("rb") as file:
        magic = file.readline(16).strip()
        if magic not in (b"Pf", b"PF"):
            raise DepthError("it is no PFM: its first line should be 'Pf'")
        size, scale = file.readline(64).split(), float(file.readline(64))
        width, height = (int(number) for number in size)
        check_size(width, height, max_pixels)
        channels = 3 if magic == b"PF" else 1
        wanted = 4 * width * height * channels
        if path.stat().st_size < wanted:
            raise DepthError(f"it is cut off: {width}×{height} numbers do not fit into it")
        data = file.read(wanted)
    values = np.frombuffer(data, "<f4" if scale < 0 else ">f4").reshape(height, width, channels)
    return Values(values[::-1].astype(np.float32))


def write_pfm(disparity: Disparity, target: BinaryIO) -> None:
    """float32, little-endian."""
    width, height = disparity.size_wh
    header = f"Pf\n{width} {height}\n-1.0\n".encode()
    target.write(header + disparity.values[::-1].astype("<f4").tobytes())


def read_lossy(path: Path, max_pixels: int) -> Values:
    """A picture of the map, upright."""
    return Values(_picture(path, max_pixels), exact=False)


def _picture(path: Path, max_pixels: int) -> NDArray[Any]:
    """H×W×3 uint8 or uint16, decoded as a photo is."""
    from defocus.formats.reading import read_photo

    try:
        return read_photo(path, max_pixels=max_pixels).pixels
    except PhotoError as error:
        raise _as_map_error(error, path) from None


def _as_map_error(error: PhotoError, path: Path) -> Exception:
    text = str(error).removeprefix(f"{path}: ")
    return TooLargeError(text) if isinstance(error, TooLargeError) else DepthError(text)


def one_channel(values: Values) -> NDArray[Any]:
    """H×W of a map; of a coloured file, only one whose channels agree. Raises DepthError."""
    array = values.array
    if array.ndim == 3 and array.shape[2] in (1, 2):  # grey, perhaps with alpha
        array = array[..., 0]
    if array.ndim == 3 and array.shape[2] <= _MAX_CHANNELS:
        colours = array[..., :3]
        if values.exact:
            is_grey = all((colours[..., c] == colours[..., 0]).all() for c in (1, 2))
            array = colours[..., 0]
        else:
            spread = colours.max(axis=2) - colours.min(axis=2)
            is_grey = int(spread.max()) <= _LOSSY_SPREAD * (257 if array.dtype == np.uint16 else 1)
            array = colours[..., 1]  # green carries most of what JPEG keeps of grey
        if not is_grey:
            raise DepthError("it is a coloured picture, not a depth map: save the map as grey")
    if array.ndim != 2 or array.dtype.kind not in "uif":
        _refuse(array.shape, array.dtype)
    return array


@dataclass(frozen=True, slots=True)
class Container:
    """How one kind of file is read, by path and the most pixels, and written."""

    read: Callable[[Path, int], Values]
    write: Callable[[Disparity, BinaryIO], None] | None = None


_TIFF = Container(read_tiff, write_tiff)
_LOSSY = Container(read_lossy)
CONTAINERS: dict[str, Container] = {
    ".png": Container(read_png, write_png),
    ".tif": _TIFF,
    ".tiff": _TIFF,
    ".npy": Container(read_npy, write_npy),
    ".npz": Container(read_npz),
    ".pfm": Container(read_pfm, write_pfm),
    ".jpg": _LOSSY,
    ".jpeg": _LOSSY,
    ".webp": _LOSSY,
}
WRITABLE = tuple(suffix for suffix, container in CONTAINERS.items() if container.write)

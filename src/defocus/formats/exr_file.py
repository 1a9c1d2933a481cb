"""OpenEXR files: headers of all, channels of scan lines uncompressed or in ZIP, in and out.

By the file layout of openexr.com/en/latest/OpenEXRFileLayout.html. Nothing of it knows a photo.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus.errors import PhotoError, TooLargeError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

MAGIC = b"\x76\x2f\x31\x01"
_KINDS: dict[int, np.dtype[Any]] = {0: np.dtype("<u4"), 1: np.dtype("<f2"), 2: np.dtype("<f4")}
_NONE, _ZIPS, _ZIP = 0, 2, 3
_LINES = {_NONE: 1, _ZIPS: 1, _ZIP: 16}
# Bits of the version field, and what a part says that it is.
TILED, _DEEP, _SEVERAL = 0x200, 0x800, 0x1000
_MOST_PARTS = 4096
LINES, TILES = "scanlineimage", "tiledimage"
DAMAGED = "the OpenEXR is damaged or cut off: copy it again"
_MOST_BLOCK_BYTES = 1 << 28
_SIDE_PX = 1 << 24  # more is damage
_LEVEL = 4  # of zlib, as OpenEXR's own writer has it


@dataclass(frozen=True, slots=True)
class Layout:
    """What the header of a part says.

    Attributes:
        size_wh: of the data window, the pixels that are stored.
        at: left and top of that in the display window, the picture.
        display_wh: size of the display window.
        channels: name → type, in the order of the file.
        is_coarse: one has fewer samples than there are pixels.
        compression: its code.
        kind: ``LINES``, ``TILES``, or one of deep pixels.
        name: of the part, "" if the file has but one.
        number: which of several parts it is, or None if the file has but one.
        header: from where to where it goes, without the zero behind it.
        colours: x and y of red, green, blue and white, or None for those of Rec. 709.
        chunks: how many blocks of pixels there are.
        table: where it is said where these are.
    """

    size_wh: tuple[int, int]
    at: tuple[int, int]
    display_wh: tuple[int, int]
    channels: Mapping[str, np.dtype[Any]]
    is_coarse: bool
    compression: int
    kind: str
    name: str
    number: int | None
    header: tuple[int, int]
    colours: tuple[float, ...] | None
    chunks: int
    table: int = 0

    @property
    def needs_library(self) -> bool:
        """Is it beyond what :func:`read` reads?"""
        return self.kind != LINES or self.compression not in _LINES


def layouts(data: Any) -> list[Layout]:
    """Read the headers of all parts, deep ones too. Raises PhotoError."""
    try:
        return _layouts(data)
    except (struct.error, ValueError, KeyError, IndexError):
        raise PhotoError(DAMAGED) from None


def _layouts(data: Any) -> list[Layout]:
    (flags,) = struct.unpack_from("<I", data, 4)
    if flags & 0xFF != 2:
        raise PhotoError(f"an OpenEXR of version {flags & 0xFF} is not read: save it anew")
    if not flags & _SEVERAL:
        found, end = _attributes(data, 8)
        kind = "deep" if flags & _DEEP else TILES if flags & TILED else LINES
        return [_layout(found, None, (8, end), kind, table=end + 1)]
    parts: list[Layout] = []
    at = 8
    while data[at : at + 1] != b"\0":
        if len(parts) == _MOST_PARTS:
            raise ValueError(_MOST_PARTS)
        found, end = _attributes(data, at)
        kind = found["type"].decode("utf-8", "replace")
        parts.append(_layout(found, len(parts), (at, end), kind, table=0))
        at = end + 1
    tables = np.cumsum([at + 1, *(8 * part.chunks for part in parts)]).tolist()
    return [replace(part, table=table) for part, table in zip(parts, tables, strict=False)]


def _attributes(data: Any, at: int) -> tuple[dict[str, bytes], int]:
    """Name → value, and where the zero behind the last one stands."""
    found: dict[str, bytes] = {}
    while data[at : at + 1] != b"\0":
        name, at = _text(data, at)
        _, at = _text(data, at)
        (size,) = struct.unpack_from("<i", data, at)
        if size < 0:
            raise ValueError(size)
        found[name] = bytes(data[at + 4 : at + 4 + size])
        at += 4 + size
    return found, at


def _layout(
    found: Mapping[str, bytes], number: int | None, header: tuple[int, int], kind: str, table: int
) -> Layout:
    (left, top), size_wh = _window(found["dataWindow"])
    (x, y), display_wh = _window(found.get("displayWindow", found["dataWindow"]))
    channels, coarse = _channels(found["channels"])
    compression = found["compression"][0]
    if number is None:
        chunks = -(-size_wh[1] // _LINES.get(compression, 1))
    else:
        (chunks,) = struct.unpack("<I", found["chunkCount"])
    colours = found.get("chromaticities")
    return Layout(
        size_wh,
        (left - x, top - y),
        display_wh,
        channels,
        coarse,
        compression,
        kind,
        found.get("name", b"").decode("utf-8", "replace"),
        number,
        header,
        None if colours is None else struct.unpack("<8f", colours),
        chunks,
        table,
    )


def _window(box: bytes) -> tuple[tuple[int, int], tuple[int, int]]:
    """Left and top, and the size, of a box that names its last pixels."""
    left, top, right, bottom = struct.unpack("<4i", box)
    size = right - left + 1, bottom - top + 1
    if not all(0 < side <= _SIDE_PX for side in size):
        raise ValueError("size")
    return (left, top), size


def _text(data: Any, at: int) -> tuple[str, int]:
    end = bytes(data[at : at + 256]).index(0) + at
    return bytes(data[at:end]).decode("utf-8", "replace"), end + 1


def _channels(listed: bytes) -> tuple[dict[str, np.dtype[Any]], bool]:
    """Name → type, and whether one has fewer samples than there are pixels."""
    channels: dict[str, np.dtype[Any]] = {}
    coarse = False
    at = 0
    while listed[at] != 0:
        name, at = _text(listed, at)
        kind, _, across, down = struct.unpack_from("<iIii", listed, at)
        coarse |= (across, down) != (1, 1)
        channels[name] = _KINDS[kind]
        at += 16
    return channels, coarse


def read(data: bytes, head: Layout, wanted: Collection[str]) -> dict[str, NDArray[Any]]:
    """Channels of a part in scan lines, H×W each.

    Raises:
        PhotoError: damaged or cut off.
        TooLargeError: a few lines of all channels take more than any picture's would.
    """
    width, height = head.size_wh
    lines = _LINES[head.compression]
    blocks = -(-height // lines)
    row = width * sum(kind.itemsize for kind in head.channels.values())
    # Deflate makes at most 1032 of one byte.
    if row * height > 1032 * len(data):
        raise PhotoError("the OpenEXR is cut off: copy it again from where it came")
    if row * lines > _MOST_BLOCK_BYTES:
        raise TooLargeError(f"{len(head.channels)} channels of {width} pixels: save fewer of them")
    planes = {
        name: np.empty((height, width), kind)
        for name, kind in head.channels.items()
        if name in wanted
    }
    # A block begins with the number of its part, if there are several, and its first line.
    before = 4 if head.number is None else 8
    try:
        starts = struct.unpack_from(f"<{blocks}Q", data, head.table)
        for block, start in enumerate(starts):
            first = block * lines
            count = min(lines, height - first)
            (size,) = struct.unpack_from("<i", data, start + before)
            packed = data[start + before + 4 : start + before + 4 + size]
            if len(packed) != size:
                raise ValueError(size)
            plain = _unpacked(packed, count * row, head.compression)
            _spread(plain, head, planes, slice(first, first + count))
    except (struct.error, ValueError, zlib.error):
        raise PhotoError(DAMAGED) from None
    return planes


def _spread(plain: bytes, head: Layout, planes: dict[str, NDArray[Any]], rows: slice) -> None:
    held = np.frombuffer(plain, np.uint8).reshape(rows.stop - rows.start, -1)
    at = 0
    for name, kind in head.channels.items():
        size = head.size_wh[0] * kind.itemsize
        if name in planes:
            planes[name][rows] = np.ascontiguousarray(held[:, at : at + size]).view(kind)
        at += size


def _unpacked(packed: bytes, size: int, compression: int) -> bytes:
    if compression == _NONE or len(packed) == size:
        return packed
    engine = zlib.decompressobj()
    mixed = np.frombuffer(engine.decompress(packed, size), np.uint8)
    if len(mixed) != size:
        raise ValueError("size")
    # Undo the predictor, then put the two halves back between each other.
    sums = np.cumsum(np.concatenate([mixed[:1], mixed[1:] - np.uint8(128)]), dtype=np.uint8)
    plain = np.empty(size, np.uint8)
    plain[::2], plain[1::2] = sums[: (size + 1) // 2], sums[(size + 1) // 2 :]
    return plain.tobytes()


def encode(planes: Mapping[str, NDArray[Any]], attributes: Mapping[str, str]) -> bytes:
    """A file with ZIP blocks.

    Args:
        planes: name → H×W float16 or float32; a dot makes layers of names.
        attributes: texts in the header.
    """
    ordered = {name: planes[name] for name in sorted(planes)}
    height, width = next(iter(ordered.values())).shape
    head = _header(ordered, (width, height), attributes)
    lines = _LINES[_ZIP]
    blocks = []
    for first in range(0, height, lines):
        rows = [plane[first : first + lines] for plane in ordered.values()]
        as_bytes = [np.ascontiguousarray(part).view(np.uint8) for part in rows]
        plain = np.ascontiguousarray(np.concatenate(as_bytes, axis=1)).reshape(-1)
        packed = _packed(plain)
        blocks.append(struct.pack("<ii", first, len(packed)) + packed)
    start = len(head) + 8 * len(blocks)
    starts = start + np.cumsum([0, *(len(block) for block in blocks[:-1])])
    return b"".join([head, struct.pack(f"<{len(blocks)}Q", *starts.tolist()), *blocks])


def _packed(plain: NDArray[np.uint8]) -> bytes:
    halves = np.concatenate([plain[::2], plain[1::2]])
    halves[1:] -= halves[:-1].copy() - np.uint8(128)
    packed = zlib.compress(halves.tobytes(), _LEVEL)
    return packed if len(packed) < plain.size else plain.tobytes()


def _header(
    planes: Mapping[str, NDArray[Any]], size_wh: tuple[int, int], attributes: Mapping[str, str]
) -> bytes:
    codes = {kind: code for code, kind in _KINDS.items()}
    listed = b"".join(
        name.encode("ascii") + b"\0" + struct.pack("<iIii", codes[plane.dtype], 0, 1, 1)
        for name, plane in planes.items()
    )
    window = struct.pack("<4i", 0, 0, size_wh[0] - 1, size_wh[1] - 1)
    fields = [
        ("channels", "chlist", listed + b"\0"),
        ("compression", "compression", bytes([_ZIP])),
        ("dataWindow", "box2i", window),
        ("displayWindow", "box2i", window),
        ("lineOrder", "lineOrder", b"\0"),
        ("pixelAspectRatio", "float", struct.pack("<f", 1)),
        ("screenWindowCenter", "v2f", struct.pack("<2f", 0, 0)),
        ("screenWindowWidth", "float", struct.pack("<f", 1)),
        *((name, "string", text.encode()) for name, text in attributes.items()),
    ]
    encoded = (
        f"{name}\0{kind}\0".encode("ascii") + struct.pack("<i", len(value)) + value
        for name, kind, value in fields
    )
    return MAGIC + struct.pack("<I", 2) + b"".join(encoded) + b"\0"

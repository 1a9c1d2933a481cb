"""OpenEXR files of one part in scan lines, uncompressed or ZIP: channels by name, in and out.

By the file layout of openexr.com/en/latest/OpenEXRFileLayout.html. Nothing of it knows a photo.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus.errors import PhotoError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

MAGIC = b"\x76\x2f\x31\x01"
_KINDS: dict[int, np.dtype[Any]] = {0: np.dtype("<u4"), 1: np.dtype("<f2"), 2: np.dtype("<f4")}
_NONE, _ZIPS, _ZIP = 0, 2, 3
_LINES = {_NONE: 1, _ZIPS: 1, _ZIP: 16}
_TILED_DEEP_OR_PARTS = 0x200 | 0x800 | 0x1000
_SIDE_PX = 1 << 24  # more is damage
_LEVEL = 4  # of zlib, as OpenEXR's own writer has it


@dataclass(frozen=True, slots=True)
class Layout:
    """What a header says.

    Attributes:
        size_wh: of the data window.
        channels: name → type, in the order of the file.
        compression: its code.
        end: where the header ends.
    """

    size_wh: tuple[int, int]
    channels: Mapping[str, np.dtype[Any]] = field(default_factory=dict)
    compression: int = _ZIP
    end: int = 0


def layout(data: Any) -> Layout:
    """Read a header. Raises PhotoError."""
    try:
        return _layout(data)
    except (struct.error, ValueError, KeyError, IndexError):
        raise PhotoError("the OpenEXR is damaged or cut off: copy it again") from None


def _layout(data: Any) -> Layout:
    (flags,) = struct.unpack_from("<I", data, 4)
    if flags & 0xFF != 2 or flags & _TILED_DEEP_OR_PARTS:
        raise PhotoError("OpenEXR in tiles, parts or deep is not read: save one part in scan lines")
    found: dict[str, bytes] = {}
    at = 8
    while data[at : at + 1] != b"\0":
        name, at = _text(data, at)
        _, at = _text(data, at)
        (size,) = struct.unpack_from("<i", data, at)
        if size < 0:
            raise ValueError(size)
        found[name] = bytes(data[at + 4 : at + 4 + size])
        at += 4 + size
    left, top, right, bottom = struct.unpack("<4i", found["dataWindow"])
    width, height = right - left + 1, bottom - top + 1
    if not 0 < width <= _SIDE_PX or not 0 < height <= _SIDE_PX:
        raise ValueError("size")
    return Layout((width, height), _channels(found["channels"]), found["compression"][0], at + 1)


def _text(data: Any, at: int) -> tuple[str, int]:
    end = bytes(data[at : at + 256]).index(0) + at
    return bytes(data[at:end]).decode("latin-1"), end + 1


def _channels(listed: bytes) -> dict[str, np.dtype[Any]]:
    channels: dict[str, np.dtype[Any]] = {}
    at = 0
    while listed[at] != 0:
        name, at = _text(listed, at)
        kind, _, across, down = struct.unpack_from("<iIii", listed, at)
        if (across, down) != (1, 1):
            raise PhotoError("OpenEXR with subsampled channels is not read: save it as RGB")
        channels[name] = _KINDS[kind]
        at += 16
    return channels


def read(data: bytes) -> dict[str, NDArray[Any]]:
    """All channels, H×W each. Raises PhotoError."""
    head = layout(data)
    if head.compression not in _LINES:
        raise PhotoError("only uncompressed and ZIP OpenEXR is read: save it with ZIP")
    width, height = head.size_wh
    lines = _LINES[head.compression]
    blocks = -(-height // lines)
    row = width * sum(kind.itemsize for kind in head.channels.values())
    # Deflate makes at most 1032 of one byte.
    if row * height > 1032 * len(data):
        raise PhotoError("the OpenEXR is cut off: copy it again from where it came")
    planes = {name: np.empty((height, width), kind) for name, kind in head.channels.items()}
    try:
        starts = struct.unpack_from(f"<{blocks}Q", data, head.end)
        for block, start in enumerate(starts):
            first = block * lines
            count = min(lines, height - first)
            (size,) = struct.unpack_from("<i", data, start + 4)
            packed = data[start + 8 : start + 8 + size]
            if len(packed) != size:
                raise ValueError(size)
            plain = _unpacked(packed, count * row, head.compression)
            _spread(plain, planes, slice(first, first + count), row)
    except (struct.error, ValueError, zlib.error):
        raise PhotoError("the OpenEXR is damaged or cut off: copy it again") from None
    return planes


def _spread(plain: bytes, planes: dict[str, NDArray[Any]], rows: slice, row: int) -> None:
    held = np.frombuffer(plain, np.uint8).reshape(-1, row)
    at = 0
    for plane in planes.values():
        size = plane.shape[1] * plane.itemsize
        plane[rows] = np.ascontiguousarray(held[:, at : at + size]).view(plane.dtype)
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

"""EXIF, XMP and an ICC profile put into an AVIF file whose encoder takes pixels alone.

The file is one that libavif wrote: `meta` before `mdat`, `iloc` and `ipma` of version 0 with four
bytes an offset. Items and properties as in ISO 14496-12 §8.11 and ISO 23008-12 annex A; what is
added lies in an `mdat` of its own at the end.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from defocus.errors import PhotoError

if TYPE_CHECKING:
    from collections.abc import Iterator

_META_FLAGS = 4
_PLAIN_ILOC = b"\0\0\0\0\x44\0"  # version 0; offsets and lengths of 4 bytes, no base


def with_items(
    data: bytes, *, exif: bytes | None = None, xmp: bytes | None = None, icc: bytes | None = None
) -> bytes:
    """The same picture with its metadata.

    Args:
        data: the file.
        exif: a TIFF block, without a header before it.
        xmp: a packet.
        icc: a profile; it stands beside the code points that are there.

    Raises:
        PhotoError: the file is laid out in another way.
    """
    top = dict(_boxes(data, 0, len(data)))
    if set(top) != {b"ftyp", b"meta", b"mdat"}:
        raise PhotoError("the AVIF encoder writes in an unknown way: write PNG or TIFF instead")
    start, end = top[b"meta"]
    meta = {name: data[at:to] for name, (at, to) in _boxes(data, start + _META_FLAGS, end)}
    primary = meta[b"pitm"][4:6]
    if icc is not None:
        meta[b"iprp"] = _with_profile(meta[b"iprp"], primary, icc)
    items: list[tuple[bytes, bytes]] = []  # (entry after its number, content)
    if exif is not None:
        items.append((b"Exif\0", struct.pack(">L", 0) + exif))
    if xmp is not None:
        items.append((b"mime\0application/rdf+xml\0", xmp))
    if meta[b"iloc"][:6] != _PLAIN_ILOC:
        raise PhotoError("the AVIF encoder writes in an unknown way: write PNG or TIFF instead")
    (there,) = struct.unpack(">H", meta[b"iloc"][6:8])
    first = 1 + max(int.from_bytes(meta[b"iloc"][8 + 14 * k :][:2], "big") for k in range(there))
    entries = [
        _box(b"infe", struct.pack(">LHH", 0x02000000, first + k, 0) + entry)
        for k, (entry, _) in enumerate(items)
    ]
    links = [_box(b"cdsc", struct.pack(">HH", first + k, 1) + primary) for k in range(len(items))]
    meta[b"iinf"] = (
        meta[b"iinf"][:4] + struct.pack(">H", there + len(items)) + meta[b"iinf"][6:]
        + b"".join(entries)
    )  # fmt: skip
    if links:
        meta[b"iref"] = meta.get(b"iref", bytes(4)) + b"".join(links)

    def located(moved: int, added_at: int) -> bytes:
        """`iloc`, once it is known by how much the pictures move and where the rest lies."""
        table = b""
        for k in range(there):
            number, source, pieces, at, size = struct.unpack(
                ">HHHLL", meta[b"iloc"][8 + 14 * k : 22 + 14 * k]
            )
            table += struct.pack(">HHHLL", number, source, pieces, at + moved, size)
        for k, (_, content) in enumerate(items):
            table += struct.pack(">HHHLL", first + k, 0, 1, added_at, len(content))
            added_at += len(content)
        return _PLAIN_ILOC + struct.pack(">H", there + len(items)) + table

    def whole(table: bytes) -> bytes:
        inside = meta | {b"iloc": table}
        body = bytes(_META_FLAGS) + b"".join(_box(name, held) for name, held in inside.items())
        return data[: start - 8] + _box(b"meta", body) + data[end:]

    moved = len(whole(located(0, 0))) - len(data)
    picture = whole(located(moved, len(data) + moved + 8))
    return picture + (_box(b"mdat", b"".join(held for _, held in items)) if items else b"")


def _with_profile(properties: bytes, primary: bytes, icc: bytes) -> bytes:
    """`iprp` with one more property, which the main picture has."""
    inside = {name: properties[at:to] for name, (at, to) in _boxes(properties, 0, len(properties))}
    number = 1 + sum(1 for _ in _boxes(inside[b"ipco"], 0, len(inside[b"ipco"])))
    inside[b"ipco"] += _box(b"colr", b"prof" + icc)
    table = inside[b"ipma"]
    at = table.index(primary, 8) + 2
    count = table[at]
    behind = at + 1 + count
    inside[b"ipma"] = (
        table[:at] + bytes([count + 1]) + table[at + 1 : behind] + bytes([number]) + table[behind:]
    )
    return b"".join(_box(name, held) for name, held in inside.items())


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">L4s", 8 + len(body), name) + body


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """(type, (start, end) of the body), of one level."""
    while at + 8 <= end:
        size, name = struct.unpack_from(">L4s", data, at)
        if size < 8:
            return
        yield name, (at + 8, at + size)
        at += size

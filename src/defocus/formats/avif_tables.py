"""Tables of an AVIF's properties (`ipma`, ISO 23008-12 §9.3.1) that come in pieces, put together.

A file may hold one table of each version and flags. Some encoders write one for each picture, or
list a picture twice; libavif then refuses the file as if it were damaged, which it is not.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from defocus.formats import isobmff

if TYPE_CHECKING:
    from collections.abc import Iterable

_HEADER_BYTES, _FLAGS_BYTES, _COUNT_BYTES = 8, 4, 4
_MOST_LINKS = 255  # of a picture to properties: a byte counts them
_MAX_ITEMS = 20_000  # as many pictures as a file may have; tiles are such, too

_Links = dict[int, bytes]  # by the number of the picture, packed as they are stored


def joined(data: bytes) -> tuple[bytes, bool]:
    """The file with one table of a kind, each picture in it once; and whether it had more.

    Everything else stays where it is: the space that is left becomes a `free` box.
    """
    for name, body, after in isobmff.boxes(data, 0, len(data)):
        if name == b"iprp":
            inside = _level(data, body, after)
            plain = [data[at:end] for kind, at, end in inside if kind != b"ipma"]
            tables = [data[at + _HEADER_BYTES : end] for kind, at, end in inside if kind == b"ipma"]
            try:
                made = _tables(tables)
            except (struct.error, IndexError, ValueError):
                return data, False  # damaged: for the decoder to say
            # A box of 64-bit size has a longer header, and no encoder writes such a table.
            start = body - _HEADER_BYTES
            if made is None or data[start + 4 : body] != b"iprp":
                return data, False
            free = after - body - sum(map(len, [*plain, *made]))
            if free < _HEADER_BYTES:  # too little for a box: a table may end in what no one reads
                made[-1] = _box(b"ipma", made[-1][_HEADER_BYTES:] + bytes(free))
                free = 0
            whole = _box(b"iprp", b"".join([*plain, *made]))
            if free:
                whole += _box(b"free", bytes(free - _HEADER_BYTES))
            return data[:start] + whole + data[after:], True
    return data, False


def _tables(bodies: Iterable[bytes]) -> list[bytes] | None:
    """One box for each version and flags, pictures in order; None if the tables are so already.

    Raises:
        struct.error, IndexError, ValueError: they are cut off, or hold more than a table can.
    """
    by_kind: dict[bytes, _Links] = {}
    is_odd = False
    for body in bodies:
        kind = body[:_FLAGS_BYTES]
        is_odd = is_odd or kind in by_kind
        links = by_kind.setdefault(kind, {})
        for item, packed in _entries(body):
            is_odd = is_odd or item in links
            links[item] = links.get(item, b"") + packed
    if not is_odd:
        return None
    return [_box(b"ipma", _table(kind, links)) for kind, links in by_kind.items()]


def _entries(body: bytes) -> list[tuple[int, bytes]]:
    """(number of a picture, its links packed) as a table has them."""
    is_wide, size = bool(body[0]), _link_bytes(body)
    (count,) = struct.unpack_from(">L", body, _FLAGS_BYTES)
    if count > _MAX_ITEMS:
        raise ValueError(count)
    at = _FLAGS_BYTES + _COUNT_BYTES
    found = []
    for _ in range(count):
        (item,) = struct.unpack_from(">L" if is_wide else ">H", body, at)
        at += 4 if is_wide else 2
        end = at + 1 + body[at] * size
        if end > len(body):
            raise ValueError(end)
        found.append((item, body[at + 1 : end]))
        at = end
    return found


def _table(kind: bytes, links: _Links) -> bytes:
    size = _link_bytes(kind)
    out = [kind, struct.pack(">L", len(links))]
    for item, packed in sorted(links.items()):
        if len(packed) // size > _MOST_LINKS:
            raise ValueError(item)
        out.append(struct.pack(">L" if kind[0] else ">H", item))
        out.append(bytes([len(packed) // size]) + packed)
    return b"".join(out)


def _link_bytes(kind: bytes) -> int:
    """Bytes of a link to a property: two if the flags say so."""
    return 2 if kind[3] & 1 else 1


def _level(data: bytes, at: int, end: int) -> list[tuple[bytes, int, int]]:
    """(type, start with its header, end) of the boxes of one level."""
    found = []
    while at + _HEADER_BYTES <= end:
        size, name = struct.unpack_from(">L4s", data, at)
        if size < _HEADER_BYTES or at + size > end:
            break
        found.append((name, at, at + size))
        at += size
    return found


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">L4s", _HEADER_BYTES + len(body), name) + body

"""The boxes of HEIF and AVIF that are read before a decoder may (ISO 14496-12, 23008-12)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from defocus.errors import PhotoError
from defocus.formats.codec import Header

if TYPE_CHECKING:
    from collections.abc import Iterator

    from defocus.formats.codec import Content

# Boxes that lead to the item properties; `meta` has four bytes of version and flags first.
_CONTAINERS = {b"meta": 4, b"iprp": 0, b"ipco": 0}
_MAX_BOXES = 10_000


def _boxes(data: Content, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(type, start of the body, end) of every box, containers opened."""
    at = start
    for _ in range(_MAX_BOXES):
        if at + 8 > end:
            return
        size, name = struct.unpack_from(">L4s", data, at)
        body = at + 8
        if size == 1 and at + 16 <= end:
            (size,) = struct.unpack_from(">Q", data, body)
            body += 8
        after = end if size == 0 else min(at + size, end)
        if after <= at:
            return
        yield name, body, after
        if name in _CONTAINERS:
            yield from _boxes(data, body + _CONTAINERS[name], after)
        at = after


def claimed_sizes(data: Content) -> list[tuple[int, int]]:
    """(width, height) of every picture property (`ispe`), tiles and thumbnails among them."""
    return [
        struct.unpack_from(">LL", data, body + 4)
        for name, body, after in _boxes(data, 0, len(data))
        if name == b"ispe" and after - body >= 12
    ]


def code_points(data: Content) -> tuple[int, int] | None:
    """(primaries, transfer) of H.273, if all colour properties (`colr`, `nclx`) agree on them."""
    found = {
        struct.unpack_from(">HH", data, body + 4)
        for name, body, after in _boxes(data, 0, len(data))
        if name == b"colr" and data[body : body + 4] == b"nclx" and after - body >= 8
    }
    return found.pop() if len(found) == 1 else None


def bits_per_channel(data: Content) -> int:
    """The most bits that any picture property (`pixi`) names; 8 if there is none."""
    bits = [8]
    for name, body, after in _boxes(data, 0, len(data)):
        if name == b"pixi" and after - body > 5:
            bits.extend(data[body + 5 : min(after, body + 5 + data[body + 4])])
    return max(bits)


def peek(data: Content) -> Header:
    """The largest picture property, which is that of the whole picture."""
    sizes = claimed_sizes(data)
    if not sizes:
        raise PhotoError("the file names no size of its picture: copy it again")
    return Header(max(sizes, key=lambda size: size[0] * size[1]), bits_per_channel(data))

"""Photoshop image resources (JPEG APP13, TIFF tag 34377): IPTC captions, and a stale thumbnail."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

RESOLUTION, ICC, VERSION, EXIF, XMP = 0x03ED, 0x040F, 0x0421, 0x0422, 0x0424
_THUMBNAILS = (0x0409, 0x040C)
_CAPTIONS = (0x0404, 0x0425)  # IPTC records, and their digest


def without_thumbnail(resources: bytes) -> bytes | None:
    """The same resources without the embedded thumbnail, None if nothing is left.

    Damaged tails are cut off.
    """
    found = _each(resources)
    return (
        b"".join(resources[at:after] for kind, at, _, after in found if kind not in _THUMBNAILS)
        or None
    )


def resources(block: bytes) -> dict[int, bytes]:
    """The content of each resource by its number."""
    return {kind: body for kind, _, body, _ in _each(block)}


def captions(found: dict[int, bytes]) -> bytes | None:
    """Resources of IPTC captions alone, as JPEG and TIFF hold them."""
    return (
        b"".join(
            b"8BIM" + struct.pack(">HHL", kind, 0, len(body)) + body + b"\0" * (len(body) % 2)
            for kind, body in found.items()
            if kind in _CAPTIONS
        )
        or None
    )


def _each(resources: bytes) -> Iterator[tuple[int, int, bytes, int]]:
    """(number, offset, content, offset after it) of each resource; damage ends them."""
    at = 0
    while resources[at : at + 4] == b"8BIM" and at + 12 <= len(resources):
        (kind,) = struct.unpack_from(">H", resources, at + 4)
        name = 1 + resources[at + 6]
        start = at + 6 + name + name % 2
        if start + 4 > len(resources):
            return
        (size,) = struct.unpack_from(">L", resources, start)
        after = start + 4 + size + size % 2
        if start + 4 + size > len(resources):
            return
        yield kind, at, resources[start + 4 : start + 4 + size], after
        at = after

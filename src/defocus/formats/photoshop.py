"""Photoshop image resources (JPEG APP13, TIFF tag 34377): IPTC captions, and a stale thumbnail."""

from __future__ import annotations

import struct

_THUMBNAILS = (0x0409, 0x040C)


def without_thumbnail(resources: bytes) -> bytes | None:
    """The same resources without the embedded thumbnail, None if nothing is left.

    Damaged tails are cut off.
    """
    kept = []
    at = 0
    while resources[at : at + 4] == b"8BIM" and at + 12 <= len(resources):
        (kind,) = struct.unpack_from(">H", resources, at + 4)
        name = 1 + resources[at + 6]
        start = at + 6 + name + name % 2
        if start + 4 > len(resources):
            break
        (size,) = struct.unpack_from(">L", resources, start)
        after = start + 4 + size + size % 2
        if start + 4 + size > len(resources):
            break
        if kind not in _THUMBNAILS:
            kept.append(resources[at:after])
        at = after
    return b"".join(kept) or None

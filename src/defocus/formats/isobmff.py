"""The boxes of HEIF and AVIF that are read before a decoder may (ISO 14496-12, 23008-12)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from defocus.errors import PhotoError
from defocus.formats import cut_off
from defocus.formats.codec import Header
from defocus.transfer import HDR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from defocus.formats.codec import Content

# Boxes that lead to the item properties; `meta` has four bytes of version and flags first.
_CONTAINERS = {b"meta": 4, b"iprp": 0, b"ipco": 0, b"jp2h": 0, b"moov": 0}
# UUID boxes: Canon's with the metadata of a CR3 opens like a container, Adobe's holds XMP.
_CANON = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_MAX_BOXES = 10_000


def boxes(data: Content, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
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
            yield from boxes(data, body + _CONTAINERS[name], after)
        elif name == b"uuid" and data[body : body + 16] == _CANON:
            yield from boxes(data, body + 16, after)
        at = after


def claimed_sizes(data: Content) -> list[tuple[int, int]]:
    """(width, height) of every picture property (`ispe`), tiles and thumbnails among them."""
    return [
        struct.unpack_from(">LL", data, body + 4)
        for name, body, after in boxes(data, 0, len(data))
        if name == b"ispe" and after - body >= 12
    ]


def code_points(data: Content) -> tuple[int, int] | None:
    """(primaries, transfer) of H.273, if all colour properties (`colr`, `nclx`) agree on them."""
    found = {
        struct.unpack_from(">HH", data, body + 4)
        for name, body, after in boxes(data, 0, len(data))
        if name == b"colr" and data[body : body + 4] == b"nclx" and after - body >= 8
    }
    return found.pop() if len(found) == 1 else None


def is_sequence(data: Content) -> bool:
    """Whether the file holds a track of pictures (`moov`) beside or instead of a single one."""
    return any(name == b"moov" for name, _, _ in boxes(data, 0, len(data)))


def unkept(data: Content) -> list[str]:
    """What no library writes again of a file, for people: light levels (`mdcv`, `clli`)."""
    if any(name in (b"mdcv", b"clli") for name, _, _ in boxes(data, 0, len(data))):
        return ["the light levels of the screen it was made on are not carried over"]
    return []


def bits_per_channel(data: Content) -> int:
    """The most bits that any picture property (`pixi`) names; 8 if there is none."""
    bits = [8]
    for name, body, after in boxes(data, 0, len(data)):
        if name == b"pixi" and after - body > 5:
            bits.extend(data[body + 5 : min(after, body + 5 + data[body + 4])])
    return max(bits)


def peek(data: Content) -> Header:
    """The largest picture property, which is that of the whole picture."""
    sizes = claimed_sizes(data)
    if not sizes:
        raise PhotoError("the file names no size of its picture: copy it again")
    points = code_points(data)
    is_hdr = points is not None and points[1] in HDR
    return Header(max(sizes, key=lambda size: size[0] * size[1]), bits_per_channel(data), is_hdr)


def check_written(data: Content, what: str) -> None:
    """Refuse a file whose pictures (`mdat`) end in zeros. Raises PhotoError."""
    for name, body, after in boxes(data, 0, len(data)):
        if name == b"mdat":
            cut_off.check_written(data, body, after, what)


def exif(data: bytes) -> bytes | None:
    """The EXIF item (ISO 23008-12, annex A), or None if there is none or it is not all there."""
    found = _item(data, b"Exif")
    if found is None or len(found) < 4:
        return None
    return found[4 + int.from_bytes(found[:4], "big") :] or None


def xmp(data: bytes) -> bytes | None:
    """The packet in a UUID box of its own, as Adobe puts it (XMP specification part 3)."""
    for name, body, after in boxes(data, 0, len(data)):
        if name == b"uuid" and data[body : body + 16] == _XMP:
            return data[body + 16 : after]
    return None


def without_exif(data: bytes) -> bytes:
    """The same file in which the EXIF item is of a type that nobody reads."""
    hidden = bytearray(data)
    for name, body, after in boxes(data, 0, len(data)):
        if name == b"iinf":  # its entries (`infe`) name the type of every item
            hidden[body:after] = data[body:after].replace(b"Exif", b"skip")
    return bytes(hidden)


def _item(data: bytes, kind: bytes) -> bytes | None:
    """The content of the first item of a type (`iinf` and `iloc`, ISO 14496-12 §8.11)."""
    identifier: int | None = None
    places: tuple[int, int] | None = None
    stored = (0, 0)
    for name, body, after in boxes(data, 0, len(data)):
        if name == b"iinf" and identifier is None:
            identifier = _identifier(data, body, after, kind)
        elif name == b"iloc" and places is None:
            places = body, after
        elif name == b"idat":
            stored = body, after
    if identifier is None or places is None:
        return None
    try:
        pieces = _extents(data[places[0] : places[1]], identifier)
    except struct.error:
        return None
    out = []
    for inside, at, size in pieces:
        start, end = stored if inside else (0, len(data))
        size = size or end - start - at  # no length: to the end
        if at < 0 or size < 0 or start + at + size > end:
            return None
        out.append(data[start + at : start + at + size])
    return b"".join(out)


def _identifier(data: bytes, body: int, after: int, kind: bytes) -> int | None:
    """Of the first item of a type, by its entry in `iinf`."""
    start = body + (6 if data[body : body + 1] == b"\0" else 8)
    for name, entry, end in boxes(data, start, after):
        if name != b"infe" or end - entry < 12:
            continue
        wide = data[entry] >= 3
        if data[entry + (10 if wide else 8) :][:4] == kind:
            return int.from_bytes(data[entry + 4 : entry + (8 if wide else 6)], "big")
    return None


def _extents(box: bytes, wanted: int) -> list[tuple[bool, int, int]]:
    """(in `idat`?, offset, length) of the pieces of an item, by `iloc`."""
    version = box[0]
    offset_size, length_size, base_size, index_size = (
        box[4] >> 4,
        box[4] & 15,
        box[5] >> 4,
        box[5] & 15,
    )
    at = 6
    wide = version >= 2

    def number(size: int) -> int:
        nonlocal at
        at += size
        if at > len(box):
            raise struct.error
        return int.from_bytes(box[at - size : at], "big")

    for _ in range(number(4 if wide else 2)):
        identifier = number(4 if wide else 2)
        inside = version in (1, 2) and number(2) & 15 == 1
        number(2)
        base = number(base_size)
        pieces = []
        for _ in range(number(2)):
            number(index_size if version in (1, 2) else 0)
            offset = number(offset_size)
            pieces.append((inside, base + offset, number(length_size)))
        if identifier == wanted:
            return pieces
    return []

"""The boxes of HEIF and AVIF that are read before a decoder may (ISO 14496-12, 23008-12)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from defocus.errors import PhotoError
from defocus.formats import cut_off
from defocus.formats.codec import Header
from defocus.transfer import HDR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from defocus.formats.codec import Content

# Boxes that lead to the item properties; `meta` has four bytes of version and flags first.
_CONTAINERS = {b"meta": 4, b"iprp": 0, b"ipco": 0, b"jp2h": 0, b"moov": 0}
# UUID boxes: Canon's with the metadata of a CR3 opens like a container, Adobe's holds XMP.
_CANON = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
# The type of an item, and a brand, of ISO 21496-1.
_TONE_MAP = b"tmap"
_MAX_BOXES = 10_000
_MAX_ITEMS = 20_000  # tiles of the largest pictures are some thousands
_MAX_EXTENTS = 50_000  # of all items; the largest grids have some thousands


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
    """What the primary picture's property (`pixi`) names, or, if it has none, the most that any
    does; 8 if there is none at all. A gain map, a mask or a finer version may have more."""
    own = _bits(data, primary_properties(data))
    return max(own or _bits(data, boxes(data, 0, len(data))), default=8)


def _bits(data: Content, properties: Iterable[tuple[bytes, int, int]]) -> list[int]:
    bits: list[int] = []
    for name, body, after in properties:
        if name == b"pixi" and after - body > 5:
            bits.extend(data[body + 5 : min(after, body + 5 + data[body + 4])])
    return bits


def primary_properties(data: Content) -> list[tuple[bytes, int, int]]:
    """Name and place of each property of the picture that is to be shown; empty if unknown."""
    found: dict[bytes, tuple[int, int]] = {}
    tables: list[tuple[int, int]] = []
    for name, body, after in boxes(data, 0, len(data)):
        found.setdefault(name, (body, after))
        if name == b"ipma":  # several may be there, of different kinds
            tables.append((body, after))
    if not {b"pitm", b"ipma", b"ipco"} <= found.keys():
        return []
    start, end = found[b"pitm"]
    primary = int.from_bytes(data[start + 4 : end], "big")
    properties = list(boxes(data, *found[b"ipco"]))
    try:
        numbers = [n for table in tables for n in _properties_of(data, *table, primary)]
        return [properties[number - 1] for number in numbers if number]
    except (struct.error, IndexError):
        return []


def _properties_of(data: Content, at: int, end: int, item: int) -> Iterator[int]:
    """The numbers of an item's properties, from 1, by `ipma` (ISO 23008-12 §9.3.1)."""
    version, flags = data[at], data[at + 3]
    (count,) = struct.unpack_from(">L", data, at + 4)
    at += 8
    for _ in range(min(count, _MAX_ITEMS)):
        (number,) = struct.unpack_from(">L" if version else ">H", data, at)
        at += 4 if version else 2
        linked = data[at]
        wide = bool(flags & 1)
        if at + 1 + linked * (2 if wide else 1) > end:
            return
        if number == item:
            kind, mask = (">H", 0x7FFF) if wide else (">B", 0x7F)
            for place in range(linked):
                (entry,) = struct.unpack_from(kind, data, at + 1 + place * struct.calcsize(kind))
                yield entry & mask
        at += 1 + linked * (2 if wide else 1)


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


def picture_alone(data: bytes) -> bytes:
    """The same file in which EXIF and a gain map (`tmap`) are of a type that nobody reads.

    libavif refuses the picture for what is odd in them.
    """
    hidden = bytearray(data)
    for name, body, after in boxes(data, 0, len(data)):
        if name == b"iinf":  # its entries (`infe`) name the type of every item
            types = data[body:after].replace(b"Exif", b"skip").replace(_TONE_MAP, b"skip")
            hidden[body:after] = types
        elif name == b"ftyp":  # a brand promises the item
            hidden[body:after] = data[body:after].replace(_TONE_MAP, b"mif1")
    return bytes(hidden)


def has_gain_map(data: Content) -> bool:
    """Is there a gain map of ISO 21496-1 beside the picture?"""
    return any(
        kind == _TONE_MAP
        for name, body, after in boxes(data, 0, len(data))
        if name == b"iinf"
        for _, kind in _items(data, body, after)
    )


def primary_kind(data: Content) -> bytes:
    """The type of the item that is to be shown, b"" if it is unknown."""
    found: dict[bytes, tuple[int, int]] = {}
    for name, body, after in boxes(data, 0, len(data)):
        found.setdefault(name, (body, after))
    if not {b"pitm", b"iinf"} <= found.keys():
        return b""
    start, end = found[b"pitm"]
    primary = int.from_bytes(data[start + 4 : end], "big")
    return next((kind for item, kind in _items(data, *found[b"iinf"]) if item == primary), b"")


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


def _identifier(data: bytes, body: int, after: int, wanted: bytes) -> int | None:
    """Of the first item of a type, by its entry in `iinf`."""
    return next((item for item, kind in _items(data, body, after) if kind == wanted), None)


def _items(data: Content, body: int, after: int) -> Iterator[tuple[int, bytes]]:
    """Number and type of each item in `iinf`."""
    start = body + (6 if data[body : body + 1] == b"\0" else 8)
    for name, entry, end in boxes(data, start, after):
        if name == b"infe" and end - entry >= 12:
            size = 4 if data[entry] >= 3 else 2
            item = int.from_bytes(data[entry + 4 : entry + 4 + size], "big")
            yield item, data[entry + 6 + size :][:4]


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
    left = _MAX_EXTENTS
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
        count = number(2)
        left -= count + 1
        if left < 0:  # an extent may take no byte, so that a small box holds millions
            raise struct.error
        for _ in range(count):
            number(index_size if version in (1, 2) else 0)
            offset = number(offset_size)
            pieces.append((inside, base + offset, number(length_size)))
        if identifier == wanted:
            return pieces
    return []

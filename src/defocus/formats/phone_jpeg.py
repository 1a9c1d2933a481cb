"""Depth and mattes that phones hide in JPEG files: GDepth, Dynamic Depth, Apple's extra frames.

https://developer.android.com/media/camera/camera2/Dynamic-depth-v1.0.pdf; CIPA DC-007 (MPF).
"""

from __future__ import annotations

import contextlib
import struct
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from defocus.errors import DefocusError, PhotoError
from defocus.formats import apple_depth, gain_map, google_depth, xmp
from defocus.formats.jpeg_segments import JpegFile, take_apart
from defocus.photo import Embedded, GainMap

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.dom.minidom import Document

    from defocus.formats.budget import Budget

_DD = "http://ns.google.com/photos/dd/1.0/"
_DEPTH_MAP = (_DD + "depthmap/",)
_ITEM = (_DD + "item/", "http://ns.google.com/photos/1.0/container/item/")
_MAX_FRAMES = 32
# MPType (CIPA DC-007, table 4): what a picture after the first is; previews are no loss.
_KIND = 0xFFFFFF
_OTHER_VIEWS = {
    0x020001: "the other frames of a panorama",
    0x020002: "the second view of a stereo pair",
    0x020003: "the other views",
    0x030000: "another picture",
}
# For a picture that neither the index nor its own XMP calls anything.
_UNNAMED = 0x030000


@dataclass(slots=True)
class Phone:
    """What was found: layers as stored, the whole XMP packet, and notes for people."""

    embedded: Embedded = field(default_factory=Embedded)
    gain_map: GainMap | None = None
    xmp: bytes | None = None
    notes: list[str] = field(default_factory=list)


def read(found: JpegFile, data: bytes, budget: Budget) -> Phone:
    """Look everywhere a phone may have put depth; damage ends in a note, not in an error."""
    phone = Phone(xmp=found.xmp)
    document: Document | None = None
    with contextlib.suppress(xmp.BrokenXmpError):  # dropped, with a note, when it is cleaned
        document = _document(found)
    if document is not None and found.extended_xmp is not None:
        phone.xmp = xmp.serialise(document)
    for source in (_google, _dynamic_depth, _apple):
        with _noting(phone):
            source(phone, found, data, document, budget)
    return phone


def _document(found: JpegFile) -> Document | None:
    """Main and extended XMP as one document."""
    if found.xmp is None:
        return None
    document = xmp.parse(found.xmp)
    extended = found.extended_xmp
    if extended is not None:
        xmp.merge(document, xmp.parse(extended))
    return document


def _google(
    phone: Phone, found: JpegFile, data: bytes, document: Document | None, budget: Budget
) -> None:
    depth = google_depth.read(document, budget) if document is not None else None
    if depth is not None:
        phone.embedded = replace(
            phone.embedded,
            disparity=depth.disparity,
            focus_disparity=depth.focus_disparity,
            original=depth.original,
        )


def _dynamic_depth(
    phone: Phone, found: JpegFile, data: bytes, document: Document | None, budget: Budget
) -> None:
    if document is None or phone.embedded.disparity is not None:
        return
    maps = xmp.everywhere(document, _DEPTH_MAP, "DepthURI")
    if not maps:
        return
    items = xmp.everywhere(document, _ITEM, "Length") or []
    encoded = _appended(items, {"DataURI": maps[0]["DepthURI"]}, data, found.end)
    if encoded is None:
        raise PhotoError("the file that the depth map names is not there")
    values = google_depth.decode_map(encoded, budget)
    meaning = google_depth.parse_range(maps[0])
    disparity = meaning.disparity(values, "embedded (Dynamic Depth)")
    phone.embedded = replace(phone.embedded, disparity=disparity)


def _appended(
    items: list[dict[str, str]], sought: dict[str, str], data: bytes, end: int
) -> bytes | None:
    """The first with these properties of the files appended to the picture, if it is there."""
    at = end
    for item in items:
        length, padding = _count(item.get("Length")), _count(item.get("Padding"))
        if sought.items() <= item.items() and length > 0:
            return data[at : at + length]
        # The picture itself comes first and ends where its JPEG ends, whatever its Length says.
        at += padding + (length if at != end or item is not items[0] else 0)
    return None


def _count(text: str | None) -> int:
    text = (text or "0").strip()
    return int(text) if text.isdecimal() and len(text) < 12 else 0


def _apple(
    phone: Phone, found: JpegFile, data: bytes, document: Document | None, budget: Budget
) -> None:
    for kind, start, size in _frames(found):
        if data.startswith(b"\xff\xd8", start):
            with _noting(phone):
                _frame(phone, kind, data[start : start + size], budget, found.exif)
    known = phone.gain_map is not None or apple_depth.GAIN_MAP in phone.embedded.dropped
    if document is not None and not known and xmp.simple(document, gain_map.HDRGM):
        with _noting(phone):
            _announced_gain_map(phone, found, data, document, budget)
    if b"MotionPhoto_Data" in data[found.end :] or data.find(b"ftyp", found.end) >= 0:
        _drop(phone, "motion clip")
    if document is not None and phone.embedded.simulated_f_number is None:
        f_number = apple_depth.simulated_f_number(document)
        phone.embedded = replace(phone.embedded, simulated_f_number=f_number)


def _frame(phone: Phone, kind: int, encoded: bytes, budget: Budget, exif: bytes | None) -> None:
    """One of the pictures after the first."""
    frame = take_apart(encoded)
    properties = None if frame.xmp is None else xmp.parse(frame.xmp)
    named = "" if properties is None else apple_depth.type_from_xmp(properties)
    if frame.gain_map_numbers is not None or named == "gain map":
        _gain_map(phone, frame, encoded, properties, budget, exif)
        return
    if properties is None:
        kind = kind or _UNNAMED
    elif _apple_layer(phone, properties, encoded, budget):
        return
    if kind in _OTHER_VIEWS:
        _drop(phone, _OTHER_VIEWS[kind])


def _gain_map(
    phone: Phone,
    frame: JpegFile,
    encoded: bytes,
    properties: Document | None,
    budget: Budget,
    exif: bytes | None,
) -> None:
    """By the standard or Ultra HDR, else Apple's; one that is not understood is told."""
    is_apple = properties is not None and not xmp.simple(properties, gain_map.HDRGM)
    try:
        if frame.gain_map_numbers is None and is_apple:
            grey = google_depth.decode_map(encoded, budget)
            codes = np.rint(grey * 255).astype(np.uint8)
            phone.gain_map = gain_map.from_apple(codes, exif)
        else:
            phone.gain_map = gain_map.read(frame, encoded, properties, budget)
    except PhotoError as error:
        phone.notes.append(str(error))
        _drop(phone, apple_depth.GAIN_MAP)


def _announced_gain_map(
    phone: Phone, found: JpegFile, data: bytes, document: Document, budget: Budget
) -> None:
    """The map that the picture's own XMP tells of, where no index of pictures leads to it."""
    items = xmp.everywhere(document, _ITEM, "Length")
    encoded = _appended(items, {"Semantic": "GainMap"}, data, found.end)
    if encoded is None or not encoded.startswith(b"\xff\xd8"):
        _drop(phone, apple_depth.GAIN_MAP)
        return
    frame = take_apart(encoded)
    properties = None if frame.xmp is None else xmp.parse(frame.xmp)
    _gain_map(phone, frame, encoded, properties, budget, found.exif)


@contextlib.contextmanager
def _noting(phone: Phone) -> Iterator[None]:
    """Damage of what comes with a photo ends in a note."""
    try:
        yield
    except (DefocusError, xmp.BrokenXmpError, ArithmeticError) as error:
        phone.notes.append(f"embedded depth ignored: {error}")


def _drop(phone: Phone, what: str) -> None:
    if what not in phone.embedded.dropped:
        phone.embedded = replace(phone.embedded, dropped=(*phone.embedded.dropped, what))


def _apple_layer(phone: Phone, properties: Document, encoded: bytes, budget: Budget) -> bool:
    """Take what a frame's own XMP calls a map or a matte; False if it is none."""
    kind = apple_depth.type_from_xmp(properties)
    layers = phone.embedded
    if apple_depth.is_matte(kind):
        matte = google_depth.decode_map(encoded, budget)
        phone.embedded = replace(layers, mattes={**layers.mattes, kind: matte})
    elif kind in ("disparity", "depth"):
        if layers.disparity is None:
            stored = google_depth.decode_map(encoded, budget)
            phone.embedded = replace(
                layers,
                disparity=apple_depth.from_xmp(stored, properties, is_depth=kind == "depth"),
                simulated_f_number=apple_depth.simulated_f_number(properties),
            )
    else:
        return False
    return True


def _frames(found: JpegFile) -> list[tuple[int, int, int]]:
    """(kind, offset, size) of the pictures after the first, by the multi-picture index."""
    index = found.mpf
    if index is None:
        return []
    block, base = index
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None:
        return []
    try:
        (first,) = struct.unpack_from(order + "L", block, 4)
        (count,) = struct.unpack_from(order + "H", block, first)
        for at in range(first + 2, first + 2 + 12 * count, 12):
            tag, _, size, place = struct.unpack_from(order + "HHLL", block, at)
            if tag == 0xB002:
                number = min(size // 16, _MAX_FRAMES)
                entries = [
                    struct.unpack_from(order + "LLL", block, place + 16 * k) for k in range(number)
                ]
                return [(kind & _KIND, base + at, size) for kind, size, at in entries[1:]]
    except struct.error:
        return []
    return []

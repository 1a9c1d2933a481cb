"""What of an XMP packet would be wrong for the result.

What describes the picture (captions, rights, ratings, develop settings) stays, byte for byte. What
describes bytes that are not in the result (a depth map, a motion clip, a gain map, a rotation that
is done) goes, and so do small pictures of the photo before the blur.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from defocus.formats.xmp import (
    GDEPTH,
    GFOCUS,
    GIMAGE,
    NOTE,
    BrokenXmpError,
    attributes,
    descriptions,
    elements,
    members,
    parse,
    serialise,
)
from defocus.formats.xmp_bytes import normalised

if TYPE_CHECKING:
    from xml.dom.minidom import Attr, Document, Element

_GCAMERA = "http://ns.google.com/photos/1.0/camera/"
# What describes bytes that are elsewhere in the file, and its name for people; depth has none, for
# it is not lost: it is in Photo.embedded. Nor have gain maps, which their readers tell of.
_STALE_SPACES = {
    GDEPTH: "",
    GFOCUS: "",
    GIMAGE: "",
    "http://ns.google.com/photos/1.0/container/": "",
    "http://ns.google.com/photos/dd/1.0/container/": "",
    "http://ns.google.com/photos/dd/1.0/device/": "",
    "http://ns.google.com/photos/1.0/audio/": "embedded sound",
    "http://ns.adobe.com/hdr-gain-map/1.0/": "",
    "http://ns.apple.com/HDRGainMap/1.0/": "",
    "http://ns.apple.com/depthData/1.0/": "",
    "http://ns.apple.com/pixeldatainfo/1.0/": "",
}
_STALE_NAMES = {
    (NOTE, "HasExtendedXMP"): "",
    ("http://ns.adobe.com/xap/1.0/", "Thumbnails"): "",
    (_GCAMERA, "MicroVideo"): "motion clip",
    (_GCAMERA, "MicroVideoVersion"): "motion clip",
    (_GCAMERA, "MicroVideoOffset"): "motion clip",
    (_GCAMERA, "MicroVideoPresentationTimestampUs"): "motion clip",
    (_GCAMERA, "MotionPhoto"): "motion clip",
    (_GCAMERA, "MotionPhotoVersion"): "motion clip",
    (_GCAMERA, "MotionPhotoPresentationTimestampUs"): "motion clip",
}
_ORIENTATION = re.compile(rb"(tiff:Orientation\s*(?:=\s*[\"']|>)\s*)([2-8])(?=\s*[\"'<])")


def orientation(packet: bytes | None) -> int | None:
    """The orientation, 2 to 8, that a packet gives (``tiff:Orientation``)."""
    found = _ORIENTATION.search(normalised(packet)) if packet else None
    return int(found[2]) if found else None


def clean(packet: bytes | None) -> tuple[bytes | None, list[str]]:
    """The packet without what would be wrong for the result, and notes for people.

    Untouched packets come back byte for byte; a rotation is reset in place. Packets in another
    encoding come back in UTF-8.
    """
    if not packet:
        return None, []
    packet = normalised(packet)
    packet = _ORIENTATION.sub(rb"\g<1>1", packet)
    try:
        document = parse(packet)
    except BrokenXmpError as error:
        return None, [f"XMP dropped: {error}"]
    dropped = _remove_stale(document)
    if not dropped:
        return packet, []
    notes = [f"{what} is not carried over" for what in sorted(dropped - {""})]
    return (serialise(document) if _says_anything(document) else None), notes


def _remove_stale(document: Document) -> set[str]:
    """Take stale properties out; what they were, for people."""
    dropped = set()
    for description in descriptions(document):
        for attribute in attributes(description):
            what = _stale(attribute)
            if what is not None:
                dropped.add(what)
                description.removeAttributeNode(attribute)
        for child in elements(description):
            what = _stale(child)
            if what is not None:
                dropped.add(what)
                description.removeChild(child).unlink()
    return dropped


def _stale(node: Attr | Element) -> str | None:
    space = node.namespaceURI or ""
    return _STALE_SPACES.get(space, _STALE_NAMES.get((space, node.localName or "")))


def _says_anything(document: Document) -> bool:
    return any(members(description) for description in descriptions(document))

"""XMP packets as bytes: any encoding, with or without its wrappers, whatever stands around them.

ISO 16684-1 asks for UTF-8, UTF-16 or UTF-32 inside of ``<?xpacket …?>``; files hold UTF-8 that is
Latin-1, packets without wrapper, and the tail of a longer packet that was overwritten in place.
"""

from __future__ import annotations

import re

_BOMS = {
    b"\xff\xfe\0\0": "utf-32-le",
    b"\0\0\xfe\xff": "utf-32-be",
    b"\xff\xfe": "utf-16-le",
    b"\xfe\xff": "utf-16-be",
}
# How "<" or a line break begins without a mark.
_PATTERNS = (
    (re.compile(rb"[<\s]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0[<\s]"), "utf-32-be"),
    (re.compile(rb"[<\s]\0"), "utf-16-le"),
    (re.compile(rb"\0[<\s]"), "utf-16-be"),
)
_UTF8_BOM = b"\xef\xbb\xbf"
_DECLARATION = re.compile(rb"<\?xml\s[^>]*?encoding\s*=\s*[\"']([\w.-]+)[\"'][^>]*\?>")
_OPEN = re.compile(rb"<((?:[\w.-]+:)?(?:xmpmeta|xapmeta|RDF))[\s>]")
_BEGIN = re.compile(rb"<\?xpacket\s+begin[^>]*\?>\s*$")
_END = re.compile(rb"\s*<\?xpacket\s+end[^>]*\?>")
_PADDING = b"\0 \t\r\n"


def normalised(packet: bytes) -> bytes:
    """The packet in UTF-8 without what stands before and after it.

    One that is UTF-8 already and stands alone comes back byte for byte, but for trailing zeros.
    """
    encoding = next((code for mark, code in _BOMS.items() if packet.startswith(mark)), None)
    if encoding is None:
        encoding = next((code for start, code in _PATTERNS if start.match(packet)), None)
    if encoding is not None:
        text = packet.decode(encoding, errors="ignore").lstrip("\ufeff\ufffe")
        plain = _DECLARATION.sub(b"", text.encode(errors="ignore"), count=1)
        return _alone(plain.strip(b"\0"))
    declared = _DECLARATION.search(packet[:200])
    return _from_bytes(
        _alone(packet.removeprefix(_UTF8_BOM).strip(b"\0")),
        declared[1].decode("ascii") if declared is not None else "utf-8",
    )


def _from_bytes(packet: bytes, encoding: str) -> bytes:
    """Bytes of a declared encoding, of UTF-8, or of what Windows programs took for it."""
    try:
        text = packet.decode(encoding)
    except (LookupError, ValueError):
        text = packet.decode("cp1252", errors="replace")
    encoded = text.encode(errors="ignore")
    return packet if encoded == packet else _DECLARATION.sub(b"", encoded, count=1)


def _alone(packet: bytes) -> bytes:
    """From the packet's beginning to its end."""
    opened = _OPEN.search(packet)
    if opened is None:
        return packet
    close = b"</" + opened[1]
    at = packet.find(close, opened.end())
    after = packet.find(b">", at) + 1
    if at < 0 or not after:
        return packet
    end = _END.match(packet, after)
    after = end.end() if end is not None else after
    head = packet[: opened.start()]
    begin = _BEGIN.search(head)
    start = begin.start() if begin is not None else opened.start()
    if not packet[after:].strip(_PADDING) and not packet[:start].strip(_PADDING):
        return packet
    return packet[start:after]

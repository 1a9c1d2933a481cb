"""The segments of a JPEG file (ITU-T T.81 annex B), and what standards put into them.

The decoder is given only what makes the picture; everything else is read here. So a damaged or
hostile metadata block can neither stop a photo from loading nor make a decoder print.
"""

from __future__ import annotations

import hashlib
import re
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from defocus.errors import PhotoError
from defocus.formats import exif, ifd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.JpegImagePlugin import JpegImageFile

    from defocus.formats.codec import Content

APP1, APP2, APP13, COM = 0xE1, 0xE2, 0xED, 0xFE
_SOS, _EOI, _SOI, _DHT = 0xDA, 0xD9, 0xD8, 0xC4
# What may follow entropy-coded data: tables, another scan, the end, a comment, an APP segment.
_IN_SCAN = re.compile(rb"\xff[\xc4\xd9-\xdd\xe0-\xef\xfe]")
_DNL = b"\xff\xdc\0\4"
_STANDALONE = {0x01, _SOI, *range(0xD0, 0xD8)}
_PROGRESSIVE = {0xC2, 0xCA}
# Codes by Huffman, then by arithmetic, whose tables (DAC) few programs write.
_ARITHMETIC = {0xC9, 0xCA}
_FRAMES = {0xC0, 0xC1, 0xC2} | _ARITHMETIC
_LOSSLESS = "a lossless JPEG: save it as PNG or TIFF first"
_LAYERED = "a JPEG in layers of resolution, which nobody reads: save it anew from where it was made"
# T.81 table B.1; JPEG-LS is T.87.
_OTHER_FRAMES = {
    **dict.fromkeys((0xC3, 0xCB), _LOSSLESS),
    **dict.fromkeys((0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF), _LAYERED),
    0xF7: "a JPEG-LS picture: save it as PNG or TIFF first",
}
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_EXTENDED = b"http://ns.adobe.com/xmp/extension/\0"
_ICC = b"ICC_PROFILE\0"
_MPF = b"MPF\0"
GAIN_MAP = b"urn:iso:std:iso:ts:21496:-1\0"
# The standard's name, Ultra HDR's and Apple's namespaces.
_GAIN_MAP_WORDS = (GAIN_MAP, b"ns.adobe.com/hdr-gain-map/", b"ns.apple.com/HDRGainMap/")
_PHOTOSHOP = b"Photoshop 3.0\0"
_MAX_PAYLOAD = 65533
_LEAST_TELLING = 12  # bytes of Adobe's segment; JFIF's has two more
_MAX_EXTENDED = 96 << 20
# Every bit of every coefficient of every component on its own.
_MAX_SCANS = 4 * 64 * 14


@dataclass(slots=True)
class JpegFile:
    """One JPEG stream of a file, taken apart.

    Attributes:
        size_wh: from the frame header.
        components: 1 grey, 3 colour, 4 CMYK or YCCK.
        progressive: the frame is progressive.
        arithmetic: its codes are those of an arithmetic coder.
        header: the segments that make the picture, from SOI to before the first scan.
        scan: offset of the first SOS marker.
        end: offset after EOI, or the end of the data if there is none.
        has_end: there is one.
        scans: the header of every scan.
        app: (marker, payload, offset of the payload) of all others, in order.
    """

    size_wh: tuple[int, int] = (0, 0)
    components: int = 0
    progressive: bool = False
    arithmetic: bool = False
    header: bytes = b""
    scan: int = 0
    end: int = 0
    has_end: bool = False
    scans: list[bytes] = field(default_factory=list)
    app: list[tuple[int, bytes, int]] = field(default_factory=list)

    @property
    def has_all_scans(self) -> bool:
        """Do the scans give every component in full (T.81 annex G: down to the last bit)?"""
        if not self.progressive:  # each once; some files give two the same name
            return sum(scan[0] for scan in self.scans if scan) >= self.components
        missing = set(range(self.components * 64))
        order: list[int] = []
        for scan in self.scans:
            count = scan[0] if scan else 0
            names = list(scan[1 : 1 + 2 * count : 2])
            order += [name for name in names if name not in order]
            if len(scan) >= 4 + 2 * count:
                first, last, bits = scan[1 + 2 * count : 4 + 2 * count]
                if not bits & 15:
                    rows = (order.index(name) * 64 for name in names)
                    missing -= {row + k for row in rows for k in range(first, last + 1)}
        return not missing

    @property
    def zeros_make_sense(self) -> bool:
        """May long runs of zeros be a picture?

        Refinements (T.81 annex G) may be zero at length, arithmetic codes too. So may blank paper
        be, if the shortest code of every table means nothing but "as before" (annex F.1.2): else
        every block of zeros is full of detail, and nobody has ever taken such a picture.
        """
        if self.progressive or self.arithmetic or len(self.scans) > 1:
            return True
        return all(first == 0 for first in _shortest_symbols(self.header))

    @property
    def exif(self) -> bytes | None:
        """The first EXIF block that begins like one, with its prefix.

        Blocks over 64 KB go on in further segments, which have the prefix but no header.
        """
        size = len(exif.PREFIX)
        pieces = [  # the last byte of the prefix is padding: some write 0xFF
            exif.PREFIX + payload[size:]
            for marker, payload, _ in self.app
            if marker == APP1 and payload.startswith(exif.PREFIX[:-1])
        ]
        starts = [k for k, piece in enumerate(pieces) if piece[size : size + 2] in (b"II", b"MM")]
        if not starts:
            return pieces[0] if pieces else None
        end = starts[1] if len(starts) > 1 else len(pieces)
        first, *more = pieces[starts[0] : end]
        return first + b"".join(piece[size:] for piece in more)

    @property
    def xmp(self) -> bytes | None:
        """The main XMP packet."""
        found = (p for m, p, _ in self.app if m == APP1 and p.startswith(_XMP))
        return next((payload[len(_XMP) :] for payload in found), None)

    @property
    def extended_xmp(self) -> bytes | None:
        """The extension that the main packet names, if all of it is there and its MD5 is right."""
        main = self.xmp or b""
        chunks: dict[bytes, dict[int, bytes]] = {}
        totals: dict[bytes, int] = {}
        for marker, payload, _ in self.app:
            if marker == APP1 and payload.startswith(_EXTENDED) and len(payload) >= 75:
                guid = payload[35:67]
                total, at = struct.unpack_from(">LL", payload, 67)
                chunks.setdefault(guid, {})[at] = payload[75:]
                totals[guid] = total
        for guid, parts in chunks.items():
            if guid not in main or totals[guid] > _MAX_EXTENDED:
                continue
            whole = b"".join(parts[at] for at in sorted(parts))
            digest = hashlib.md5(whole, usedforsecurity=False).hexdigest()
            if len(whole) == totals[guid] and digest.upper().encode() == guid.upper():
                return whole
        return None

    @property
    def icc(self) -> bytes | None:
        """The ICC profile put together from its pieces; None if it is not all there.

        By their numbers, or in the order of the file where the numbers make no sense: what the
        profile says of its own length decides.
        """
        found = [
            (p[12], p[14:])
            for m, p, _ in self.app
            if m == APP2 and p.startswith(_ICC) and len(p) >= 14
        ]
        by_number = [piece for _, piece in sorted(found, key=lambda each: each[0])]
        for pieces in (by_number, [piece for _, piece in found]):
            whole = b"".join(pieces)
            size = int.from_bytes(whole[:4], "big")
            if whole[36:40] == b"acsp" and 128 <= size <= len(whole):
                return whole[:size]  # some repeat a piece
        return None

    @property
    def has_icc(self) -> bool:
        """Is there any piece of a profile?"""
        return any(m == APP2 and p.startswith(_ICC) for m, p, _ in self.app)

    @property
    def gain_map_numbers(self) -> bytes | None:
        """What the frame says of itself as a gain map (ISO 21496-1). Others say it in XMP."""
        found = (p[len(GAIN_MAP) :] for m, p, _ in self.app if m == APP2 and p.startswith(GAIN_MAP))
        # The picture that a map belongs to has the versions alone (four bytes).
        return next((numbers for numbers in found if len(numbers) > 4), None)

    @property
    def mpf(self) -> tuple[bytes, int] | None:
        """The multi-picture index (CIPA DC-007), and where its offsets count from."""
        for marker, payload, at in self.app:
            if marker == APP2 and payload.startswith(_MPF):
                return payload[len(_MPF) :], at + len(_MPF)
        return None

    @property
    def comment(self) -> bytes | None:
        """The first comment."""
        return next((p for m, p, _ in self.app if m == COM), None)

    @property
    def photoshop(self) -> bytes | None:
        """Photoshop's resources without their prefix; IPTC captions live there."""
        pieces = [p for m, p, _ in self.app if m == APP13 and p.startswith(_PHOTOSHOP)]
        return b"".join(p[len(_PHOTOSHOP) :] for p in pieces) or None

    @property
    def dpi(self) -> tuple[float, float] | None:
        """From the JFIF header, or None if it gives only an aspect ratio."""
        unit, x, y = self._density
        factor = {1: 1.0, 2: 2.54}.get(unit)
        return None if factor is None or not x or not y else (x * factor, y * factor)

    @property
    def aspect(self) -> tuple[float, float] | None:
        """From the JFIF header, or None if it gives a resolution or nothing."""
        unit, x, y = self._density
        return (float(x), float(y)) if unit == 0 and x and y else None

    @property
    def _density(self) -> tuple[int, int, int]:
        """Unit (none, inch, centimetre), x and y of the JFIF header; zeros without one."""
        for marker, payload, _ in self.app:
            if marker == 0xE0 and payload.startswith(b"JFIF\0") and len(payload) >= 12:
                unit, x, y = struct.unpack_from(">BHH", payload, 7)
                return unit, x, y
        return 0, 0, 0


def take_apart(data: bytes) -> JpegFile:
    """Read the segments of a JPEG.

    Raises:
        PhotoError: cut off before the picture begins, or a kind of JPEG that nobody decodes.
    """
    found = JpegFile()
    kept = [b"\xff\xd8"]
    for marker, at, after in _segments(data):
        payload = data[at + 4 : after]
        stored = data[at:after]
        if marker in _FRAMES:
            payload = _with_lines(payload, data, after)
            stored = segment(marker, payload)
            _read_frame(found, marker, payload)
        is_metadata = 0xE0 <= marker <= 0xEF or marker == COM
        if is_metadata:
            found.app.append((marker, payload, at + 4))
        # JFIF and Adobe tell the colour space; of shorter ones decoders take no notice, or fail.
        tells = marker in (0xE0, 0xEE) and len(payload) >= _LEAST_TELLING
        if not is_metadata or tells:
            kept.append(stored)
        found.scan = after
    if not found.components:
        raise PhotoError("the JPEG has no frame header: copy it again from where it came")
    found.header = b"".join(kept)
    found.scan = data.index(b"\xff\xda", found.scan)
    _follow_scans(found, data)
    return found


def _follow_scans(found: JpegFile, data: bytes) -> None:
    """From the first scan to the end mark, past the tables and comments between scans."""
    at = found.scan
    while True:
        marker = data[at + 1]
        if marker == _EOI:
            found.end, found.has_end = at + 2, True
            return
        if marker == _SOS:
            if len(found.scans) > _MAX_SCANS:
                raise PhotoError("the JPEG has too many scans: it is damaged, copy it again")
            found.scans.append(data[at + 4 : at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")])
        after = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        following = _IN_SCAN.search(data, after)
        if following is None:
            found.end = len(data)
            return
        at = following.start()


def claims(data: Content) -> tuple[tuple[int, int], int, bool]:
    """Size and bits by the frame header, and whether the file speaks of a gain map.

    Raises:
        PhotoError: as :func:`take_apart`.
    """
    found = JpegFile()
    speaks = False
    for marker, at, after in _segments(data):
        if marker in _FRAMES:
            _read_frame(found, marker, _with_lines(data[at + 4 : after], data, after))
        elif marker in (APP1, APP2):
            payload = data[at + 4 : after]
            speaks = speaks or any(word in payload for word in _GAIN_MAP_WORDS)
    if not found.components:
        raise PhotoError("the JPEG has no frame header: copy it again from where it came")
    return found.size_wh, 8, speaks


def _segments(data: Content) -> Iterator[tuple[int, int, int]]:
    """(marker, its offset, offset after it) of every segment before the first scan.

    Raises:
        PhotoError: cut off before the picture begins, or a kind of JPEG that nobody decodes.
    """
    at = 2
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 2 > len(data):
            raise PhotoError("the JPEG is cut off before its picture: copy it again")
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if marker in _STANDALONE or marker == 0:
            at += 2
            continue
        if marker == _EOI:
            raise PhotoError("the JPEG holds no picture: copy it again from where it came")
        if marker == _SOS:
            return
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        after = at + 2 + size
        if size < 2 or after > len(data):
            raise PhotoError("the JPEG is cut off before its picture: copy it again")
        if marker in _OTHER_FRAMES:
            raise PhotoError(_OTHER_FRAMES[marker])
        yield marker, at, after
        at = after


def _with_lines(frame: bytes, data: Content, after: int) -> bytes:
    """A frame header with its height, which scanners tell after the scan (DNL, T.81 B.2.5)."""
    if len(frame) < 6 or frame[1:3] != b"\0\0":
        return frame
    at = data.find(_DNL, after)
    return frame if at < 0 else frame[:1] + data[at + 4 : at + 6] + frame[3:]


def _read_frame(found: JpegFile, marker: int, payload: bytes) -> None:
    if len(payload) < 6:
        raise PhotoError("the JPEG has a damaged frame header: copy it again")
    height, width, components = struct.unpack_from(">HHB", payload, 1)
    found.size_wh = width, height
    found.components = components
    found.progressive = marker in _PROGRESSIVE
    found.arithmetic = marker in _ARITHMETIC


def _shortest_symbols(header: bytes) -> list[int]:
    """The first symbol of every Huffman table (DHT), whose code is all zeros."""
    firsts = []
    for marker, at, after in _segments(header + b"\xff\xda"):
        place = at + 4
        while marker == _DHT and place + 17 < after:
            firsts.append(header[place + 17])
            place += 17 + sum(header[place + 1 : place + 17])
    return firsts


def segment(marker: int, payload: bytes) -> bytes:
    """One segment, ready to be written.

    Raises:
        PhotoError: the payload is longer than a segment can be.
    """
    if len(payload) > _MAX_PAYLOAD:
        raise PhotoError(f"{len(payload):,} bytes of metadata do not fit into a JPEG segment")
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def xmp_segments(main: bytes, extended: bytes | None) -> bytes:
    """APP1 segments for a main packet and its extension (XMP specification part 3, §1.1.3.1)."""
    out = [segment(APP1, _XMP + main)]
    if extended is not None:
        guid = guid_of(extended).encode()
        step = _MAX_PAYLOAD - 75
        for at in range(0, len(extended), step):
            place = struct.pack(">LL", len(extended), at)
            out.append(segment(APP1, _EXTENDED + guid + place + extended[at : at + step]))
    return b"".join(out)


def guid_of(extended: bytes) -> str:
    """The name that ties an extension to its main packet."""
    return hashlib.md5(extended, usedforsecurity=False).hexdigest().upper()


MAX_MAIN_XMP = _MAX_PAYLOAD - len(_XMP)
MAX_EXIF = _MAX_PAYLOAD - len(exif.PREFIX)


def with_orientation(encoded: bytes, orientation: int) -> bytes:
    """The same JPEG with an EXIF block that says only how to turn it."""
    entry = ifd.Directory("<", {exif.ORIENTATION: ifd.shorts("<", orientation)})
    block = ifd.header("<", 8) + ifd.write(entry, 8)
    return encoded[:2] + segment(APP1, exif.PREFIX + block) + encoded[2:]


def photoshop_segments(resources: bytes) -> bytes:
    """APP13 segments for Photoshop resources."""
    step = _MAX_PAYLOAD - len(_PHOTOSHOP)
    pieces = range(0, len(resources), step)
    return b"".join(segment(APP13, _PHOTOSHOP + resources[at : at + step]) for at in pieces)


def encoding_of(image: JpegImageFile) -> dict[str, Any]:
    """The quantisation tables per component and the sampling, for Pillow to write them again."""
    from PIL import JpegImagePlugin

    tables = [list(image.quantization[layer[3]]) for layer in image.layer]
    while len(tables) > 1 and tables[-1] == tables[-2]:
        tables.pop()
    # Of the factors that Pillow cannot write (4:4:0, 4:1:1 …) none loses less than 4:4:4.
    return {"qtables": tables, "subsampling": max(0, JpegImagePlugin.get_sampling(image))}


_INDEX_TAGS = struct.Struct(">HHL4s")


def picture_index(count: int) -> bytes:
    """APP2 with a multi-picture index (CIPA DC-007) of pictures that follow each other.

    Its numbers are zero until :func:`fill_index`, for they count from where it stands.
    """
    rows = _INDEX_TAGS.pack(0xB000, 7, 4, b"0100")
    rows += _INDEX_TAGS.pack(0xB001, 4, 1, struct.pack(">L", count))
    rows += _INDEX_TAGS.pack(0xB002, 7, 16 * count, struct.pack(">L", _INDEX_ENTRIES))
    head = b"MM\0*" + struct.pack(">LH", 8, 3) + rows + bytes(4)
    return segment(APP2, _MPF + head + bytes(16 * count))


# Bytes from the byte order mark to the entries: header, count, three rows, link.
_INDEX_ENTRIES = 8 + 2 + 36 + 4
_PRIMARY_KIND = 0x030000


def fill_index(encoded: bytes, sizes: list[int]) -> bytes:
    """The first picture with the numbers of its index.

    Args:
        encoded: the first picture.
        sizes: of those after it.
    """
    base = encoded.index(_MPF + b"MM\0*") + len(_MPF)
    entries = struct.pack(">LLLHH", _PRIMARY_KIND, len(encoded), 0, 0, 0)
    at = len(encoded)
    for size in sizes:
        entries += struct.pack(">LLLHH", 0, size, at - base, 0, 0)
        at += size
    start = base + _INDEX_ENTRIES
    return encoded[:start] + entries + encoded[start + len(entries) :]

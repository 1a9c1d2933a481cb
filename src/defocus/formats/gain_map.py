"""Gain maps in JPEG: Ultra HDR (hdrgm in XMP) and ISO 21496-1, read and written; Apple's, read.

https://developer.android.com/media/platform/hdr-image-format; ISO 21496-1:2025, annex C. Apple:
https://developer.apple.com/documentation/appkit/applying-apple-hdr-effect-to-your-photos
"""

from __future__ import annotations

import io
import math
import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus.errors import PhotoError
from defocus.formats import jpeg_segments, xmp
from defocus.formats.pixels import decoding, to_pillow
from defocus.photo import GainMap
from defocus.transfer import SRGB

if TYPE_CHECKING:
    from xml.dom.minidom import Document

    from numpy.typing import NDArray

    from defocus.formats.budget import Budget
    from defocus.formats.jpeg_segments import JpegFile

HDRGM = "http://ns.adobe.com/hdr-gain-map/1.0/"
_CONTAINER = "http://ns.google.com/photos/1.0/container/"
_ITEM = _CONTAINER + "item/"
_MANY_CHANNELS, _OWN_SPACE, _BACKWARD, _ONE_DENOMINATOR = 0x80, 0x40, 0x04, 0x08
_DENOMINATOR = 1_000_000
_QUALITY = 95
_MOST_STOPS = 20.0
# Tags of Apple's maker note: how much room the phone's screen had, and the map's strength.
_APPLE_NOTE, _HEADROOM, _GAIN = b"Apple iOS\0", 33, 48

_Three = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class _Numbers:
    """The parameters of a map, for red, green and blue; see :class:`defocus.photo.GainMap`."""

    low: _Three
    high: _Three
    gamma: _Three
    offset_sdr: _Three
    offset_hdr: _Three
    capacity: tuple[float, float]


def read(frame: JpegFile, encoded: bytes, properties: Document | None, budget: Budget) -> GainMap:
    """The map that a frame beside the picture is.

    Args:
        frame: taken apart.
        encoded: its bytes.
        properties: its own XMP.
        budget: of the photo.

    Raises:
        PhotoError: its numbers are missing or make no sense, or it is too large.
    """
    iso = frame.gain_map_numbers
    numbers = None
    if iso is not None:
        numbers = _from_iso(iso)
    elif properties is not None:
        numbers = _from_xmp(properties)
    if numbers is None:
        raise PhotoError("the HDR gain map does not say what its values mean")
    _check(numbers)
    codes, tables = _decode(encoded, budget)
    return _record(codes, numbers, tables)


def from_apple(codes: NDArray[np.uint8], exif: bytes | None) -> GainMap:
    """Apple's map, whose light is 1 + (room − 1) · code (by sRGB's curve), in stops.

    Args:
        codes: h×w uint8.
        exif: of the photo, whose maker note tells the room.

    Raises:
        PhotoError: the maker note does not tell it.
    """
    stops = _apple_stops(exif or b"")
    if stops is None or not 0 < stops < _MOST_STOPS:
        raise PhotoError("the HDR gain map does not say how bright it is")
    light = SRGB.decode_table(256)
    table = np.log2(1 + (2**stops - 1) * light) / stops
    mapped = np.rint(255 * table).astype(np.uint8)[codes]
    zero: _Three = (0.0, 0.0, 0.0)
    top: _Three = (stops, stops, stops)
    numbers = _Numbers(zero, top, (1.0, 1.0, 1.0), zero, zero, (0.0, stops))
    return _record(mapped[..., None], numbers, None)


def _record(codes: NDArray[np.uint8], numbers: _Numbers, tables: dict[str, Any] | None) -> GainMap:
    return GainMap(
        codes,
        numbers.low,
        numbers.high,
        numbers.gamma,
        numbers.offset_sdr,
        numbers.offset_hdr,
        numbers.capacity,
        tables,
    )


def _decode(encoded: bytes, budget: Budget) -> tuple[NDArray[np.uint8], dict[str, Any]]:
    from PIL.JpegImagePlugin import JpegImageFile

    with decoding("the HDR gain map"):
        image = JpegImageFile(io.BytesIO(encoded))
        budget.take(8 * math.prod(image.size), "the HDR gain map")
        image.load()
        tables = jpeg_segments.encoding_of(image)
        values = np.array(image if image.mode in ("L", "RGB") else image.convert("RGB"))
    return values.reshape(*values.shape[:2], -1), tables


def _from_xmp(properties: Document) -> _Numbers | None:
    found = xmp.simple(properties, HDRGM) | xmp.lists(properties, HDRGM)
    if "GainMapMax" not in found:
        return None
    if found.get("BaseRenditionIsHDR", "False") == "True":
        raise PhotoError("an HDR gain map that darkens is not read")
    low, high = _three(found, "GainMapMin", 0.0), _three(found, "GainMapMax", 0.0)
    return _Numbers(
        low,
        high,
        _three(found, "Gamma", 1.0),
        _three(found, "OffsetSDR", 1 / 64),
        _three(found, "OffsetHDR", 1 / 64),
        (_one(found, "HDRCapacityMin", 0.0), _one(found, "HDRCapacityMax", max(high))),
    )


def _three(found: dict[str, str], name: str, default: float) -> _Three:
    values = [xmp.number(word) for word in found[name].split()] if name in found else [default]
    if len(values) == 1:
        values = values * 3
    if len(values) != 3 or None in values:
        raise PhotoError(f"the HDR gain map has a damaged {name}")
    first, second, third = (float(value or 0) for value in values)
    return first, second, third


def _one(found: dict[str, str], name: str, default: float) -> float:
    return _three(found, name, default)[0]


def _from_iso(block: bytes) -> _Numbers:
    """The binary numbers of ISO 21496-1, annex C.2."""
    try:
        least, _, flags = struct.unpack_from(">HHB", block)
        if least != 0 or flags & _BACKWARD:
            raise PhotoError("an HDR gain map of this version is not read")
        channels = 3 if flags & _MANY_CHANNELS else 1
        count = 2 + 5 * channels
        signs = "LL" + "llLll" * channels
        if flags & _ONE_DENOMINATOR:
            below, *above = struct.unpack_from(f">L{signs}", block, 5)
            values = [number / below for number in above]
        else:
            pairs = struct.unpack_from(">" + "".join(f"{sign}L" for sign in signs), block, 5)
            values = [pairs[2 * k] / pairs[2 * k + 1] for k in range(count)]
    except (struct.error, ZeroDivisionError):
        raise PhotoError("the HDR gain map has damaged numbers") from None
    base, alternate, *rest = values
    each = [rest[5 * c : 5 * c + 5] for c in range(channels)] * (3 // channels)
    low, high, gamma, sdr, hdr = ((a, b, c) for a, b, c in zip(*each, strict=True))
    return _Numbers(low, high, gamma, sdr, hdr, (base, alternate))


def _check(numbers: _Numbers) -> None:
    stops = (*numbers.low, *numbers.high)
    makes_sense = (
        all(abs(value) < _MOST_STOPS for value in stops)
        and all(low <= high for low, high in zip(numbers.low, numbers.high, strict=True))
        and all(0.01 < gamma < 100 for gamma in numbers.gamma)
        and all(0 <= each < 1 for each in (*numbers.offset_sdr, *numbers.offset_hdr))
        and all(0 <= each < 100 for each in numbers.capacity)
    )
    if not makes_sense:
        raise PhotoError("the HDR gain map has numbers that make no sense")


def _apple_stops(exif: bytes) -> float | None:
    """Room of the screen in stops, by two numbers of Apple's maker note."""
    at = exif.find(_APPLE_NOTE)
    if at < 0:
        return None
    found: dict[int, float] = {}
    try:
        (count,) = struct.unpack_from(">H", exif, at + 14)
        for place in range(at + 16, at + 16 + 12 * min(count, 200), 12):
            tag, kind, _, offset = struct.unpack_from(">HHLL", exif, place)
            if tag in (_HEADROOM, _GAIN) and kind == 10:
                above, below = struct.unpack_from(">ll", exif, at + offset)
                found[tag] = above / below
    except (struct.error, ZeroDivisionError):
        return None
    if found.keys() != {_HEADROOM, _GAIN}:
        return None
    gain = found[_GAIN]
    if found[_HEADROOM] < 1:
        return max(0.0, -20 * gain + 1.8 if gain <= 0.01 else -0.101 * gain + 1.601)
    return max(0.0, -70 * gain + 3.0 if gain <= 0.01 else -0.303 * gain + 2.303)


# --------------------------------------------------------------------------------- writing


def encode(found: GainMap) -> bytes:
    """The map as a JPEG with its numbers, in XMP and as ISO 21496-1 asks for."""
    options: dict[str, Any] = dict(found.jpeg or {"quality": _QUALITY, "subsampling": 0})
    options["extra"] = jpeg_segments.xmp_segments(_packet(found), None) + jpeg_segments.segment(
        jpeg_segments.APP2, jpeg_segments.GAIN_MAP + _iso(found)
    )
    codes = found.codes[..., 0] if found.codes.shape[2] == 1 else found.codes
    buffer = io.BytesIO()
    to_pillow(np.ascontiguousarray(codes)).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def announce(document: Document, size: int) -> None:
    """Say in the picture's own XMP that a map of ``size`` bytes follows."""
    items = "".join(
        f'<rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="{semantic}"'
        f' Item:Mime="image/jpeg"{length}/></rdf:li>'
        for semantic, length in (("Primary", ""), ("GainMap", f' Item:Length="{size}"'))
    )
    said = xmp.parse(
        xmp.packet(
            f'xmlns:Container="{_CONTAINER}" xmlns:Item="{_ITEM}" xmlns:hdrgm="{HDRGM}" '
            'hdrgm:Version="1.0"',
            f"<Container:Directory><rdf:Seq>{items}</rdf:Seq></Container:Directory>",
        )
    )
    xmp.merge(document, said)


# The picture itself says only that it goes by version 0 of the standard.
VERSIONS = jpeg_segments.GAIN_MAP + bytes(4)


def _packet(found: GainMap) -> bytes:
    simple = {
        "Version": "1.0",
        "BaseRenditionIsHDR": "False",
        "HDRCapacityMin": f"{found.capacity[0]:.9g}",
        "HDRCapacityMax": f"{found.capacity[1]:.9g}",
    }
    body = ""
    for name, values in (
        ("GainMapMin", found.low),
        ("GainMapMax", found.high),
        ("Gamma", found.gamma),
        ("OffsetSDR", found.offset_sdr),
        ("OffsetHDR", found.offset_hdr),
    ):
        words = [f"{value:.9g}" for value in values]
        if len(set(words)) == 1:
            simple[name] = words[0]
        else:
            listed = "".join(f"<rdf:li>{word}</rdf:li>" for word in words)
            body += f"<hdrgm:{name}><rdf:Seq>{listed}</rdf:Seq></hdrgm:{name}>"
    attributes = " ".join(f'hdrgm:{name}="{value}"' for name, value in simple.items())
    return xmp.packet(f'xmlns:hdrgm="{HDRGM}" {attributes}', body)


def _iso(found: GainMap) -> bytes:
    fields = (found.low, found.high, found.gamma, found.offset_sdr, found.offset_hdr)
    channels = 1 if all(len(set(values)) == 1 for values in fields) else 3
    flags = _OWN_SPACE | (_MANY_CHANNELS if channels == 3 else 0)
    out = struct.pack(">HHB", 0, 0, flags)
    numbers = [(value, False) for value in found.capacity]
    for c in range(channels):
        numbers += [(values[c], k in (0, 1, 3, 4)) for k, values in enumerate(fields)]
    for value, signed in numbers:
        part = Fraction(value).limit_denominator(_DENOMINATOR)
        out += struct.pack(">lL" if signed else ">LL", part.numerator, part.denominator)
    return out

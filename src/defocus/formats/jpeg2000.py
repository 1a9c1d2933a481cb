"""JPEG 2000 by Pillow (OpenJPEG): 8 bits a channel, 16 in grey, with ICC, EXIF and XMP.

Boxes: ISO/IEC 15444-1, annex I; EXIF and XMP as ExifTool and Adobe put them into UUID boxes.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

from defocus import colour
from defocus.errors import PhotoError
from defocus.formats import isobmff
from defocus.formats.codec import Header
from defocus.formats.parts import Parts, assemble
from defocus.formats.pixels import check_plausible, check_size, decoding, from_pillow

if TYPE_CHECKING:
    from defocus.formats.codec import Content
    from defocus.photo import Photo

BOXED, STREAM = b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51"
_EXIF = b"JpgTiffExif->JP2"
_RESTRICTED_ICC, _ANY_ICC = 2, 3
# An empty code block of 64×64 takes about one bit.
_PIXELS_PER_BYTE = 8 * 4096


def peek(data: Content) -> Header:
    """See :mod:`defocus.formats`. From the codestream's own header (SIZ, annex A.5.1)."""
    at = data.find(STREAM)
    if at < 0 or len(data) < at + 43:
        raise PhotoError("the JPEG 2000 holds no picture: copy it again from where it came")
    right, bottom, left, top = struct.unpack(">4L", data[at + 8 : at + 24])
    (count,) = struct.unpack(">H", data[at + 40 : at + 42])
    depths = data[at + 42 : at + 42 + 3 * min(count, 4) : 3]
    return Header((right - left, bottom - top), max((depth & 127) + 1 for depth in depths))


def read(data: bytes, max_pixels: int) -> Photo:
    """See :mod:`defocus.formats`."""
    from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile

    header = peek(data)
    check_size(*header.size_wh, max_pixels)
    check_plausible(*header.size_wh, len(data), _PIXELS_PER_BYTE)
    icc, exif, xmp = _metadata(data)
    notes = []
    with decoding("the JPEG 2000"):
        image = Jpeg2KImageFile(io.BytesIO(data))
        image.load()
        if image.mode == "CMYK":
            converted, note = colour.to_srgb(image, icc)
            notes.append(note)
            picture, icc = from_pillow(converted), None
        else:
            picture = from_pillow(image)
    if header.bits > 8 and picture.pixels.dtype.itemsize == 1:
        notes.append("more than 8 bits a channel reduced to 8")
    return assemble(
        Parts(
            format="jpeg2000",
            picture=picture,
            icc=icc,
            exif=exif,
            xmp=xmp,
            dpi=image.info.get("dpi"),
            notes=notes,
        )
    )


def _metadata(data: bytes) -> tuple[bytes | None, bytes | None, bytes | None]:
    """ICC profile, EXIF block and XMP packet."""
    icc = exif = None
    if not data.startswith(BOXED):
        return None, None, None
    for name, body, after in isobmff.boxes(data, 0, len(data)):
        if name == b"colr" and data[body] in (_RESTRICTED_ICC, _ANY_ICC):
            icc = data[body + 3 : after]
        elif name == b"uuid" and data[body : body + 16] == _EXIF:
            exif = data[body + 16 : after]
    return icc, exif, isobmff.xmp(data)

"""GIF by Pillow: of an animation the first picture."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

from defocus.errors import PhotoError
from defocus.formats.codec import Header
from defocus.formats.parts import Parts, assemble
from defocus.formats.pixels import check_plausible, check_size, decoding, from_pillow

if TYPE_CHECKING:
    from defocus.formats.codec import Content
    from defocus.photo import Photo

# LZW codes of 3 to 12 bits stand for at most 4096 pixels.
_PIXELS_PER_BYTE = 2731
_IMAGE, _EXTENSION = 0x2C, 0x21


def peek(data: Content) -> Header:
    """See :mod:`defocus.formats`. The canvas, or the first picture if that is larger."""
    wide, high, flags = struct.unpack("<HHB", data[6:11])
    at = 13 + _palette_bytes(flags)
    while data[at : at + 1] == bytes([_EXTENSION]):
        at = _after_blocks(data, at + 2)
    if data[at : at + 1] != bytes([_IMAGE]) or len(data) < at + 10:
        raise PhotoError("the GIF holds no picture: copy it again from where it came")
    left, top, width, height = struct.unpack("<4H", data[at + 1 : at + 9])
    return Header((max(wide, left + width), max(high, top + height)))


def _palette_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _after_blocks(data: Content, at: int) -> int:
    """Past the sub-blocks that start at ``at``."""
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return at + 1


def read(data: bytes, max_pixels: int) -> Photo:
    """See :mod:`defocus.formats`."""
    from PIL.GifImagePlugin import GifImageFile

    size_wh = peek(data).size_wh
    check_size(*size_wh, max_pixels)
    check_plausible(*size_wh, len(data), _PIXELS_PER_BYTE)
    with decoding("the GIF"):
        image = GifImageFile(io.BytesIO(data))
        image.load()
        picture = from_pillow(image)
        moves = image.is_animated
    return assemble(
        Parts(
            format="gif",
            picture=picture,
            xmp=image.info.get("xmp"),
            comment=image.info.get("comment"),
            notes=["an animation: only its first picture is kept"] if moves else [],
        )
    )

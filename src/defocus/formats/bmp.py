"""BMP by Pillow: 1 to 32 bits, palettes, run lengths, alpha."""

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

# Two bytes stand for at most 255 pixels.
_PIXELS_PER_BYTE = 128
_OLD_HEADER = 12


def peek(data: Content) -> Header:
    """See :mod:`defocus.formats`."""
    if len(data) < 30:
        raise PhotoError("the BMP is cut off: copy it again from where it came")
    if int.from_bytes(data[14:18], "little") == _OLD_HEADER:
        return Header(struct.unpack("<HH", data[18:22]))
    width, height = struct.unpack("<ll", data[18:26])
    return Header((width, abs(height)))  # negative: stored from the top


def read(data: bytes, max_pixels: int) -> Photo:
    """See :mod:`defocus.formats`."""
    from PIL.BmpImagePlugin import BmpImageFile

    size_wh = peek(data).size_wh
    check_size(*size_wh, max_pixels)
    check_plausible(*size_wh, len(data), _PIXELS_PER_BYTE)
    with decoding("the BMP"):
        image = BmpImageFile(io.BytesIO(data))
        image.load()
        picture = from_pillow(image)
    return assemble(Parts(format="bmp", picture=picture, dpi=image.info.get("dpi")))

"""BMP: 1 to 32 bits, palettes and run lengths by Pillow, channels of any bits here.

BITMAPV4HEADER and BITMAPV5HEADER of the Windows SDK; Pillow knows a few masks of channels only.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus.errors import PhotoError
from defocus.formats.codec import Header
from defocus.formats.parts import Parts, assemble
from defocus.formats.pixels import Picture, check_plausible, check_size, decoding, from_pillow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.formats.codec import Content
    from defocus.photo import Photo

# Two bytes stand for at most 255 pixels.
_PIXELS_PER_BYTE = 128
_OLD_HEADER, _SHORT_HEADER, _PLAIN_HEADER = 12, 16, 40
# Compressions of which the header gives a mask for each channel: three, or with alpha.
_MASKS = {3: 3, 6: 4}
_METRE_PER_INCH = 0.0254


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

    data = _with_plain_header(data)
    size_wh = peek(data).size_wh
    check_size(*size_wh, max_pixels)
    check_plausible(*size_wh, len(data), _PIXELS_PER_BYTE)
    with decoding("the BMP"):
        masks = _masks(data)
        if masks is not None:
            return assemble(Parts("bmp", _by_masks(data, size_wh, masks), dpi=_dpi(data)))
        image = BmpImageFile(io.BytesIO(data))
        image.load()
        picture = from_pillow(image)
    return assemble(Parts(format="bmp", picture=picture, dpi=image.info.get("dpi")))


def _with_plain_header(data: bytes) -> bytes:
    """OS/2 2.x leaves off the end of a header that is all zeros; Pillow wants 40 bytes of it."""
    start, size = struct.unpack_from("<LL", data, 10) if len(data) >= 30 else (0, 0)
    if size != _SHORT_HEADER:
        return data
    added = _PLAIN_HEADER - size
    head = data[:10] + struct.pack("<LL", start + added, _PLAIN_HEADER) + data[18 : 14 + size]
    return head + bytes(added) + data[14 + size :]


def _masks(data: bytes) -> tuple[int, ...] | None:
    """Which bits are red, green, blue and perhaps alpha; None if the header is silent."""
    (size,) = struct.unpack_from("<L", data, 14)
    if size < _PLAIN_HEADER:
        return None
    bits, compression = struct.unpack_from("<HL", data, 28)
    count = _MASKS.get(compression, 0)
    if bits not in (16, 32) or not count:
        return None
    # A long header has room for alpha's, which is zero without; a short one is followed by them.
    found = struct.unpack_from(f"<{4 if size >= 56 else count}L", data, 54)
    return found if any(found[:3]) else None


def _by_masks(data: bytes, size_wh: tuple[int, int], masks: tuple[int, ...]) -> Picture:
    width, height = size_wh
    (start,) = struct.unpack_from("<L", data, 10)
    (signed_height,) = struct.unpack_from("<l", data, 22)
    (bits,) = struct.unpack_from("<H", data, 28)
    stride = -(-width * bits // 32) * 4
    if len(data) < start + stride * height:
        raise PhotoError("the BMP is cut off: copy it again from where it came")
    rows = np.frombuffer(data, np.uint8, stride * height, start).reshape(height, stride)
    codes = rows[:, : width * bits // 8].copy().view(f"<u{bits // 8}")
    if signed_height > 0:
        codes = codes[::-1]
    planes = [_channel(codes, mask) for mask in masks]
    alpha = np.ascontiguousarray(planes[3]) if len(planes) > 3 and masks[3] else None
    return Picture(np.dstack(planes[:3]), alpha)


def _channel(codes: NDArray[Any], mask: int) -> NDArray[np.uint8]:
    """The bits of a mask, which stand together, as 0 to 255; zero without a mask."""
    shift = (mask & -mask).bit_length() - 1 if mask else 0
    top = mask >> shift
    if not mask:
        return np.zeros(codes.shape, np.uint8)
    if top & (top + 1):
        raise PhotoError("the BMP has damaged masks: copy it again from where it came")
    values = (codes >> shift & top).astype(np.uint64)
    return ((values * 255 + top // 2) // top).astype(np.uint8)


def _dpi(data: bytes) -> tuple[float, float]:
    x, y = struct.unpack_from("<ll", data, 38)
    return x * _METRE_PER_INCH, y * _METRE_PER_INCH

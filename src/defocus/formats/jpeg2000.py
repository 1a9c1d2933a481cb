"""JPEG 2000 by Pillow (OpenJPEG), colour of more than 8 bits by OpenCV, with ICC, EXIF and XMP.

Boxes: ISO/IEC 15444-1, annex I; EXIF and XMP as ExifTool and Adobe put them into UUID boxes.
"""

from __future__ import annotations

import io
import struct
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from defocus import colour
from defocus.errors import PhotoError
from defocus.formats import isobmff, jpeg2000_complete, jpeg2000_deep, jpeg2000_grid
from defocus.formats.codec import Header
from defocus.formats.parts import Parts, assemble
from defocus.formats.pixels import check_plausible, check_size, decoding, from_pillow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image

    from defocus.formats.codec import Content
    from defocus.photo import Photo

BOXED, STREAM = b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51"
_EXIF = b"JpgTiffExif->JP2"
_RESTRICTED_ICC, _ANY_ICC = 2, 3
# Kinds of a channel (cdef, annex I.5.3.6), and colour spaces by number (colr, I.5.3.3, M.11.7).
_COLOUR = 0
_SRGB, _SYCC, _ESYCC = 16, 18, 24
# An empty code block of 64×64 takes about one bit. But of a large picture, which takes forty bytes
# a pixel while it is decoded, so little would be no photo.
_PIXELS_PER_BYTE = 8 * 4096
_LARGE_PX, _PIXELS_PER_BYTE_IF_LARGE = 16 << 20, 2000


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
    is_large = header.size_wh[0] * header.size_wh[1] > _LARGE_PX
    per_byte = _PIXELS_PER_BYTE_IF_LARGE if is_large else _PIXELS_PER_BYTE
    check_plausible(*header.size_wh, len(data), per_byte)
    icc, exif, xmp = _metadata(data)
    notes = []
    order = _order(data)
    with _blaming(data), decoding("the JPEG 2000"):
        if data.startswith(BOXED) and _space(data)[0] == _ESYCC:  # Pillow would call it damaged
            raise PhotoError("a JPEG 2000 in the colours of e-sYCC is not read: save it as sRGB")
        plain, grid = jpeg2000_grid.without_steps(data, data.find(STREAM))
        image: Image = Jpeg2KImageFile(io.BytesIO(plain if order is None else _as_stored(plain)))
        if image.size != peek(plain).size_wh:  # by a box beside the stream, which Pillow believes
            raise PhotoError("the JPEG 2000 gives itself two sizes: it is damaged, copy it again")
        image.load()
        is_palette = image.mode == "P"  # whose colours have 8 bits
        if is_palette:
            image = _coloured(image, data)
        if order is not None and image.mode == "RGB":
            image = _ordered(image, order, is_ycc=_space(data)[0] == _SYCC)
        if image.mode == "CMYK":
            converted, note = colour.to_srgb(image, icc)
            notes.append(note)
            picture, icc = from_pillow(converted), None
        else:
            picture = from_pillow(image)
        if header.bits > 8 and image.mode in ("LA", "RGB", "RGBA") and not is_palette:
            picture = jpeg2000_deep.deepened(plain, header.bits, picture)
        if grid is not None:
            picture = grid.stretched(picture)
            notes.append("its channels have fewer samples than it has pixels; they were repeated")
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


@contextmanager
def _blaming(data: bytes) -> Iterator[None]:
    """What the decoder says of a picture that it does not read, put right."""
    try:
        yield
    except PhotoError as error:
        state = jpeg2000_complete.state(data, data.find(STREAM))
        if error.__cause__ is None or state == jpeg2000_complete.DAMAGED:  # ours, or as it says
            raise
        if state == jpeg2000_complete.CUT_OFF:
            raise PhotoError(
                "the JPEG 2000 is cut off: copy it again from where it came"
            ) from error.__cause__
        raise PhotoError(
            "the JPEG 2000 has all its parts, but one of them is damaged, or of a kind that the "
            f"decoder installed here does not know ({str(error.__cause__)[:120]}): convert it "
            "first, or copy it again"
        ) from error.__cause__


def _coloured(image: Image, data: bytes) -> Image:
    """What the codes of a palette (pclr, annex I.5.3.4) stand for.

    Pillow leaves out colours that come twice, so that its codes mean others.

    Raises:
        PhotoError: a code has no colour.
    """
    from PIL.Image import fromarray

    for name, body, after in isobmff.boxes(data, 0, len(data)):
        if name != b"pclr" or after - body < 3:
            continue
        count, channels = struct.unpack_from(">HB", data, body)
        start = body + 3 + channels
        if channels not in (3, 4) or data[body + 3 : start] != bytes([7]) * channels:
            continue
        codes = np.asarray(image)
        if start + count * channels > after or int(codes.max()) >= count:
            raise PhotoError("the palette is damaged: copy the file again from where it came")
        colours = np.frombuffer(data, np.uint8, count * channels, start).reshape(count, channels)
        return fromarray(colours[codes])
    return image


def _order(data: bytes) -> tuple[int, ...] | None:
    """Which channel is red, green, blue (or Y, Cb, Cr), if they are out of order; Pillow's are not.

    Only of files with three channels of colour and none beside.
    """
    if not data.startswith(BOXED):
        return None
    for name, body, after in isobmff.boxes(data, 0, len(data)):
        if name == b"cdef" and after - body >= 2 + 3 * 6:
            (count,) = struct.unpack_from(">H", data, body)
            rows = struct.iter_unpack(">3H", data[body + 2 : body + 20])
            meant = {means: channel for channel, kind, means in rows if kind == _COLOUR}
            order = tuple(meant.get(colour, -1) for colour in (1, 2, 3))
            known = count == len(order) and sorted(order) == [0, 1, 2]
            return order if known and order != (0, 1, 2) else None
    return None


def _space(data: bytes) -> tuple[int, int]:
    """The number of the colour space, and where it stands; 0 and 0 without one."""
    for name, body, after in isobmff.boxes(data, 0, len(data)):
        if name == b"colr" and data[body] == 1 and after - body >= 7:
            return int.from_bytes(data[body + 3 : body + 7], "big"), body + 3
    return 0, 0


def _as_stored(data: bytes) -> bytes:
    """The same file as if its channels were red, green and blue: they come out as they are."""
    space, at = _space(data)
    return data if space != _SYCC else data[:at] + _SRGB.to_bytes(4, "big") + data[at + 4 :]


def _ordered(image: Image, order: tuple[int, ...], *, is_ycc: bool) -> Image:
    from PIL import Image

    bands = image.split()
    mode = "YCbCr" if is_ycc else "RGB"
    return Image.merge(mode, [bands[channel] for channel in order]).convert("RGB")


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

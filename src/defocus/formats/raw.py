"""Camera raw files through rawpy (extra ``raw``): developed to 16-bit sRGB.

The camera's white balance, no automatic brightening, highlights clipped, sRGB primaries and curve:
a plain rendering that a raw converter's neutral profile would give. For more, develop the file in a
raw converter and give defocus its 16-bit TIFF.
"""

from __future__ import annotations

import io
from contextlib import suppress
from typing import TYPE_CHECKING

from defocus.errors import PhotoError
from defocus.formats import ifd, isobmff, jpeg_segments, tiff
from defocus.formats.codec import Header
from defocus.formats.parts import Parts, assemble
from defocus.formats.pixels import Picture, check_size, decoding, expand_grey
from defocus.formats.tiff_tags import XMP

if TYPE_CHECKING:
    from rawpy import RawPy

    from defocus.formats.codec import Content
    from defocus.photo import Photo

# LibRaw's name for the sRGB curve: power 2.4 with a linear toe of slope 12.92.
_SRGB_CURVE = (2.4, 12.92)
# Boxes of a CR3, and the tag that leads to each directory.
_MAIN = b"CMT1"
_CANON = {_MAIN: 0, b"CMT2": ifd.EXIF_IFD, b"CMT4": ifd.GPS_IFD}
# As developed, whatever the sensor has.
_BITS = 16


def peek(data: Content) -> Header:
    """See :mod:`defocus.formats`. LibRaw reads the header alone."""
    import rawpy

    with rawpy.imread(io.BytesIO(data)) as raw:
        return Header((raw.sizes.width, raw.sizes.height), _BITS)


def read(data: bytes, max_pixels: int) -> Photo:
    """See :mod:`defocus.formats`. LibRaw turns the picture upright itself."""
    import rawpy

    with decoding("the raw file"), rawpy.imread(io.BytesIO(data)) as raw:
        check_size(raw.sizes.width, raw.sizes.height, max_pixels)
        pixels = raw.postprocess(
            output_bps=16,
            output_color=rawpy.ColorSpace.sRGB,
            gamma=_SRGB_CURVE,
            use_camera_wb=True,
            no_auto_bright=True,
        )
        exif, packet = _metadata(data, raw)
    if pixels.ndim == 2 or pixels.shape[2] == 1:  # a camera without colours
        picture = Picture(expand_grey(pixels.reshape(pixels.shape[:2])), grey=True)
    else:
        picture = Picture(pixels)
    return assemble(
        Parts(
            format="raw",
            picture=picture,
            exif=exif,
            xmp=packet,
            orientation=1,
            notes=["raw developed to 16-bit sRGB with the camera's white balance"],
        )
    )


def _metadata(data: bytes, raw: RawPy) -> tuple[bytes | None, bytes | None]:
    """EXIF and XMP: of the file itself if it is a TIFF inside, as most are, of Canon's boxes, or of
    the JPEG that the camera put beside the picture.
    """
    if data[4:8] == b"ftyp":
        return _canon_exif(data), isobmff.xmp(data)
    try:
        directory, _ = ifd.read(data)
    except PhotoError:
        return _of_preview(raw)
    return tiff.exif_of(directory), directory.bytes_of(XMP)


def _canon_exif(data: bytes) -> bytes | None:
    """A CR3 has the directories of EXIF in boxes of their own; its maker note stays behind."""
    parts: dict[bytes, ifd.Directory] = {}
    for name, body, after in isobmff.boxes(data, 0, len(data)):
        if name in _CANON:
            with suppress(PhotoError):
                parts[name] = ifd.read(data[body:after])[0]
    first = parts.pop(_MAIN, None)
    if first is None:
        return None
    below = {
        _CANON[name]: ifd.Entry(ifd.LONG, 1, directory=directory)
        for name, directory in parts.items()
        if directory.order == first.order
    }
    whole = ifd.Directory(first.order, {**first.without(_CANON.values()).entries, **below})
    return tiff.exif_of(whole)


def _of_preview(raw: RawPy) -> tuple[bytes | None, bytes | None]:
    import rawpy

    try:
        preview = raw.extract_thumb()
    except rawpy.LibRawError:  # there is none, or of an odd kind
        return None, None
    if preview.format != rawpy.ThumbFormat.JPEG:
        return None, None
    try:
        found = jpeg_segments.take_apart(bytes(preview.data))
    except PhotoError:
        return None, None
    return found.exif, found.xmp

"""Camera raw files through rawpy (extra ``raw``): developed to 16-bit sRGB.

The camera's white balance, no automatic brightening, highlights clipped, sRGB primaries and curve:
a plain rendering that a raw converter's neutral profile would give. For more, develop the file in a
raw converter and give defocus its 16-bit TIFF.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from defocus.errors import PhotoError
from defocus.formats import ifd, tiff
from defocus.formats.codec import Header
from defocus.formats.parts import Parts, assemble
from defocus.formats.pixels import Picture, check_size, decoding
from defocus.formats.tiff_tags import XMP

if TYPE_CHECKING:
    from defocus.formats.codec import Content
    from defocus.photo import Photo

# LibRaw's name for the sRGB curve: power 2.4 with a linear toe of slope 12.92.
_SRGB_CURVE = (2.4, 12.92)
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
    exif, packet = _metadata(data)
    return assemble(
        Parts(
            format="raw",
            picture=Picture(pixels),
            exif=exif,
            xmp=packet,
            orientation=1,
            notes=["raw developed to 16-bit sRGB with the camera's white balance"],
        )
    )


def _metadata(data: bytes) -> tuple[bytes | None, bytes | None]:
    """EXIF and XMP. Most raw files are TIFF inside; of the others only the picture is read."""
    try:
        directory, _ = ifd.read(data)
    except PhotoError:
        return None, None
    return tiff.exif_of(directory), directory.bytes_of(XMP)

"""AVIF of more than 8 bits through imagecodecs (extra ``avif``), HDR curves among it.

Pillow's plugin, which reads and writes the rest, knows 8 bits only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from defocus import colour
from defocus.errors import PhotoError
from defocus.formats.avif_items import with_items
from defocus.formats.pixels import Picture, expand_grey, split_alpha, with_alpha

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.photo import Photo

# H.273: primaries, curve and matrix of sRGB; 2 leaves the first two to the profile.
_SRGB, _BY_PROFILE = (1, 13), (2, 2)
_BT601, _BT2020 = 6, 9
_LEAST_BITS, _MOST_BITS = 10, 12


def pixels(data: bytes, bits: int) -> Picture:
    """The (first) picture as 16 bits, as stored: not turned.

    Args:
        data: the file, whose size has been checked.
        bits: per channel, 10 or 12.
    """
    import imagecodecs

    codes = imagecodecs.avif_decode(data, index=0)
    top = (1 << bits) - 1
    table = (np.arange(top + 1, dtype=np.uint32) * 65535 // top).astype(np.uint16)
    values: NDArray[Any] = table[np.minimum(codes, top)]
    if values.ndim == 2:
        return Picture(expand_grey(values), grey=True)
    if values.shape[2] == 2:
        return Picture(expand_grey(values[..., 0]), np.ascontiguousarray(values[..., 1]), grey=True)
    return split_alpha(values) if values.shape[2] == 4 else Picture(values)


def encoded(photo: Photo, exif: bytes | None, quality: int, speed: int) -> bytes:
    """A file of 10 bits, or of 12 if the photo came with more than 10.

    Args:
        photo: of 16 bits, or of 8 with an HDR curve.
        exif: its block without the orientation, or None.
        quality: 1 to 100.
        speed: 0 (slow) to 10.
    """
    import imagecodecs

    meta = photo.meta
    bits = _MOST_BITS if (meta.bits or _LEAST_BITS) > _LEAST_BITS else _LEAST_BITS
    top = (1 << bits) - 1
    values = with_alpha(photo)
    white = int(np.iinfo(values.dtype).max)
    codes = ((values.astype(np.uint32) * top + white // 2) // white).astype(np.uint16)
    grey = codes.ndim == 2 or codes.shape[2] == 2
    icc = colour.fitting(meta.icc, grey=grey)
    points = meta.cicp or (_SRGB if icc is None else _BY_PROFILE)
    try:
        data = imagecodecs.avif_encode(
            codes,
            level=quality,
            speed=speed,
            bitspersample=bits,
            pixelformat="400" if grey else "444",
            primaries=points[0],
            transfer=points[1],
            matrix=_BT2020 if points[0] == _BT2020 else _BT601,
            numthreads=1,
        )
    except imagecodecs.AvifError as error:
        raise PhotoError(f"AVIF cannot be encoded ({error}): write PNG or TIFF instead") from None
    return with_items(bytes(data), exif=exif, xmp=meta.xmp, icc=icc)

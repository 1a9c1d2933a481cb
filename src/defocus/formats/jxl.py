"""JPEG XL (extra ``jxl``): libjxl by pillow-jxl-plugin, and by imagecodecs above 8 bits.

A JPEG that was packed into JPEG XL is unpacked and read as the JPEG that it was.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus import colour
from defocus.errors import PhotoError
from defocus.formats import isobmff, jpeg, jxl_header
from defocus.formats.budget import Budget
from defocus.formats.codec import is_here
from defocus.formats.parts import Parts, assemble
from defocus.formats.pixels import (
    Picture,
    check_size,
    decoding,
    expand_grey,
    split_alpha,
    unpremultiplied,
)
from defocus.installation import to_install_extra

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.photo import Photo

_CHANNELS = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}
# Metadata packed by Brotli may unfold to this at most: it is text and small tables.
_MOST_METADATA_BYTES = 64 << 20
peek = jxl_header.peek


def read(data: bytes, max_pixels: int) -> Photo:
    """See :mod:`defocus.formats`. Of an animation the first picture."""
    from pillow_jxl import Decoder

    claims = jxl_header.claims(data)
    header = claims.header
    check_size(*header.size_wh, max_pixels)
    notes: list[str] = []
    with decoding("the JPEG XL"):
        packed, info, content, icc, _ = Decoder(num_threads=1)(data)
        if packed:
            return jpeg.read(bytes(content), max_pixels)
        if icc and colour.space(icc) == "CMYK":  # the decoder leaves out black
            raise PhotoError("a JPEG XL of inks (CMYK) is not read: save it as RGB")
        picture = _picture(data, info, content, claims, notes)
        if claims.is_premultiplied and picture.alpha is not None:
            plain = unpremultiplied(picture.pixels, picture.alpha)
            picture = replace(picture, pixels=plain)
    blocks = _metadata(data, Budget(header.size_wh), notes)
    cicp = colour.code_points(icc) if icc else None
    return assemble(
        Parts(
            format="jxl",
            picture=picture,
            icc=None if cicp is not None else icc or None,
            cicp=cicp,
            bits=header.bits if header.bits > 8 and picture.pixels.itemsize > 1 else None,
            exif=blocks.get(b"Exif"),
            xmp=blocks.get(b"xml "),
            orientation=1,  # the decoder has turned it
            notes=notes,
        )
    )


def _picture(
    data: bytes, info: Any, content: bytes, claims: jxl_header.Claims, notes: list[str]
) -> Picture:
    """Upright; 16 bits if the file has more than 8 and imagecodecs is there to give them."""
    bits = claims.header.bits
    if claims.is_moving:  # of which pillow-jxl-plugin gives the last picture
        notes.append("an animation: only its first picture is kept")
    if bits <= 8 and info.mode in _CHANNELS and not claims.is_moving:
        flat = np.frombuffer(content, np.uint8)
        return _of(flat.reshape(info.height, info.width, _CHANNELS[info.mode]))
    if not is_here("imagecodecs"):
        what = "the first picture of an animation" if claims.is_moving else f"{bits} bits a channel"
        raise PhotoError(f"{what} needs imagecodecs: {to_install_extra('jxl')}")
    import imagecodecs

    values: NDArray[Any] = imagecodecs.jpegxl_decode(data, index=0, numthreads=1)
    if values.dtype.kind == "f":
        notes.append(f"{bits}-bit floating point becomes 16-bit whole numbers")
        light = np.nan_to_num(values.astype(np.float32))  # 65,535 is more than a half float holds
        values = np.rint(np.clip(light, 0, 1) * 65535).astype(np.uint16)
    elif 8 < bits < 16:  # as stored: white is the most that they hold
        top = (1 << bits) - 1
        table = (np.arange(top + 1, dtype=np.uint32) * 65535 + top // 2) // top
        codes: NDArray[Any] = table.astype(np.uint16)
        values = codes[np.minimum(values, top)]
    return _of(values if values.ndim == 3 else values[..., None])


def _of(values: NDArray[Any]) -> Picture:
    """H×W×1 to ×4, grey and colour with alpha or without."""
    channels = values.shape[2]
    if channels >= 3:
        return split_alpha(values) if channels == 4 else Picture(np.ascontiguousarray(values))
    alpha = np.ascontiguousarray(values[..., 1]) if channels == 2 else None
    return Picture(expand_grey(values[..., 0]), alpha, grey=True)


def _metadata(data: bytes, budget: Budget, notes: list[str]) -> dict[bytes, bytes]:
    """EXIF as a TIFF block and the XMP packet, by the type of their boxes (ISO/IEC 18181-2)."""
    found: dict[bytes, bytes] = {}
    if data[:2] == jxl_header.STREAM:
        return found
    for name, body, after in isobmff.boxes(data, 0, len(data)):
        kind, content = name, data[body:after]
        if name == b"brob":
            kind, content = content[:4], content[4:]
        if kind not in (b"Exif", b"xml ") or kind in found:
            continue
        try:
            content = _unpacked(content) if name == b"brob" else content
            budget.take(len(content), "its metadata")
        except PhotoError as error:
            notes.append(f"{kind.decode().strip()} is dropped: {error}")
            continue
        # EXIF begins after an offset, which four bytes give and some writers leave out.
        has_offset = kind == b"Exif" and content[:4] not in (b"II*\0", b"MM\0*")
        found[kind] = content[4 + int.from_bytes(content[:4], "big") if has_offset else 0 :]
    return found


def _unpacked(content: bytes) -> bytes:
    if not is_here("imagecodecs"):
        raise PhotoError(f"it is packed by Brotli, for which: {to_install_extra('jxl')}")
    import imagecodecs

    try:
        return bytes(imagecodecs.brotli_decode(content, out=_MOST_METADATA_BYTES))
    except RuntimeError as error:
        raise PhotoError(f"it is damaged ({str(error)[:60]})") from None

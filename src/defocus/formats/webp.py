"""WebP, lossy or lossless as it came, with EXIF, ICC, XMP and alpha.

Container: https://developers.google.com/speed/webp/docs/riff_container
"""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from defocus import colour
from defocus.formats.codec import Header
from defocus.formats.cut_off import check_written
from defocus.formats.parts import Parts, assemble
from defocus.formats.pixels import (
    check_size,
    decoding,
    from_pillow,
    to_8_bit,
    to_pillow,
    with_alpha,
)
from defocus.transfer import SRGB

if TYPE_CHECKING:
    from defocus.formats.codec import Content, Save
    from defocus.photo import Photo

_DEFAULT_QUALITY = 92
# Pillow refuses larger WebP files by itself, with no way to ask otherwise.
_MAX_PIXELS = 178_956_970


def peek(data: Content) -> Header:
    """See :mod:`defocus.formats`."""
    return Header(_size_wh(_chunks(data)))


def read(data: bytes, max_pixels: int) -> Photo:
    """See :mod:`defocus.formats`. Of an animation the first picture is taken, with a note."""
    from PIL.WebPImagePlugin import WebPImageFile

    chunks = _chunks(data)
    check_size(*_size_wh(chunks), min(max_pixels, _MAX_PIXELS))
    for name in (b"VP8 ", b"VP8L"):
        held = chunks.get(name, b"")
        check_written(held, 0, len(held), "the WebP")
    with decoding("the WebP"):
        image = WebPImageFile(io.BytesIO(data))
        image.load()
        picture = from_pillow(image)
    notes = []
    if b"ANIM" in chunks:
        notes.append("an animation: only its first picture is kept")
    return assemble(
        Parts(
            format="webp",
            picture=picture,
            icc=chunks.get(b"ICCP"),
            exif=chunks.get(b"EXIF"),
            xmp=chunks.get(b"XMP ") or chunks.get(b"XMP\0"),  # as some programs spell it
            notes=notes,
            compressed=b"VP8L" in chunks,
        )
    )


def _chunks(data: Content) -> dict[bytes, bytes]:
    """The first RIFF chunk of each name, in full or as far as it goes."""
    chunks: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        chunks.setdefault(data[at : at + 4], data[at + 8 : at + 8 + size])
        at += 8 + size + size % 2
    return chunks


def _size_wh(chunks: dict[bytes, bytes]) -> tuple[int, int]:
    """The largest size that any header claims."""
    sizes = [(0, 0)]
    extended = chunks.get(b"VP8X", b"")
    if len(extended) >= 10:
        wide, high = extended[4:7], extended[7:10]
        sizes.append((int.from_bytes(wide, "little") + 1, int.from_bytes(high, "little") + 1))
    lossless = chunks.get(b"VP8L", b"")
    if len(lossless) >= 5:
        bits = int.from_bytes(lossless[1:5], "little")
        sizes.append(((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1))
    lossy = chunks.get(b"VP8 ", b"")
    if len(lossy) >= 10:
        wide, high = lossy[6:8], lossy[8:10]
        sizes.append(
            (int.from_bytes(wide, "little") & 0x3FFF, int.from_bytes(high, "little") & 0x3FFF)
        )
    return max(sizes, key=lambda size: size[0] * size[1])


def write(target: BinaryIO, photo: Photo, save: Save) -> None:
    """See :mod:`defocus.formats`. 16 bits become 8, grey becomes sRGB (WebP knows no grey)."""
    meta = photo.meta
    if meta.icc is not None and colour.space(meta.icc) == "grey":
        dtype = photo.pixels.dtype
        light = photo.transfer.decode_table(int(np.iinfo(dtype).max) + 1)
        photo = replace(photo, pixels=SRGB.codes(light, dtype)[photo.pixels])
    values = to_8_bit(with_alpha(photo))
    options: dict[str, Any] = {"quality": save.quality or _DEFAULT_QUALITY, "exact": True}
    if meta.format == "webp" and meta.compressed and save.quality is None:
        options.update(lossless=True, quality=50)
    icc = colour.fitting(meta.icc, grey=False)
    if icc is not None:
        options["icc_profile"] = icc
    if meta.exif is not None:
        options["exif"] = meta.exif
    if meta.xmp is not None:
        options["xmp"] = meta.xmp
    to_pillow(values).save(target, "WEBP", **options)

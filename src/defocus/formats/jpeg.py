"""JPEG, with its tables, subsampling, EXIF, ICC, XMP, IPTC, comment and embedded depth."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from defocus import colour
from defocus.errors import PhotoError
from defocus.formats import (
    aspect,
    exif,
    gain_map,
    google_depth,
    jpeg_complete,
    jpeg_segments,
    phone_jpeg,
    xmp,
)
from defocus.formats.budget import Budget
from defocus.formats.codec import Header, Save
from defocus.formats.parts import Parts, assemble
from defocus.formats.pixels import (
    Picture,
    as_stored,
    check_plausible,
    check_size,
    decoding,
    from_pillow,
    to_8_bit,
    to_pillow,
)
from defocus.tone import as_sdr

if TYPE_CHECKING:
    from defocus.formats.codec import Content
    from defocus.formats.jpeg_segments import JpegFile
    from defocus.photo import Photo

_DEFAULT_QUALITY = 95
# Pixels times scans: half a minute of decoding. Encoders make about ten scans.
_MAX_SCANNED = 4_000_000_000
# A block of 8×8 pixels takes at least one bit.
_PIXELS_PER_BYTE = 8 * 64


def peek(data: Content) -> Header:
    """See :mod:`defocus.formats`."""
    return Header(*jpeg_segments.claims(data))


def read(data: bytes, max_pixels: int) -> Photo:
    """See :mod:`defocus.formats`."""
    found = jpeg_segments.take_apart(data)
    check_size(*found.size_wh, max_pixels)
    check_plausible(*found.size_wh, found.end - found.scan, _PIXELS_PER_BYTE)
    if len(found.scans) * math.prod(found.size_wh) > max(_MAX_SCANNED, 20 * max_pixels):
        raise PhotoError(f"the JPEG has {len(found.scans)} scans: it is damaged, copy it again")
    notes: list[str] = []
    picture, encoding, icc = _decode(found, data, notes)
    phone = phone_jpeg.read(found, data, Budget(found.size_wh))
    notes.extend(phone.notes)
    return assemble(
        Parts(
            format="jpeg",
            picture=picture,
            icc=icc,
            exif=found.exif,
            xmp=phone.xmp,
            dpi=found.dpi,
            aspect=found.aspect,
            jpeg=encoding,
            photoshop=found.photoshop,
            comment=found.comment,
            embedded=phone.embedded,
            gain_map=phone.gain_map,
            notes=notes,
        )
    )


def _decode(
    found: JpegFile, data: bytes, notes: list[str]
) -> tuple[Picture, dict[str, Any] | None, bytes | None]:
    """Pixels, what it takes to encode them alike, and the profile that they are in."""
    stream = found.header + data[found.scan : found.end]
    if found.has_icc and found.icc is None:
        notes.append("colour profile dropped: it is not all there")
    with decoding("the JPEG"):
        image = jpeg_complete.loaded(stream if found.has_end else stream + jpeg_complete.END_MARK)
        said = jpeg_complete.check_complete(found, image, stream)
        if said is not None:
            notes.append(said)
        if image.mode == "CMYK":
            converted, note = colour.to_srgb(image, found.icc)
            notes.append(note)
            return from_pillow(converted), None, None
        encoding = jpeg_segments.encoding_of(image) | {"progressive": found.progressive}
        return from_pillow(image), encoding, found.icc


def write(target: BinaryIO, photo: Photo, save: Save) -> None:
    """See :mod:`defocus.formats`. 16 bits become 8, transparency becomes white."""
    meta = photo.meta
    options: dict[str, Any] = dict(meta.jpeg or {})
    if save.quality is not None or "qtables" not in options:
        options.pop("qtables", None)
        options["quality"] = save.quality or _DEFAULT_QUALITY
        options.setdefault("subsampling", 0)
    if meta.dpi is not None:
        options["dpi"] = meta.dpi
    if meta.comment is not None:
        options["comment"] = meta.comment
    stored = _flattened(photo)
    icc = colour.fitting(meta.icc, grey=stored.ndim == 2)
    if icc is not None:
        options["icc_profile"] = icc
    if meta.exif is not None:
        block, _ = exif.within(meta.exif, jpeg_segments.MAX_EXIF)
        options["exif"] = exif.PREFIX + block if block is not None else b""
    gain = b"" if photo.gain_map is None else gain_map.encode(photo.gain_map)
    extra = _xmp_segments(meta.xmp, save, len(gain))
    if gain:
        extra += jpeg_segments.segment(jpeg_segments.APP2, gain_map.VERSIONS)
        extra += jpeg_segments.picture_index(2)
    if meta.photoshop is not None:
        extra += jpeg_segments.photoshop_segments(meta.photoshop)
    if extra:
        options["extra"] = extra
    buffer = io.BytesIO()
    to_pillow(stored).save(buffer, "JPEG", **options)
    encoded = buffer.getvalue()
    if meta.dpi is None and meta.aspect is not None:
        encoded = aspect.in_jfif(encoded, meta.aspect)
    target.write(jpeg_segments.fill_index(encoded, [len(gain)]) + gain if gain else encoded)


def _xmp_segments(packet: bytes | None, save: Save, gain_bytes: int) -> bytes:
    """Main and extended XMP, with the depth to embed and word of a gain map merged in."""
    is_plain = save.refocus is None and not gain_bytes
    if packet is None and is_plain:
        return b""
    if packet is not None and is_plain and len(packet) <= jpeg_segments.MAX_MAIN_XMP:
        return jpeg_segments.xmp_segments(packet, None)
    document = xmp.parse(packet) if packet is not None else xmp.empty()
    if gain_bytes:
        gain_map.announce(document, gain_bytes)
    if save.refocus is not None:
        google_depth.embed(document, save.refocus, _encoded_original(save.refocus.original))
    return jpeg_segments.xmp_segments(*xmp.split(document, jpeg_segments.MAX_MAIN_XMP))


def _encoded_original(original: Photo | None) -> bytes | None:
    """The picture before the blur as a JPEG with its profile, without the rest."""
    if original is None:
        return None
    original = as_sdr(original)
    buffer = io.BytesIO()
    meta = replace(original.meta, exif=None, xmp=None, photoshop=None, comment=None)
    write(buffer, replace(original, meta=meta, gain_map=None), Save())
    return buffer.getvalue()


def _flattened(photo: Photo) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """8 bits, and transparent parts over white."""
    stored = to_8_bit(as_stored(photo))
    if photo.alpha is None:
        return stored
    alpha = to_8_bit(photo.alpha).astype(np.uint16)
    if stored.ndim == 3:
        alpha = alpha[..., None]
    return ((stored * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)

"""Photoshop documents, flattened: the merged picture that Photoshop stores beside the layers.

Adobe Photoshop File Formats Specification (2019): header, colour table, resources, layers, picture.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus.errors import PhotoError
from defocus.formats import libtiff, photoshop
from defocus.formats.codec import Header
from defocus.formats.parts import Parts, assemble
from defocus.formats.pixels import Picture, check_plausible, check_size, decoding
from defocus.formats.tiff_pixels import from_samples
from defocus.formats.tiff_tags import (
    BLACK_IS_ZERO,
    CMYK,
    ICC_LAB,
    PACK_BITS,
    PALETTE,
    RGB,
    UNASSOCIATED,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.formats.codec import Content
    from defocus.photo import Photo

# Colour mode → what its samples mean, and how many there are.
_MODES = {
    0: (BLACK_IS_ZERO, 1),
    1: (BLACK_IS_ZERO, 1),
    2: (PALETTE, 1),
    3: (RGB, 3),
    4: (CMYK, 4),
    8: (BLACK_IS_ZERO, 1),  # duotone: its grey
    9: (ICC_LAB, 3),
}
_BITMAP, _DUOTONE = 0, 8
_PLAIN, _PACKED = 0, 1
_RATIO = {_PLAIN: 1, _PACKED: 64}
_LARGE = 2
# VersionInfo says in its fifth byte whether there is a merged picture; older files have none.
_MERGED = bytes((0, 0, 0, 1, 1))
_NOT_MERGED = "it was saved without 'maximize compatibility': save it anew with it, or as TIFF"


@dataclass(frozen=True, slots=True)
class _Document:
    """The header, and where its parts stand."""

    size_wh: tuple[int, int]
    channels: int
    bits: int
    mode: int
    is_large: bool
    colours: bytes
    resources: bytes
    layers: int  # negative: the channel after the colours is the merged picture's transparency
    picture: int


def peek(data: Content) -> Header:
    """See :mod:`defocus.formats`."""
    _, channels, height, width, bits, _ = _header(data)
    if channels < 1:
        raise PhotoError("the PSD has a damaged header: copy it again")
    return Header((width, height), bits)


def _header(data: Content) -> tuple[int, ...]:
    if len(data) < 26:
        raise PhotoError("the PSD is cut off: copy it again from where it came")
    return struct.unpack(">H6xHLLHH", data[4:26])


def read(data: bytes, max_pixels: int) -> Photo:
    """See :mod:`defocus.formats`."""
    check_size(*peek(data).size_wh, max_pixels)
    found = _take_apart(data)
    resources = photoshop.resources(found.resources)
    if resources.get(photoshop.VERSION, _MERGED)[4:5] == b"\0":
        raise PhotoError(f"the PSD holds no picture, for {_NOT_MERGED}")
    notes = ["the layers are flattened"] if found.layers else []
    if found.mode == _DUOTONE:
        notes.append("the inks of a duotone are not read, only its grey")
    meaning, colours = _MODES.get(found.mode, (-1, 0))
    if meaning < 0 or found.channels < colours or found.bits not in (1, 8, 16, 32):
        raise PhotoError("a PSD of this kind is not read: save it as RGB of 8 or 16 bits")
    if found.bits == 32 and meaning not in (RGB, BLACK_IS_ZERO):
        raise PhotoError("a PSD of this kind is not read: save it as RGB of 8 or 16 bits")
    has_alpha = found.layers < 0 and found.channels > colours
    with decoding("the PSD"):
        values = _samples(data, found, colours + has_alpha)
        if found.mode in (_BITMAP, 4):  # black is 1, inks are stored inverted
            values[..., :colours] = ((1 << found.bits) - 1) - values[..., :colours]
        picture, icc = from_samples(
            values,
            found.bits,
            meaning,
            UNASSOCIATED if has_alpha else None,
            resources.get(photoshop.ICC),
            notes,
            palette=_palette(found.colours),
        )
    if has_alpha and meaning in (RGB, BLACK_IS_ZERO):
        picture = _without_white(picture)
    return assemble(
        Parts(
            format="psd",
            picture=picture,
            icc=icc,
            exif=resources.get(photoshop.EXIF),
            xmp=resources.get(photoshop.XMP),
            dpi=_dpi(resources.get(photoshop.RESOLUTION)),
            photoshop=photoshop.captions(resources),
            notes=notes,
        )
    )


def _without_white(picture: Picture) -> Picture:
    """What is half transparent in the merged picture stands there as if on white paper."""
    if picture.alpha is None:
        return picture
    top = np.float32(np.iinfo(picture.pixels.dtype).max)
    seen = picture.alpha[..., None] / top
    plain = (picture.pixels - (1 - seen) * top) / np.maximum(seen, 1 / top)
    plain = np.where(seen > 0, np.rint(np.clip(plain, 0, top)), picture.pixels)
    return replace(picture, pixels=plain.astype(picture.pixels.dtype))


def _take_apart(data: bytes) -> _Document:
    version, channels, height, width, bits, mode = _header(data)
    wide = version == _LARGE
    at, parts = 26, []
    for part in range(3):
        size_bytes = 8 if wide and part == 2 else 4
        size = int.from_bytes(data[at : at + size_bytes], "big")
        at += size_bytes
        parts.append((at, size))
        at += size
    if at + 2 > len(data):
        raise PhotoError(f"the PSD is cut off, or {_NOT_MERGED}")
    (colours, resources, layers) = parts
    return _Document(
        (width, height),
        channels,
        bits,
        mode,
        wide,
        data[colours[0] : sum(colours)],
        data[resources[0] : sum(resources)],
        _layer_count(data, *layers, size_bytes=8 if wide else 4),
        at,
    )


def _layer_count(data: bytes, at: int, size: int, *, size_bytes: int) -> int:
    """As stored, so perhaps negative; 0 if the file holds none."""
    place = at + size_bytes
    if size < size_bytes + 2 or int.from_bytes(data[at:place], "big") < 2:
        return 0
    return int.from_bytes(data[place : place + 2], "big", signed=True)


def _samples(data: bytes, found: _Document, wanted: int) -> NDArray[Any]:
    """The first ``wanted`` channels, H×W×C uint8, uint16 or float32."""
    width, height = found.size_wh
    row_bytes = -(-width * found.bits // 8)
    (packing,) = struct.unpack_from(">H", data, found.picture)
    if packing not in _RATIO:
        raise PhotoError("a PSD with this compression is not read: save it again")
    at = found.picture + 2
    per_byte = _RATIO[packing] * width / (row_bytes * found.channels)
    check_plausible(width, height, len(data) - at, per_byte)
    rows = height * wanted
    if packing == _PLAIN:
        plain = data[at : at + rows * row_bytes]
    else:
        count_bytes = 4 if found.is_large else 2
        table = height * found.channels
        sizes = np.frombuffer(data, f">u{count_bytes}", table, at)
        at += table * count_bytes
        ends = at + np.cumsum(sizes[:rows], dtype=np.int64)
        pieces = (data[end - size : end] for end, size in zip(ends, sizes[:rows], strict=True))
        plain = b"".join(libtiff.expanded(pieces, [1] * rows, row_bytes, PACK_BITS))
    if len(plain) < rows * row_bytes:
        raise PhotoError("the PSD is cut off: copy it again from where it came")
    raw = np.frombuffer(plain, np.uint8).reshape(wanted, height, row_bytes)
    if found.bits == 1:
        planes = np.unpackbits(raw, axis=2, count=width)
    else:
        kind = "f4" if found.bits == 32 else f"u{found.bits // 8}"  # 32 bits are light
        planes = raw.view(f">{kind}").astype(kind)
    return np.ascontiguousarray(np.moveaxis(planes, 0, 2))


def _palette(table: bytes) -> NDArray[np.uint16]:
    """256 colours, all reds first, as 16 bits."""
    if len(table) != 768:
        return np.zeros((0, 3), np.uint16)
    return np.frombuffer(table, np.uint8).reshape(3, 256).T.astype(np.uint16) * 257


def _dpi(block: bytes | None) -> tuple[float, float] | None:
    """ResolutionInfo: fixed-point numbers, always per inch."""
    if block is None or len(block) < 12:
        return None
    x, y = struct.unpack(">L4xL", block[:12])
    return x / 65536, y / 65536

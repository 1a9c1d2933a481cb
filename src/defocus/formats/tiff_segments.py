"""The samples of a TIFF: strips and tiles, decompressed, unpacked and put in their places.

TIFF 6.0, its supplements (predictor 3: Adobe Photoshop TIFF Technical Note 3), and the packed 10,
12 and 14 bits of cameras.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus.errors import PhotoError
from defocus.formats import libtiff
from defocus.formats.tiff_tags import (
    COMPRESSION,
    FILL_ORDER,
    FLOAT,
    LZMA,
    LZW,
    NO_COMPRESSION,
    PACK_BITS,
    PREDICTOR,
    SIGNED,
    UNSIGNED,
    ZIP,
    ZSTD,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from defocus.formats import ifd
    from defocus.formats.ifd import Directory
    from defocus.formats.tiff_layout import Layout

_BY_LIBTIFF = {LZW, PACK_BITS, LZMA, ZSTD}
_HORIZONTAL, _FLOATING = 2, 3
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_UNPACK_VALUES = 1 << 20


def samples(data: bytes, directory: Directory, found: Layout, wanted: int) -> NDArray[Any]:
    """The first ``wanted`` channels as stored: H×W×C unsigned integers, signed ones or floats.

    Packed bits come as uint8 (up to 8) or uint16, not stretched.

    Raises:
        PhotoError: damaged, or a compression or predictor that is not read.
    """
    channels = min(wanted, found.samples)
    per_plane = found.samples // found.planes
    out = np.empty((found.height, found.width, channels), _dtype(found))
    compression = directory.number(COMPRESSION, NO_COMPRESSION)
    predictor = 1 if compression == NO_COMPRESSION else directory.number(PREDICTOR, 1)
    wide, high = found.segment_wh
    across, down = found.grid
    planes = min(found.planes, channels)
    places = [(p, y, x) for p in range(planes) for y in range(down) for x in range(across)]
    reverse = directory.number(FILL_ORDER, 1) == 2
    pieces = (
        data[start : start + size].translate(_REVERSED) if reverse else data[start : start + size]
        for start, size in zip(found.starts, found.sizes, strict=True)
    )
    rows = [found.rows(y) for _, y, _ in places]
    plain_pieces = _expanded(pieces, rows, found.row_bytes, compression)
    for (plane, y, x), count, plain in zip(places, rows, plain_pieces, strict=True):
        values = _unpacked(plain, count, found, directory.order, predictor)
        values = values.reshape(count, wide, per_plane)
        if predictor == _HORIZONTAL:
            values = np.cumsum(values, axis=1, dtype=values.dtype)
            if found.bits % 8:
                values &= values.dtype.type((1 << found.bits) - 1)
        top, left = y * high, x * wide
        target = out[top : top + high, left : left + wide]
        piece = values[: target.shape[0], : target.shape[1]]
        if found.planes > 1:
            target[..., plane] = piece[..., 0]
        else:
            target[...] = piece[..., :channels]
    return out.view(f"f{found.bits // 8}") if found.kind == FLOAT else out


def _dtype(found: Layout) -> np.dtype[Any]:
    """In memory; floats as the integers of their size, for that is how predictors see them."""
    if found.kind == FLOAT and found.bits not in (16, 32, 64):
        raise PhotoError(f"{found.bits}-bit floating point is not read: save it as 16-bit RGB")
    if found.kind not in (UNSIGNED, SIGNED, FLOAT) or 16 < found.bits not in (32, 64):
        raise PhotoError(f"samples of {found.bits} bits are not read: save it as 16-bit RGB")
    size = 1 if found.bits <= 8 else 2 if found.bits <= 16 else found.bits // 8
    return np.dtype(f"{'i' if found.kind == SIGNED and not found.bits % 8 else 'u'}{size}")


def _unpacked(
    plain: bytes, rows: int, found: Layout, order: ifd.Order, predictor: int
) -> NDArray[Any]:
    """The samples of a segment in one row, floats as integers of their size."""
    if len(plain) < rows * found.row_bytes:
        raise PhotoError("the TIFF is cut off: copy it again from where it came")
    raw = np.frombuffer(plain, np.uint8, rows * found.row_bytes)
    per_row = found.segment_wh[0] * found.samples // found.planes
    if predictor == _FLOATING and found.kind == FLOAT:
        return _undo_floating(raw.reshape(rows, -1), found)
    if predictor not in (1, _HORIZONTAL):
        raise PhotoError(f"a TIFF with predictor {predictor} is not read: save it with ZIP or none")
    if found.bits in (8, 16, 32, 64):
        dtype = _dtype(found)
        return raw.view(dtype.newbyteorder(order)).astype(dtype, copy=False)
    return _from_bits(raw.reshape(rows, -1), per_row, found.bits)


def _from_bits(packed: NDArray[np.uint8], per_row: int, bits: int) -> NDArray[Any]:
    """Samples of 1 to 15 bits, the highest first, each row from a byte of its own."""
    size = 1 if bits < 8 else 2
    out = np.empty((len(packed), per_row), f">u{size}")
    step = max(1, _UNPACK_VALUES // per_row)
    for top in range(0, len(packed), step):
        band = np.unpackbits(packed[top : top + step], axis=1, count=per_row * bits)
        wide = np.zeros((len(band), per_row, 8 * size), np.uint8)
        wide[..., 8 * size - bits :] = band.reshape(len(band), per_row, bits)
        out[top : top + step] = np.packbits(wide, axis=2).view(f">u{size}")[..., 0]
    return out.astype(f"u{size}")


def _undo_floating(rows: NDArray[np.uint8], found: Layout) -> NDArray[Any]:
    """Predictor 3: bytes of equal weight stand together, highest first, as differences."""
    size, per_pixel = found.bits // 8, found.samples // found.planes
    summed = np.cumsum(rows.reshape(len(rows), -1, per_pixel), axis=1, dtype=np.uint8)
    by_weight = summed.reshape(len(rows), size, -1)
    together = np.ascontiguousarray(np.moveaxis(by_weight, 1, 2))
    return together.view(f">u{size}").astype(f"u{size}").ravel()


def _expanded(
    pieces: Iterator[bytes], rows: list[int], row_bytes: int, compression: int
) -> Iterator[bytes]:
    """Each segment without its compression, at least as long as its rows."""
    if compression == NO_COMPRESSION:
        yield from (piece for _, piece in zip(rows, pieces, strict=False))
    elif compression in ZIP:
        for count, piece in zip(rows, pieces, strict=False):
            yield zlib.decompressobj().decompress(piece, count * row_bytes)
    elif compression in _BY_LIBTIFF:
        yield from libtiff.expanded(pieces, rows, row_bytes, compression)
    else:
        raise PhotoError(f"compression {compression} is not read: save it with ZIP, LZW or none")

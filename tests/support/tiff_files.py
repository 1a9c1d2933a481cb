"""TIFF files of every kind, made here: packed bits, predictors, planes, tiles, either byte order.

Compression is imagecodecs' work, so that reader and writer share nothing.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus.formats import ifd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

COMPRESSIONS = {"none": 1, "lzw": 5, "zip": 8, "old zip": 32946, "packbits": 32773}
COMPRESSIONS |= {"lzma": 34925, "zstd": 50000}
PHOTOMETRIC = {"white": 0, "black": 1, "rgb": 2, "palette": 3, "cmyk": 5, "lab": 8}


def tiff(
    values: NDArray[Any],
    *,
    bits: int,
    photometric: str = "rgb",
    planar: bool = False,
    compression: str = "none",
    predictor: int = 1,
    tile: int | None = None,
    rows: int | None = None,
    order: ifd.Order = "<",
    more: Mapping[int, ifd.Entry] | None = None,
) -> bytes:
    """The file of H×W×C codes (unsigned, below 2**bits) or floats."""
    height, width, channels = values.shape
    planes = [values[..., c : c + 1] for c in range(channels)] if planar else [values]
    segments = []
    for plane in planes:
        if tile is not None:
            pad = -height % tile, -width % tile
            padded = np.pad(plane, ((0, pad[0]), (0, pad[1]), (0, 0)))
            for y in range(0, height, tile):
                for x in range(0, width, tile):
                    segments.append(padded[y : y + tile, x : x + tile])
        else:
            step = rows or height
            segments += [plane[y : y + step] for y in range(0, height, step)]
    packed = [_packed(_stored(s, bits, predictor, order), compression) for s in segments]
    starts, body = [], b""
    for piece in packed:
        starts.append(8 + len(body))
        body += piece + b"\0" * (len(piece) % 2)
    kind = 3 if values.dtype.kind == "f" else 1
    entries = {
        256: ifd.longs(order, width),
        257: ifd.longs(order, height),
        258: ifd.shorts(order, *[bits] * channels),
        259: ifd.shorts(order, COMPRESSIONS[compression]),
        262: ifd.shorts(order, PHOTOMETRIC[photometric]),
        277: ifd.shorts(order, channels),
        284: ifd.shorts(order, 2 if planar else 1),
        317: ifd.shorts(order, predictor),
        339: ifd.shorts(order, *[kind] * channels),
        324 if tile else 273: ifd.longs(order, *starts),
        325 if tile else 279: ifd.longs(order, *map(len, packed)),
    }
    if tile:
        entries |= {322: ifd.shorts(order, tile), 323: ifd.shorts(order, tile)}
    else:
        entries[278] = ifd.longs(order, rows or height)
    at = 8 + len(body)
    directory = ifd.Directory(order, {**entries, **(more or {})})
    return ifd.header(order, at) + body + ifd.write(directory, at)


def _stored(segment: NDArray[Any], bits: int, predictor: int, order: str) -> bytes:
    """A segment's bytes before compression."""
    height = len(segment)
    size = segment.dtype.itemsize
    if predictor == 3:  # bytes of equal weight together, then differences along the row
        big = np.ascontiguousarray(segment.astype(segment.dtype.newbyteorder(">")))
        weights = big.view(np.uint8).reshape(height, -1, size)
        together = np.moveaxis(weights, 2, 1).reshape(height, -1, segment.shape[2])
        return np.diff(together, axis=1, prepend=together[:, :1] * 0).astype(np.uint8).tobytes()
    if segment.dtype.kind == "f":
        segment = segment.view(f"u{size}")
    if predictor == 2:
        segment = np.diff(segment, axis=1, prepend=segment[:, :1] * 0)
    if bits in (8, 16, 32, 64):
        return segment.astype(f"{order}u{bits // 8}").tobytes()
    wide = segment.astype(">u2").reshape(height, -1, 1).view(np.uint8)
    single = np.unpackbits(wide, axis=2)[..., 16 - bits :]
    return np.packbits(single.reshape(height, -1), axis=1).tobytes()


def _packed(plain: bytes, compression: str) -> bytes:
    import imagecodecs

    if compression == "none":
        return plain
    if compression in ("zip", "old zip"):
        return zlib.compress(plain)
    encode = getattr(imagecodecs, f"{compression}_encode")
    return bytes(encode(plain))

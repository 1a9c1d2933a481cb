"""Photoshop documents, made here: any mode and depth, plain and packed, PSD and PSB."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def psd(
    values: NDArray[Any],
    mode: int,
    *,
    packed: bool = False,
    bits: int = 8,
    layers: int = 0,
    resources: dict[int, bytes] | None = None,
    colours: bytes = b"",
    large: bool = False,
) -> bytes:
    """A document of H×W×C codes as Photoshop lays it out."""
    height, width, channels = values.shape
    head = b"8BPS" + struct.pack(
        ">H6xHLLHH", 2 if large else 1, channels, height, width, bits, mode
    )
    block = b"".join(
        b"8BIM" + struct.pack(">HHL", kind, 0, len(body)) + body + b"\0" * (len(body) % 2)
        for kind, body in (resources or {}).items()
    )
    inner = struct.pack(">h", layers) + bytes(6) if layers else b""
    size = ">Q" if large else ">L"
    below = struct.pack(size, len(inner)) + inner if layers else b""
    planes = np.moveaxis(values, 2, 0)
    if bits == 1:
        rows = [np.packbits(row).tobytes() for plane in planes for row in plane]
    else:
        rows = [row.astype(f">u{bits // 8}").tobytes() for plane in planes for row in plane]
    if packed:
        rows = [pack_bits(row) for row in rows]
        table = np.array(list(map(len, rows)), ">u4" if large else ">u2").tobytes()
        picture = struct.pack(">H", 1) + table + b"".join(rows)
    else:
        picture = struct.pack(">H", 0) + b"".join(rows)
    return b"".join(
        [head, struct.pack(">L", len(colours)), colours, struct.pack(">L", len(block)), block,
         struct.pack(size, len(below)), below, picture]
    )  # fmt: skip


def pack_bits(row: bytes) -> bytes:
    """Runs of equal bytes, and literals in between (TIFF 6.0, section 9)."""
    out, at = b"", 0
    while at < len(row):
        end = at
        while end < min(len(row), at + 128) and row[end] == row[at]:
            end += 1
        if end - at > 1:
            out += bytes([257 - (end - at), row[at]])
        else:
            end = at + 1
            out += bytes([0, row[at]])
        at = end
    return out

"""PNG files of every kind, made here: any depth and colour type, all filters, interlaced."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus.formats.png_chunks import SIGNATURE, chunk

if TYPE_CHECKING:
    from numpy.typing import NDArray

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}
# First column, first row, steps across and down of each pass (W3C PNG, 8.1).
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))
ADAM7 = (*ADAM7, (0, 1, 1, 2))


def png(
    values: NDArray[Any],
    *,
    kind: int,
    bits: int,
    interlaced: bool = False,
    before: tuple[bytes, ...] = (),
    after: tuple[bytes, ...] = (),
    piece: int = 1 << 20,
    end: bool = True,
) -> bytes:
    """The file of H×W×C codes below 2**bits.

    Args:
        values: the codes.
        kind: colour type.
        bits: of a sample.
        interlaced: in seven passes.
        before: whole chunks before the picture.
        after: whole chunks after it.
        piece: bytes of each IDAT.
        end: with the end mark.
    """
    height, width = values.shape[:2]
    rows = b""
    for left, top, across, down in ADAM7 if interlaced else ((0, 0, 1, 1),):
        part = values[top::down, left::across]
        if part.size:
            rows += _filtered(part, bits)
    packed = zlib.compress(rows)
    header = struct.pack(">LLBBBBB", width, height, bits, kind, 0, 0, int(interlaced))
    pieces = [packed[at : at + piece] for at in range(0, len(packed), piece)]
    chunks = [chunk(b"IHDR", header), *before, *(chunk(b"IDAT", each) for each in pieces), *after]
    return b"".join([SIGNATURE, *chunks, chunk(b"IEND", b"") if end else b""])


def _filtered(part: NDArray[Any], bits: int) -> bytes:
    """Rows with the five filters in turn (W3C PNG, 9.2)."""
    height = len(part)
    if bits >= 8:
        raw = part.astype(f">u{bits // 8}").reshape(height, -1).view(np.uint8)
    else:
        wide = np.unpackbits(part.astype(np.uint8).reshape(height, -1, 1), axis=2)[..., 8 - bits :]
        raw = np.packbits(wide.reshape(height, -1), axis=1)
    step = max(1, part.shape[2] * bits // 8)
    out = b""
    above = np.zeros(raw.shape[1], int)
    for number, row in enumerate(raw.astype(int)):
        left = np.concatenate([np.zeros(step, int), row])[: len(row)]
        corner = np.concatenate([np.zeros(step, int), above])[: len(row)]
        guess = (0 * row, left, above, (left + above) // 2, _paeth(left, above, corner))
        out += bytes([number % 5]) + ((row - guess[number % 5]) & 255).astype(np.uint8).tobytes()
        above = row
    return out


def _paeth(left: NDArray[Any], above: NDArray[Any], corner: NDArray[Any]) -> NDArray[Any]:
    estimate = left + above - corner
    a, b, c = abs(estimate - left), abs(estimate - above), abs(estimate - corner)
    return np.where((a <= b) & (a <= c), left, np.where(b <= c, above, corner))

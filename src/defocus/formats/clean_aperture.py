"""What of the coded picture of an AVIF is shown: its clean aperture (`clap`, ISO 14496-12 §12.1.4).

Phones and editors crop so, without coding anew. What was cut off is often still in the file, and
must not come back in a result. HEIF's decoder crops by itself.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from defocus.formats.isobmff import primary_properties

if TYPE_CHECKING:
    from defocus.formats.pixels import Picture

_BYTES = 32


def cropped(data: bytes, picture: Picture, notes: list[str]) -> Picture:
    """The part of a picture, as stored, that is to be seen.

    Args:
        data: the file.
        picture: all of what it codes, not turned.
        notes: to add to, if the file's numbers make no sense.
    """
    numbers = _aperture(data)
    if numbers is None:
        return picture
    height, width = picture.pixels.shape[:2]
    box = _rectangle(numbers, (width, height))
    if box is None:
        notes.append("a crop that does not fit the picture is left out")
        return picture
    left, top, right, bottom = box
    pixels = np.ascontiguousarray(picture.pixels[top:bottom, left:right])
    alpha = picture.alpha
    if alpha is not None:
        alpha = np.ascontiguousarray(alpha[top:bottom, left:right])
    return replace(picture, pixels=pixels, alpha=alpha)


def _rectangle(
    numbers: tuple[int, ...], size_wh: tuple[int, int]
) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom in pixels. The offset is from centre to centre."""
    edges = []
    for side, (size, size_per, offset, offset_per) in zip(
        size_wh, (numbers[:2] + numbers[4:6], numbers[2:4] + numbers[6:8]), strict=True
    ):
        if size < 1 or size_per < 1 or offset_per == 0:
            return None
        kept = size / size_per
        start = round(offset / offset_per + (side - kept) / 2)
        end = start + round(kept)
        if not 0 <= start < end <= side:
            return None
        edges.append((start, end))
    (left, right), (top, bottom) = edges
    return left, top, right, bottom


def _aperture(data: bytes) -> tuple[int, ...] | None:
    """The eight numbers of the primary item's `clap`, or None without one."""
    for name, body, after in primary_properties(data):
        if name == b"clap" and after - body >= _BYTES:
            return struct.unpack_from(">4LlLlL", data, body)
    return None

"""The shape of pixels, where a file gives no resolution: a relation of two numbers without a unit.

As formats store it: in whole numbers, and in the header of a JPEG (JFIF 1.02), which Pillow writes
with a unit or not at all.
"""

from __future__ import annotations

import struct
from fractions import Fraction

_JFIF = b"JFIF\0"
_JFIF_AT = len(b"\xff\xd8\xff\xe0\0\x10")  # behind the start of the file and of the segment
_DENSITY_AT = _JFIF_AT + len(_JFIF) + 2  # and behind a version
_MOST_OF_JFIF = 0xFFFF


def whole_ratio(pair: tuple[float, float], most: int) -> tuple[int, int]:
    """Two whole numbers from 1 to ``most`` that stand to each other like two positive ones.

    The numbers themselves, if they are so already.
    """
    x, y = pair
    if x.is_integer() and y.is_integer() and 1 <= x <= most and 1 <= y <= most:
        return int(x), int(y)
    if x > y:
        high, wide = whole_ratio((y, x), most)
        return wide, high
    nearest = (Fraction(x) / Fraction(y)).limit_denominator(most)
    return max(nearest.numerator, 1), nearest.denominator


def in_jfif(encoded: bytes, aspect: tuple[float, float]) -> bytes:
    """The same JPEG with this in its first header; if that is not JFIF's, as it is."""
    if encoded[_JFIF_AT : _JFIF_AT + len(_JFIF)] != _JFIF:
        return encoded
    stored = struct.pack(">BHH", 0, *whole_ratio(aspect, _MOST_OF_JFIF))
    return encoded[:_DENSITY_AT] + stored + encoded[_DENSITY_AT + len(stored) :]

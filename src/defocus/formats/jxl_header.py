"""What a JPEG XL file claims to hold: the first bits of its stream (ISO/IEC 18181-1, annex D)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from defocus.errors import PhotoError
from defocus.formats import isobmff
from defocus.formats.codec import Header

if TYPE_CHECKING:
    from defocus.formats.codec import Content

STREAM = b"\xff\x0a"
_HEAD_BYTES = 1200  # a name of a channel may be long
# Width over height by code (table D.2).
_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
# A number is one of four kinds (B.2.3): a constant, or that many bits and what is added to them.
_SIDE = ((9, 1), (13, 1), (18, 1), (30, 1))
_WHOLE_BITS = ((0, 8), (0, 10), (0, 12), (6, 1))
_FLOAT_BITS = ((0, 32), (0, 16), (0, 24), (6, 1))
_TICKS = ((0, 100), (0, 1000), (10, 1), (30, 1))
_PER_TICK = ((0, 1), (0, 1001), (8, 1), (10, 1))
_LOOPS = ((0, 0), (3, 0), (16, 0), (32, 0))
_CHANNELS = ((0, 0), (0, 1), (4, 2), (12, 1))
_ENUM = ((0, 0), (0, 1), (4, 2), (6, 18))
_SHIFT = ((0, 0), (0, 3), (0, 4), (3, 1))
_NAME = ((0, 0), (4, 0), (5, 16), (10, 48))
_ALPHA = 0


class _Bits:
    """Bits from the least significant one of each byte on (B.2)."""

    def __init__(self, data: bytes) -> None:
        self._value, self._left = int.from_bytes(data, "little"), 8 * len(data)

    def take(self, count: int) -> int:
        if count > self._left:
            raise PhotoError("the JPEG XL is cut off: copy it again from where it came")
        found = self._value & ((1 << count) - 1)
        self._value >>= count
        self._left -= count
        return found

    def choose(self, kinds: tuple[tuple[int, int], ...]) -> int:
        bits, more = kinds[self.take(2)]
        return self.take(bits) + more

    def depth(self) -> int:
        """BitDepth, D.3.4: the bits of a sample."""
        if self.take(1):
            bits = self.choose(_FLOAT_BITS)
            self.take(4)  # of the exponent
            return bits
        return self.choose(_WHOLE_BITS)

    def size_wh(self) -> tuple[int, int]:
        """SizeHeader, D.2."""
        small = self.take(1)
        high = 8 * (self.take(5) + 1) if small else self.choose(_SIDE)
        ratio = self.take(3)
        if ratio:
            over, under = _RATIOS[ratio - 1]
            return high * over // under, high
        return (8 * (self.take(5) + 1) if small else self.choose(_SIDE)), high


def peek(data: Content) -> Header:
    """See :mod:`defocus.formats`. The size is that before the picture is turned.

    Raises:
        PhotoError: there is no codestream, or not all of its header.
    """
    return claims(data).header


@dataclass(frozen=True, slots=True)
class Claims:
    """What the header says.

    Attributes:
        header: size and bits.
        is_moving: several pictures follow in time.
        is_premultiplied: colours are stored times their opacity.
    """

    header: Header
    is_moving: bool = False
    is_premultiplied: bool = False


def claims(data: Content) -> Claims:
    """All of it. Raises PhotoError as :func:`peek`."""
    bits = _Bits(_head(data))
    size_wh = bits.size_wh()
    if bits.take(1):  # all as usual
        return Claims(Header(size_wh, 8))
    is_moving = False
    if bits.take(1):
        bits.take(3)  # orientation: the decoder turns the picture
        if bits.take(1):
            bits.size_wh()  # the size to show it at
        if bits.take(1):  # a preview stands before the depth, which is not looked for then
            return Claims(Header(size_wh, 16))
        is_moving = bool(bits.take(1))
    if is_moving:
        bits.choose(_TICKS)
        bits.choose(_PER_TICK)
        bits.choose(_LOOPS)
        bits.take(1)
    header = Header(size_wh, bits.depth())
    bits.take(1)  # whether 16 bits are enough to decode it
    channels = bits.choose(_CHANNELS)
    try:
        is_premultiplied = channels > 0 and _is_associated(bits)
    except PhotoError:  # further on than what was looked at
        is_premultiplied = False
    return Claims(header, is_moving, is_premultiplied)


def _is_associated(bits: _Bits) -> bool:
    """Is the first channel beside the colours an opacity that they are multiplied by? D.3.6."""
    if bits.take(1):  # an opacity as usual
        return False
    kind = bits.choose(_ENUM)
    bits.depth()
    bits.choose(_SHIFT)
    for _ in range(bits.choose(_NAME)):
        bits.take(8)
    return kind == _ALPHA and bool(bits.take(1))


def _head(data: Content) -> bytes:
    """The first bytes of the codestream after its mark."""
    if data[:2] == STREAM:
        return data[2:_HEAD_BYTES]
    for name, body, after in isobmff.boxes(data, 0, len(data)):
        start = body + 4 if name == b"jxlp" else body  # a part begins with its number
        if name in (b"jxlc", b"jxlp") and data[start : start + 2] == STREAM:
            return data[start + 2 : min(after, start + _HEAD_BYTES)]
    raise PhotoError("the JPEG XL holds no picture: copy it again from where it came")

"""Is a JPEG 2000 all there? By its marker segments alone (ISO/IEC 15444-1, annex A).

The decoder says of whatever it does not like that the stream is broken.
"""

from __future__ import annotations

import struct

_SIZ, _SOT, _SOD, _EOC = 0xFF51, 0xFF90, 0xFF93, 0xFFD9
_MARKERS = range(0xFF4F, 0x10000)
_WITHOUT_LENGTH = range(0xFF30, 0xFF40)
CUT_OFF, DAMAGED, WHOLE = "cut off", "damaged", "whole"


def state(data: bytes, at: int) -> str:
    """``CUT_OFF``, ``DAMAGED`` or ``WHOLE``, which does not say what the packed pixels are.

    Args:
        data: the file.
        at: where its codestream begins.
    """
    at += 2
    try:
        while True:
            marker, size = struct.unpack_from(">HH", data, at)
            if marker == _EOC:
                return WHOLE
            if marker in _WITHOUT_LENGTH:
                at += 2
                continue
            if marker not in _MARKERS or size < 2 or marker == _SOD:
                return DAMAGED
            after = at + 2 + size
            channels = int.from_bytes(data[at + 38 : at + 40], "big")
            if marker == _SIZ and size != 38 + 3 * channels:
                return DAMAGED
            if marker == _SOT:  # names the length of its part of the picture; 0: to the end
                (part,) = struct.unpack_from(">L", data, at + 6)
                after = at + part if part else max(at, len(data) - 2)
                if after <= at:
                    return DAMAGED
            at = after
    except struct.error:
        return WHOLE if data[at : at + 2] == _EOC.to_bytes(2, "big") else CUT_OFF

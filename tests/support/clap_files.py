"""What of a coded picture is shown: a property of AVIF and HEIC, for files of 64×48 pixels."""

from __future__ import annotations

import struct

from defocus.formats import isobmff


def clap(left: int, top: int, width: int, height: int, *, per: int = 2) -> bytes:
    """The box that keeps this of 64×48. Offsets are from centre to centre, so often halves."""
    across, down = 2 * left + width - 64, 2 * top + height - 48
    numbers = (width * per, per, height * per, per, across, 2, down, 2)
    return struct.pack(">L4s4LlLlL", 40, b"clap", *numbers)


def with_property(data: bytes, box: bytes) -> bytes:
    """The file with one more property, which all pictures have."""
    out = bytearray(data)
    found = {name: (body, after) for name, body, after in isobmff.boxes(data, 0, len(data))}
    start, end = found[b"ipco"]
    number = 1 + len(list(isobmff.boxes(data, start, end)))
    at, after = found[b"ipma"]
    assert data[at] == 0 == data[at + 3]  # items of 2 bytes, properties of one
    rows, place, added = bytearray(data[at : at + 8]), at + 8, 0
    while place < after:
        count = data[place + 2]
        stop = place + 3 + count
        rows += data[place : place + 2] + bytes([count + 1]) + data[place + 3 : stop]
        rows.append(0x80 | number)
        place, added = stop, added + 1
    grown = len(box) + added
    for name in (b"ipco", b"ipma", b"iprp", b"meta"):
        body, _ = found[name]
        more = len(box) if name == b"ipco" else added if name == b"ipma" else grown
        out[body - 8 : body - 4] = (
            int.from_bytes(data[body - 8 : body - 4], "big") + more
        ).to_bytes(4, "big")
    body, _ = found[b"iloc"]
    version, sizes, base = data[body], data[body + 4], data[body + 5] >> 4
    assert (version, sizes) in ((0, 0x44), (1, 0x44))
    step, before = 14 + base + 2 * version, 6 + base + 2 * version
    for k in range(int.from_bytes(data[body + 6 : body + 8], "big")):
        row = body + 8 + step * k
        if version and data[row + 3] & 15:  # inside of `meta`: it stays where it is in there
            continue
        place = row + before
        moved = int.from_bytes(data[place : place + 4], "big") + grown
        out[place : place + 4] = moved.to_bytes(4, "big")
    out[at:after] = rows
    out[end:end] = box
    return bytes(out)

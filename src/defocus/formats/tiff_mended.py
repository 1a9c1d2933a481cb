"""What writers of TIFF leave out or say wrongly, taken as libtiff and viewers take it."""

from __future__ import annotations

import itertools
import re

import numpy as np

from defocus.formats import ifd, tiff_layout
from defocus.formats.ifd import Directory
from defocus.formats.tiff_tags import (
    COMPRESSION,
    FILL_ORDER,
    NO_COMPRESSION,
    STRIP_AT,
    STRIP_BYTES,
    TILE_AT,
    TILE_BYTES,
    TILE_LENGTH,
    TILE_WIDTH,
)

# Compressions: fax lines by themselves, and those of ITU-T T.4, each of which ends with a mark.
_LINES, _T4 = 2, 3
# An end of line: eleven zero bits or more, and a one. Codes of colours hold fewer zeros, but a line
# that ends with a byte may have as many by chance.
_LINE_END = re.compile(b"\0{11,}\1")
_FEWEST_ENDS = 0.5


def mended(directory: Directory, data: bytes, notes: list[str]) -> Directory:
    """The same directory, with what is missing of where its picture is and how it is packed.

    Args:
        directory: of the picture.
        data: the whole file.
        notes: to add to.

    Raises:
        PhotoError: its tags make no sense.
    """
    directory = _with_tiles(directory)
    directory = _with_sizes(directory, len(data))
    return _with_compression(directory, data, notes)


def _with_tiles(directory: Directory) -> Directory:
    """Places of tiles, of which some writers speak as of strips."""
    if directory.numbers(TILE_AT) or not directory.number(TILE_WIDTH, 0):
        return directory
    if not directory.number(TILE_LENGTH, 0):
        return directory
    starts, sizes = directory.entries.get(STRIP_AT), directory.entries.get(STRIP_BYTES)
    if starts is None or sizes is None:
        return directory
    entries = directory.entries | {TILE_AT: starts, TILE_BYTES: sizes}
    tiled = Directory(directory.order, entries).without((STRIP_AT, STRIP_BYTES))
    found = tiff_layout.layout(tiled)
    across, down = found.grid
    # Tags of tiles may be left from a file that was saved anew in strips.
    return tiled if starts.count == across * down * found.planes else directory


def _with_sizes(directory: Directory, held: int) -> Directory:
    """Sizes of strips and tiles, where none are named or plain ones cannot be as large as told."""
    found = tiff_layout.layout(directory)
    across, down = found.grid
    wanted = across * down * found.planes
    if len(found.starts) < wanted or any(start >= held for start in found.starts):
        return directory
    starts, sizes = found.starts[:wanted], found.sizes[:wanted]
    if directory.number(COMPRESSION, NO_COMPRESSION) == NO_COMPRESSION:
        rows = [found.rows(y) for _ in range(found.planes) for y in range(down)]
        plain = [found.row_bytes * count for count in rows for _ in range(across)]
        if sizes and all(sizes) and len(sizes) == wanted:
            settled = [min(pair) for pair in zip(sizes, plain, strict=True)]
        else:
            settled = plain
    elif sizes and any(sizes):
        return directory
    else:  # until the next one begins, or the file ends
        ordered = [*sorted(set(starts)), held]
        after = dict(itertools.pairwise(ordered))
        settled = [after[start] - start for start in starts]
    tags = (TILE_AT, TILE_BYTES) if found.is_tiled else (STRIP_AT, STRIP_BYTES)
    entries = {tag: ifd.longs(directory.order, *values)
               for tag, values in zip(tags, (starts, settled), strict=True)}  # fmt: skip
    return Directory(directory.order, directory.entries | entries)


def _with_compression(directory: Directory, data: bytes, notes: list[str]) -> Directory:
    """Fax lines without any end are not those of T.4, whatever the file says: read so, noise."""
    if directory.number(COMPRESSION, NO_COMPRESSION) != _T4:
        return directory
    found = tiff_layout.layout(directory)
    reverse = directory.number(FILL_ORDER, 1) == 2
    ends = 0
    for start, size in zip(found.starts, found.sizes, strict=False):
        packed = np.frombuffer(data[start : start + size], np.uint8)
        bits = np.unpackbits(packed, bitorder="little" if reverse else "big")
        ends += len(_LINE_END.findall(bits.tobytes()))
    if ends >= _FEWEST_ENDS * found.height:
        return directory
    notes.append("its fax lines have no ends: they are read as packed one by one (compression 2)")
    entries = directory.entries | {COMPRESSION: ifd.shorts(directory.order, _LINES)}
    return Directory(directory.order, entries)

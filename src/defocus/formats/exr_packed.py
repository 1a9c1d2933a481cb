"""OpenEXR in tiles, or packed otherwise than in ZIP, by its makers' library (extra ``exr``)."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus.errors import MissingExtraError, PhotoError
from defocus.formats import exr_file
from defocus.formats.codec import is_here
from defocus.formats.exr_file import DAMAGED, TILES, Layout
from defocus.formats.pixels import check_plausible, decoding

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

# By their number. The decoder of the kinds of JPEG 2000 prints what it thinks of damaged files to
# standard output, where a result may be.
_PACKINGS = ["none", "RLE", "ZIPS", "ZIP", "PIZ", "PXR24", "B44", "B44A", "DWAA", "DWAB"]
_PACKINGS += ["HTJ2K", "HTJ2K", "JPEG 2000", "Zstandard"]
_NOT_READ = {10, 11, 12}
_LONG_NAMES = 0x400
# DWAB stores two bytes for an empty block of 64 pixels, and packs those with Deflate, 1032 to one.
# But of a large picture so little would be no photo.
_PIXELS_PER_BYTE = 32 * 1032
_LARGE_PX, _PIXELS_PER_BYTE_IF_LARGE = 16 << 20, 2000


def read(data: bytes, head: Layout, wanted: Collection[str]) -> dict[str, NDArray[Any]]:
    """Channels of a part, H×W each; the others are not kept, whatever they take.

    Raises:
        MissingExtraError: the library is not installed.
        PhotoError: damaged or cut off, or packed in a way that is not read.
    """
    number = head.compression
    packing = _PACKINGS[number] if number < len(_PACKINGS) else f"number {number}"
    what = f"an OpenEXR{' in tiles' * (head.kind == TILES)} packed with {packing}"
    if number in _NOT_READ or number >= len(_PACKINGS):
        raise PhotoError(f"{what} is not read: save it anew with ZIP")
    if not is_here("OpenEXR"):
        raise MissingExtraError(what, "exr")
    width, height = head.size_wh
    is_large = width * height > _LARGE_PX
    check_plausible(
        width, height, len(data), _PIXELS_PER_BYTE_IF_LARGE if is_large else _PIXELS_PER_BYTE
    )
    names = [name for name in head.channels if name in wanted]
    with decoding("the OpenEXR"):
        import OpenEXR

        file = OpenEXR.InputFile(_Steady(_alone(data, head)))
        if not file.isComplete():
            raise PhotoError("the OpenEXR is cut off: copy it again from where it came")
        contents = file.channels(names)
        return {
            name: np.frombuffer(content, head.channels[name]).reshape(height, width)
            for name, content in zip(names, contents, strict=True)
        }


class _Steady(io.BytesIO):
    """A stream on which a damaged file's places beyond all bounds raise nothing.

    Through an exception there the library ends the process.
    """

    def seek(self, place: int, whence: int = 0, /) -> int:
        size = len(self.getbuffer())
        return super().seek(place if whence or 0 <= place <= size else size, whence)


def _alone(data: bytes, head: Layout) -> bytes:
    """A part as a file of its own: the library shows the first one of several only."""
    if head.number is None:
        return data
    (flags,) = struct.unpack_from("<I", data, 4)
    version = 2 | flags & _LONG_NAMES | (exr_file.TILED if head.kind == TILES else 0)
    start, end = head.header
    top = exr_file.MAGIC + struct.pack("<I", version) + data[start : end + 1]
    # Behind the number of its part a block has its first line, or the place of its tile.
    place = 16 if head.kind == TILES else 4
    blocks, total = [], 0
    try:
        for at in struct.unpack_from(f"<{head.chunks}Q", data, head.table):
            (size,) = struct.unpack_from("<i", data, at + 4 + place)
            block = data[at + 4 : at + 8 + place + size]
            total += len(block)
            if size < 0 or len(block) != place + 4 + size or total > len(data):
                raise ValueError(size)
            blocks.append(block)
    except (struct.error, ValueError):
        raise PhotoError(DAMAGED) from None
    first = len(top) + 8 * len(blocks)
    starts = first + np.cumsum([0, *(len(block) for block in blocks)])[:-1]
    return b"".join([top, starts.astype("<u8").tobytes(), *blocks])

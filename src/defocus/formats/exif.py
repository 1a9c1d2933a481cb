"""EXIF blocks, changed in place: every byte that is not ours to change keeps its offset.

An EXIF block is a small TIFF file (CIPA DC-008). Maker notes hold offsets into it that only the
camera's maker knows, so nothing is ever moved: values are overwritten, links are cut.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = b"Exif\0\0"
ORIENTATION = 0x0112
EXIF_IFD = 0x8769
_PIXEL_WIDTH, _PIXEL_HEIGHT = 0xA002, 0xA003
_THUMBNAIL_AT, _THUMBNAIL_BYTES = 0x0201, 0x0202
_SHORT, _LONG = 3, 4
_MAX_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class _Entry:
    """One directory entry: where it stands, its tag, type, count, and its value if a number."""

    at: int
    tag: int
    kind: int
    count: int
    value: int | None


class BrokenExifError(ValueError):
    """The block is not a TIFF structure; the message says why, for people."""


class ExifBlock:
    """A mutable EXIF block.

    Raises:
        BrokenExifError: header or first directory make no sense.
    """

    def __init__(self, block: bytes) -> None:
        block = block.removeprefix(PREFIX)
        if len(block) > _MAX_BYTES:
            raise BrokenExifError("it is too large")
        self._data = bytearray(block)
        marks = {b"II*\0": "<", b"MM\0*": ">"}
        if block[:4] not in marks:
            raise BrokenExifError("its header is damaged")
        self.order = marks[block[:4]]
        self._first = self._number(4, _LONG)
        self._ifd0 = {entry.tag: entry for entry in self._entries(self._first)}
        pointer = self._ifd0.get(EXIF_IFD)
        self._exif: dict[int, _Entry] = {}
        if pointer is not None and pointer.value is not None:
            self._exif = {entry.tag: entry for entry in self._entries(pointer.value)}

    def tobytes(self) -> bytes:
        """The block, without the ``Exif\\0\\0`` prefix."""
        return bytes(self._data)

    @property
    def orientation(self) -> int:
        """1 to 8; anything else in the file counts as 1."""
        entry = self._ifd0.get(ORIENTATION)
        value = entry.value if entry is not None else None
        return value if value is not None and 1 <= value <= 8 else 1

    def make_upright(self, size_wh: tuple[int, int]) -> None:
        """Say orientation 1 and the upright size wherever the block already says something."""
        self._overwrite(self._ifd0.get(ORIENTATION), 1)
        self._overwrite(self._exif.get(_PIXEL_WIDTH), size_wh[0])
        self._overwrite(self._exif.get(_PIXEL_HEIGHT), size_wh[1])

    def drop_thumbnail(self) -> bool:
        """Cut off the second directory, which shows the picture as it was, and blank its bytes."""
        link = self._first + 2 + 12 * self._number(self._first, _SHORT)
        at = self._number(link, _LONG)
        if at == 0:
            return False
        self._data[link : link + 4] = bytes(4)
        try:
            entries = {entry.tag: entry.value for entry in self._entries(at)}
        except BrokenExifError:
            return True
        start, size = entries.get(_THUMBNAIL_AT), entries.get(_THUMBNAIL_BYTES)
        if start and size and start + size <= len(self._data):
            if start + size == len(self._data):
                del self._data[start:]
            elif self._data[start : start + 2] == b"\xff\xd8":
                self._data[start : start + size] = bytes(size)
        return True

    def drop_orientation(self) -> None:
        """Remove the tag itself, for containers that turn the picture in their own way."""
        entry = self._ifd0.pop(ORIENTATION, None)
        if entry is None:
            return
        count = self._number(self._first, _SHORT)
        end = self._first + 2 + 12 * count + 4
        self._data[entry.at : end] = self._data[entry.at + 12 : end] + bytes(12)
        self._data[self._first : self._first + 2] = struct.pack(self.order + "H", count - 1)

    def _entries(self, at: int) -> Iterator[_Entry]:
        count = self._number(at, _SHORT)
        if at < 8 or at + 2 + 12 * count + 4 > len(self._data) + 4 * (at != self._first):
            raise BrokenExifError("a directory runs past its end")
        for place in range(at + 2, at + 2 + 12 * count, 12):
            tag, kind, items = struct.unpack_from(self.order + "HHL", self._data, place)
            single = kind in (_SHORT, _LONG) and items == 1
            value = self._number(place + 8, kind) if single else None
            yield _Entry(place, tag, kind, items, value)

    def _number(self, at: int, kind: int) -> int:
        code = "H" if kind == _SHORT else "L"
        try:
            return int(struct.unpack_from(self.order + code, self._data, at)[0])
        except struct.error:
            raise BrokenExifError("it is cut off") from None

    def _overwrite(self, entry: _Entry | None, value: int) -> None:
        if entry is None or entry.value is None:
            return
        if entry.kind == _SHORT and value < 1 << 16:
            self._data[entry.at + 8 : entry.at + 10] = struct.pack(self.order + "H", value)
        elif entry.kind == _LONG:
            self._data[entry.at + 8 : entry.at + 12] = struct.pack(self.order + "L", value)

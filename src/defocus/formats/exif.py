"""EXIF blocks, changed in place: every byte that is not ours to change keeps its offset.

An EXIF block is a small TIFF file (CIPA DC-008). Maker notes hold offsets into it that only the
camera's maker knows, so nothing is moved: values are overwritten, links are cut. Only where a block
is too large for its container it is written anew, without the maker note.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from defocus.errors import PhotoError
from defocus.formats import ifd

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = b"Exif\0\0"
ORIENTATION = 0x0112
_X_RESOLUTION, _RESOLUTION_UNIT = 0x011A, 0x0128
_NO_UNIT = 1
EXIF_IFD = 0x8769
MAKER_NOTE = 0x927C
_PIXEL_WIDTH, _PIXEL_HEIGHT = 0xA002, 0xA003
_SUBJECT_AREA = 0x9214
_THUMBNAIL_AT, _THUMBNAIL_BYTES = 0x0201, 0x0202
_SHORT, _LONG = 3, 4
# struct codes of the integers: BYTE, SHORT, LONG, SBYTE, SSHORT, SLONG, IFD.
_INTEGERS = {1: "B", 3: "H", 4: "L", 6: "b", 8: "h", 9: "l", 13: "L"}
_MAX_BYTES = 32 << 20
_ENTRY_BYTES = 12
_MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class _Entry:
    """One directory entry: where it stands, its tag and type, and its first integer, if any.

    ``place`` is where that integer stands: in the entry itself, or where the entry points.
    """

    at: int
    tag: int
    kind: int
    place: int
    value: int | None


class BrokenExifError(ValueError):
    """The block is not a TIFF structure; the message says why, for people."""


class ExifBlock:
    """A mutable EXIF block.

    Attributes:
        fault: what of it is damaged though the rest is read, for people; or None.

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
        self._ifd0 = list(self._entries(self._first))
        pointer = next((e.value for e in self._ifd0 if e.tag == EXIF_IFD), None)
        self.fault: str | None = None
        try:
            self._exif = [] if pointer is None else list(self._entries(pointer))
        except BrokenExifError:
            self._exif = []
            self.fault = "what it says of the exposure cannot be read"

    def tobytes(self) -> bytes:
        """The block, without the ``Exif\\0\\0`` prefix."""
        return bytes(self._data)

    @property
    def orientation(self) -> int | None:
        """1 to 8, in whatever integer type it is stored; None if the block does not say."""
        found = (entry.value for entry in self._ifd0 if entry.tag == ORIENTATION)
        return next((value for value in found if value is not None and 1 <= value <= 8), None)

    @property
    def has_resolution(self) -> bool:
        """Does the block say how many dots there are to an inch or a centimetre?"""
        found = {entry.tag: entry.value for entry in self._ifd0}
        return _X_RESOLUTION in found and found.get(_RESOLUTION_UNIT) != _NO_UNIT

    def make_upright(self, size_wh: tuple[int, int]) -> None:
        """Say orientation 1 and the upright size wherever the block already says something."""
        for entry in self._ifd0:
            if entry.tag == ORIENTATION:
                # In the type that the standard asks for, whatever it was.
                proper = struct.pack(self.order + "HHLHH", ORIENTATION, _SHORT, 1, 1, 0)
                self._data[entry.at : entry.at + len(proper)] = proper
        for entry in self._exif:
            if entry.tag in (_PIXEL_WIDTH, _PIXEL_HEIGHT):
                self._overwrite(entry, size_wh[entry.tag == _PIXEL_HEIGHT])

    def make_subject_area_upright(self, size_wh: tuple[int, int]) -> tuple[float, float] | None:
        """Turn SubjectArea, where the camera focused, with the picture; call it before the others.

        Args:
            size_wh: of the upright picture.

        Returns:
            Its centre in the upright picture, x and y in 0..1; None if the block does not say.
        """
        entry = next((e for e in self._exif if e.tag == _SUBJECT_AREA), None)
        if entry is None or entry.kind != _SHORT:
            return None
        count = self._number(entry.at + 4, _LONG)
        if not 2 <= count <= 4:
            return None
        orientation = self.orientation or 1
        stored_wh = size_wh if orientation < 5 else size_wh[::-1]
        code = f"{self.order}{count}H"
        try:
            x, y, *extent = struct.unpack_from(code, self._data, entry.place)
        except struct.error:
            return None
        at = upright_point((x / stored_wh[0], y / stored_wh[1]), orientation)
        if not (0 <= at[0] <= 1 and 0 <= at[1] <= 1):
            return None
        if len(extent) == 2 and orientation >= 5:
            extent.reverse()
        place = (round(at[0] * size_wh[0]), round(at[1] * size_wh[1]), *extent)
        with suppress(struct.error):
            struct.pack_into(code, self._data, entry.place, *place)
        return at

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
        for entry in reversed([e for e in self._ifd0 if e.tag == ORIENTATION]):
            count = self._number(self._first, _SHORT)
            end = self._first + 2 + 12 * count + 4
            self._data[entry.at : end] = self._data[entry.at + 12 : end] + bytes(12)
            self._data[self._first : self._first + 2] = struct.pack(self.order + "H", count - 1)
        self._ifd0 = list(self._entries(self._first))

    def _entries(self, at: int) -> Iterator[_Entry]:
        count = self._number(at, _SHORT)
        if at < 8 or at + 2 + 12 * count + 4 > len(self._data) + 4 * (at != self._first):
            raise BrokenExifError("a directory runs past its end")
        for place in range(at + 2, at + 2 + 12 * count, 12):
            tag, kind, items = struct.unpack_from(self.order + "HHL", self._data, place)
            code = _INTEGERS.get(kind)
            where, value = place + 8, None
            if code is not None and items:
                if items * struct.calcsize(self.order + code) > 4:
                    where = self._number(where, _LONG)
                with suppress(struct.error):
                    value = int(struct.unpack_from(self.order + code, self._data, where)[0])
            yield _Entry(place, tag, kind, where, value)

    def _number(self, at: int, kind: int) -> int:
        code = "H" if kind == _SHORT else "L"
        try:
            return int(struct.unpack_from(self.order + code, self._data, at)[0])
        except struct.error:
            raise BrokenExifError("it is cut off") from None

    def _overwrite(self, entry: _Entry, value: int) -> None:
        if entry.value is None:
            return
        with suppress(struct.error):  # a size that its type cannot hold
            struct.pack_into(self.order + _INTEGERS[entry.kind], self._data, entry.place, value)


def told_orientation(block: bytes) -> int | None:
    """The orientation in a block that is damaged further on: viewers turn the picture by it."""
    block = block.removeprefix(PREFIX)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(block[:4])
    if order is None:
        return None
    try:
        (at,) = struct.unpack_from(order + "L", block, 4)
        (count,) = struct.unpack_from(order + "H", block, at)
        for place in range(at + 2, at + 2 + _ENTRY_BYTES * count, _ENTRY_BYTES):
            tag, kind, items = struct.unpack_from(order + "HHL", block, place)
            if tag == ORIENTATION and kind in _INTEGERS and items == 1:
                (value,) = struct.unpack_from(order + _INTEGERS[kind], block, place + 8)
                return value if 1 <= value <= 8 else None
    except struct.error:
        pass
    return None


def upright_point(at: tuple[float, float], orientation: int) -> tuple[float, float]:
    """A place x, y in 0..1 of the stored picture, in the picture as EXIF's orientation turns it."""
    x, y = at
    return {
        2: (1 - x, y),
        3: (1 - x, 1 - y),
        4: (x, 1 - y),
        5: (y, x),
        6: (1 - y, x),
        7: (1 - y, 1 - x),
        8: (y, 1 - x),
    }.get(orientation, at)


def within(block: bytes, most: int) -> tuple[bytes | None, tuple[str, ...]]:
    """The block in at most ``most`` bytes, and what had to go for that, for people.

    The maker note goes first, then the largest values; camera, date, exposure and position, which
    are small, stay. None if nothing is left.
    """
    if len(block) <= most:
        return block, ()
    try:
        directory, _ = ifd.read(block)
    except PhotoError:
        return None, ("the EXIF block",)
    gone: list[int] = []
    while True:
        written = ifd.header(directory.order, 8) + ifd.write(directory, 8)
        excess = len(written) - most
        if excess <= 0:
            return written, _named(gone)
        sizes = {path: _size(directory, path) for path in _values(directory)}
        for path in sorted(sizes, key=lambda each: (each[-1] != MAKER_NOTE, -sizes[each])):
            _remove(directory, path)
            gone.append(path[-1])
            excess -= _ENTRY_BYTES + sizes[path]
            if excess <= 0:
                break
        if not sizes:
            return None, ("the EXIF block",)


def _named(tags: list[int]) -> tuple[str, ...]:
    names = ["the maker note" if tag == MAKER_NOTE else f"EXIF tag {tag:#06x}" for tag in tags]
    if len(names) > _MOST_NAMED:
        names[_MOST_NAMED:] = [f"what {len(names) - _MOST_NAMED} more EXIF tags hold"]
    return tuple(names)


def _values(directory: ifd.Directory) -> Iterator[tuple[int, ...]]:
    """The tags that lead to each value."""
    for tag, entry in directory.entries.items():
        if entry.directory is None:
            yield (tag,)
        else:
            yield from ((tag, *inner) for inner in _values(entry.directory))


def _size(directory: ifd.Directory, path: tuple[int, ...]) -> int:
    entry = directory.entries[path[0]]
    return len(entry.raw) if entry.directory is None else _size(entry.directory, path[1:])


def _remove(directory: ifd.Directory, path: tuple[int, ...]) -> None:
    """Take one value out of directories that nobody else holds."""
    entry = directory.entries[path[0]]
    if len(path) == 1 or entry.directory is None:
        del directory.entries[path[0]]
    else:
        _remove(entry.directory, path[1:])

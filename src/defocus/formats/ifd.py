"""TIFF directories: read from classic and BigTIFF, written as classic TIFF (TIFF 6.0).

Values stay in the byte order of their source, so nothing has to know what they mean.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from defocus.errors import PhotoError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from defocus.formats.codec import Content

EXIF_IFD, GPS_IFD, INTEROP_IFD = 0x8769, 0x8825, 0xA005
SUB_IFDS = (EXIF_IFD, GPS_IFD, INTEROP_IFD)
BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 1, 2, 3, 4, 5, 7
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_SIZES_BIG = _SIZES | {16: 8, 17: 8, 18: 8}
_NUMBERS = {1: "B", 3: "H", 4: "L", 6: "b", 8: "h", 9: "l", 13: "L", 16: "Q", 17: "q", 18: "Q"}
# In all directories of a file together; cameras write some hundred.
_MAX_ENTRIES = 20_000
_MAX_DEPTH = 2

Order = Literal["<", ">"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A value: its TIFF type, how many, and the bytes in file order; or a directory of its own."""

    kind: int
    count: int
    raw: bytes = b""
    directory: Directory | None = None


@dataclass(frozen=True, slots=True)
class Directory:
    """Tags to entries, in the byte order ``<`` or ``>``."""

    order: Order
    entries: dict[int, Entry]

    def numbers(self, tag: int) -> tuple[int, ...]:
        """The integers of a tag, or nothing."""
        entry = self.entries.get(tag)
        code = None if entry is None else _NUMBERS.get(entry.kind)
        if entry is None or code is None:
            return ()
        return struct.unpack(f"{self.order}{entry.count}{code}", entry.raw)

    def number(self, tag: int, default: int) -> int:
        """The first integer of a tag."""
        return next(iter(self.numbers(tag)), default)

    def rational(self, tag: int) -> float | None:
        """The first fraction of a tag."""
        found = self.rationals(tag, 1)
        return None if found is None else found[0]

    def rationals(self, tag: int, count: int) -> tuple[float, ...] | None:
        """The first ``count`` fractions of a tag, or None if they are not all there."""
        entry = self.entries.get(tag)
        if entry is None or entry.kind != RATIONAL or entry.count < count:
            return None
        numbers = struct.unpack_from(f"{self.order}{2 * count}L", entry.raw)
        if 0 in numbers[1::2]:
            return None
        return tuple(top / bottom for top, bottom in zip(numbers[::2], numbers[1::2], strict=True))

    def bytes_of(self, tag: int) -> bytes | None:
        """The raw bytes of a tag."""
        entry = self.entries.get(tag)
        return entry.raw or None if entry is not None else None

    def only(self, tags: Iterable[int]) -> Directory:
        """The same directory with these tags alone."""
        wanted = set(tags)
        kept = {tag: entry for tag, entry in self.entries.items() if tag in wanted}
        return Directory(self.order, kept)

    def without(self, tags: Iterable[int]) -> Directory:
        """The same directory without these tags."""
        return self.only(self.entries.keys() - set(tags))


def read(data: Content) -> tuple[Directory, int]:
    """The first directory of a TIFF structure with its sub-directories, and the place of the next.

    Raises:
        PhotoError: the header or the directory itself is damaged.
    """
    reader = Reader(data)
    return reader.directory(reader.first)


class Reader:
    """Reads directories, classic or BigTIFF, wherever they stand in the data.

    Entries of unknown type, or whose value lies outside the data, are left out. All that one
    reader reads together is at most as large as the data: entries that share bytes, as only a
    hostile file has them, do not multiply.

    Raises:
        PhotoError: the header is damaged.
    """

    def __init__(self, data: Content) -> None:
        orders: dict[bytes, Order] = {b"II": "<", b"MM": ">"}
        order = orders.get(data[:2])
        if order is None:
            raise PhotoError("the TIFF header is damaged: copy the file again")
        self._data, self.order = data, order
        self._bytes_left = len(data)
        self._entries_left = _MAX_ENTRIES
        try:
            self._big = struct.unpack_from(order + "H", data, 2)[0] == 43
            place = order + ("Q" if self._big else "L"), 8 if self._big else 4
            self.first = int(struct.unpack_from(place[0], data, place[1])[0])
        except struct.error:
            raise PhotoError("the TIFF is cut off: copy it again from where it came") from None

    def directory(self, at: int) -> tuple[Directory, int]:
        """The directory at ``at``, and the place of the one that follows it, or 0.

        Raises:
            PhotoError: it is damaged or not there.
        """
        try:
            return self._directory(at, depth=0)
        except struct.error:
            raise PhotoError("the TIFF is cut off: copy it again from where it came") from None

    def _directory(self, at: int, depth: int) -> tuple[Directory, int]:
        order, data = self.order, self._data
        count_code, entry_code, link_code = (
            ("Q", "HHQ8s", "Q") if self._big else ("H", "HHL4s", "L")
        )
        sizes, inline = (_SIZES_BIG, 8) if self._big else (_SIZES, 4)
        if at > len(data):
            raise PhotoError("the TIFF is cut off: copy it again from where it came")
        (count,) = struct.unpack_from(order + count_code, data, at)
        self._entries_left -= count
        if self._entries_left < 0:
            raise PhotoError("the TIFF directory is damaged: copy the file again")
        at += struct.calcsize(order + count_code)
        entries: dict[int, Entry] = {}
        for _ in range(count):
            tag, kind, number, field = struct.unpack_from(order + entry_code, data, at)
            at += struct.calcsize(order + entry_code)
            size = sizes.get(kind, 0) * number
            if not size or size > self._bytes_left:
                continue
            self._bytes_left -= size
            place = struct.unpack(order + link_code, field)[0]
            raw = field[:size] if size <= inline else data[place : place + size]
            if len(raw) != size:
                continue
            if tag in SUB_IFDS and depth < _MAX_DEPTH and number == 1:
                try:
                    inner, _ = self._directory(place, depth=depth + 1)
                except (struct.error, PhotoError):
                    continue
                entries[tag] = Entry(LONG, 1, directory=inner)
            else:
                entries[tag] = Entry(kind, number, raw)
        try:
            (following,) = struct.unpack_from(order + link_code, data, at)
        except struct.error:  # EXIF blocks may end without it
            following = 0
        return Directory(order, entries), following


def write(directory: Directory, at: int) -> bytes:
    """A classic directory that will stand at offset ``at`` (even), followed by its values.

    Raises:
        PhotoError: an offset would not fit into 32 bits.
    """
    order, entries = directory.order, directory.entries
    table = 2 + 12 * len(entries) + 4
    rows, values = [struct.pack(order + "H", len(entries))], bytearray()
    for tag in sorted(entries):
        entry = entries[tag]
        place = at + table + len(values)
        if entry.directory is not None:
            field = struct.pack(order + "L", place)
            values += write(entry.directory, place)
        elif len(entry.raw) <= 4:
            field = entry.raw.ljust(4, b"\0")
        else:
            if place + len(entry.raw) >= 1 << 32:
                raise PhotoError("a TIFF holds at most 4 GB: scale the photo down")
            field = struct.pack(order + "L", place)
            values += entry.raw + b"\0" * (len(entry.raw) % 2)
        rows.append(struct.pack(order + "HHL", tag, entry.kind, entry.count) + field)
    rows.append(bytes(4))
    return b"".join(rows) + bytes(values)


def header(order: Order, first: int) -> bytes:
    """The eight bytes of a classic TIFF."""
    return (b"II" if order == "<" else b"MM") + struct.pack(order + "HL", 42, first)


def shorts(order: Order, *values: int) -> Entry:
    """An entry of 16-bit numbers."""
    return Entry(SHORT, len(values), struct.pack(f"{order}{len(values)}H", *values))


def longs(order: Order, *values: int) -> Entry:
    """An entry of 32-bit numbers."""
    return Entry(LONG, len(values), struct.pack(f"{order}{len(values)}L", *values))


def fraction(order: Order, value: float) -> Entry:
    """An entry of one non-negative fraction, exact to a ten-thousandth."""
    return Entry(RATIONAL, 1, struct.pack(order + "LL", round(value * 10_000), 10_000))


def blob(kind: int, raw: bytes) -> Entry:
    """An entry of bytes."""
    return Entry(kind, len(raw), raw)

"""AVIFs whose table of properties (`ipma`) comes in several boxes, or lists a picture twice."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import numpy as np
import photo_files as made
import pytest
from PIL import Image, features

from defocus import read_photo
from defocus.formats import avif_tables, isobmff

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from defocus.photo import Photo

pytestmark = pytest.mark.skipif(not features.check("avif"), reason="Pillow without AVIF")

_Entries = list[tuple[int, bytes]]


def avif(alpha: bool = True) -> bytes:
    """By libavif: one table, of version 0, with a byte a property."""
    picture = made.picture(48, 32)
    if alpha:
        ramp = np.linspace(0, 255, 48, dtype=np.uint8)
        picture = np.dstack([picture, np.tile(ramp, (32, 1))])
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "AVIF", quality=90)
    return buffer.getvalue()


def places(data: bytes, name: bytes) -> list[tuple[int, int]]:
    return [(at, end) for found, at, end in isobmff.boxes(data, 0, len(data)) if found == name]


def entries(data: bytes) -> _Entries:
    """(picture, its properties) of the one table."""
    ((at, end),) = places(data, b"ipma")
    (count,) = struct.unpack_from(">L", data, at + 4)
    at += 8
    found = []
    for _ in range(count):
        size = data[at + 2]
        found.append((int.from_bytes(data[at : at + 2], "big"), data[at + 3 : at + 3 + size]))
        at += 3 + size
    assert at == end
    return found


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">L4s", 8 + len(body), name) + body


def table(items: _Entries, version: int = 0) -> bytes:
    number = ">L" if version else ">H"
    rows = [struct.pack(number, item) + bytes([len(p)]) + p for item, p in items]
    return box(b"ipma", bytes([version, 0, 0, 0]) + struct.pack(">L", len(items)) + b"".join(rows))


def with_tables(data: bytes, tables: bytes) -> bytes:
    """The file with these for its table; what lies behind moves, and `iloc` with it."""
    ((at, end),) = places(data, b"ipma")
    grown = len(tables) - (end - at + 8)
    out = bytearray(data[: at - 8] + tables + data[end:])
    for name in (b"meta", b"iprp"):
        ((start, after),) = places(data, name)
        out[start - 8 : start - 4] = struct.pack(">L", after - start + 8 + grown)
    ((start, _),) = places(data, b"iloc")
    assert out[start : start + 6] == b"\0\0\0\0\x44\0"
    assert start < at
    (count,) = struct.unpack_from(">H", out, start + 6)
    for number in range(count):
        place = start + 8 + 14 * number + 6
        (offset,) = struct.unpack_from(">L", out, place)
        struct.pack_into(">L", out, place, offset + grown)
    return bytes(out)


def one_each(items: _Entries) -> bytes:
    return b"".join(table([item]) for item in items)


def one_each_the_last_first(items: _Entries) -> bytes:
    return b"".join(table([item]) for item in reversed(items))


def one_each_of_long_numbers(items: _Entries) -> bytes:
    return b"".join(table([item], version=1) for item in items)


def every_property_alone(items: _Entries) -> bytes:
    return b"".join(table([(item, p[k : k + 1])]) for item, p in items for k in range(len(p)))


def twice_in_one(items: _Entries) -> bytes:
    return table([half for item, p in items for half in ((item, p[:1]), (item, p[1:]))])


KINDS = [
    one_each,
    one_each_the_last_first,
    one_each_of_long_numbers,
    every_property_alone,
    twice_in_one,
]


def read(tmp_path: Path, data: bytes) -> Photo:
    (tmp_path / "a.avif").write_bytes(data)
    return read_photo(tmp_path / "a.avif")


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_read_as_one(tmp_path: Path, kind: Callable[[_Entries], bytes]) -> None:
    data = avif()
    plain = read(tmp_path, data)
    assert plain.meta.notes == ()
    odd = with_tables(data, kind(entries(data)))
    found = read(tmp_path, odd)
    np.testing.assert_array_equal(found.pixels, plain.pixels)
    assert found.alpha is not None
    assert plain.alpha is not None
    np.testing.assert_array_equal(found.alpha, plain.alpha)
    assert any("ipma" in note for note in found.meta.notes)
    joined, is_odd = avif_tables.joined(odd)
    assert is_odd
    assert len(joined) == len(odd)  # nothing else may move


def test_libavif_alone_refuses_it() -> None:
    """If a newer one reads such files, this module can go."""
    data = avif()
    with (
        pytest.raises(OSError, match="cannot identify"),
        Image.open(io.BytesIO(with_tables(data, one_each(entries(data))))) as image,
    ):
        image.load()


@pytest.mark.parametrize("alpha", [True, False])
def test_a_file_by_the_book_stays_as_it_is(alpha: bool) -> None:
    data = avif(alpha)
    assert avif_tables.joined(data) == (data, False)


def test_tables_of_two_kinds_are_by_the_book(tmp_path: Path) -> None:
    """One of each version may be there; the properties of the picture are found in both."""
    data = avif()
    first, *more = entries(data)
    both = with_tables(data, table([first]) + table(more, version=1))
    assert avif_tables.joined(both) == (both, False)
    assert read(tmp_path, both).alpha is not None
    swapped = with_tables(data, table(more) + table([first], version=1))
    kinds = [name for name, _, _ in isobmff.primary_properties(swapped)]
    assert kinds == [name for name, _, _ in isobmff.primary_properties(data)] != []


@pytest.mark.parametrize("at", range(4, 40, 3))
def test_damaged_tables_do_no_harm(at: int) -> None:
    """Whatever stands in them, the file keeps its length and its picture its place."""
    data = avif()
    odd = bytearray(with_tables(data, one_each(entries(data))))
    start = places(bytes(odd), b"ipma")[0][0]
    odd[start + at] = 0xFF
    joined, _ = avif_tables.joined(bytes(odd))
    assert len(joined) == len(odd)
    ((picture, _),) = places(bytes(odd), b"mdat")
    assert joined[picture:] == odd[picture:]

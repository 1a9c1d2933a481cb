"""Reading a photo: limits, and the right module for its content."""

from __future__ import annotations

import mmap
import stat
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from defocus import formats
from defocus.errors import PhotoError, TooLargeError
from defocus.folders import expanded
from defocus.formats.faults import naming
from defocus.room import check_room

if TYPE_CHECKING:
    from pathlib import Path

    from defocus.formats.codec import Header
    from defocus.photo import Photo

# Four 16-bit channels uncompressed, and generous metadata.
_MAX_BYTES_PER_PIXEL = 8
_MAX_BYTES_BESIDE = 256 << 20


def read_photo(path: str | Path, *, max_pixels: int = 300_000_000) -> Photo:
    """Read a photo upright, with all that the file held.

    The content decides about the format, not the suffix. Damaged metadata is dropped with a note
    in ``Photo.meta.notes``; damaged pixels are refused.

    Args:
        path: of a file.
        max_pixels: refuse more, by what the header claims, before anything is decoded.

    Raises:
        PhotoError: not there, not readable, not a photo, damaged or cut off.
        TooLargeError: more than ``max_pixels``.
        MissingExtraError: the format needs an optional dependency.
    """
    check_room()
    path = expanded(path)
    with naming(path):
        photo = _decoded(_load(path, max_pixels), path.suffix.lower(), max_pixels)
    return replace(photo, path=path)


def read_stream(stream: BinaryIO, name: str, *, max_pixels: int = 300_000_000) -> Photo:
    """The same from an open stream, such as standard input, read to its end.

    Args:
        stream: of the bytes of a file.
        name: for messages.
        max_pixels: as in :func:`read_photo`.
    """
    check_room()
    with naming(name):
        most = _most_bytes(max_pixels)
        data = stream.read(most + 1)
        if len(data) > most:
            raise _too_many_bytes(len(data), max_pixels)
        return _decoded(data, "", max_pixels)


def _decoded(data: bytes, suffix: str, max_pixels: int) -> Photo:
    from defocus.formats.pixels import decoding

    found = formats.sniff(data, suffix)
    reader = found.load()
    with decoding(f"the {found.title}"):
        return reader.read(data, max_pixels)


def peek(path: str | Path) -> Header:
    """What a photo's header claims: its size and bits, without decoding anything.

    Raises:
        PhotoError: not there, not readable, not a photo, or its header is damaged.
        MissingExtraError: the format needs an optional dependency.
    """
    from defocus.formats.pixels import decoding

    path = expanded(path)
    with naming(path):
        if not _bytes_of_ordinary(path):  # cannot be mapped
            formats.sniff(b"", "")
        with (
            path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
            decoding("the header"),
        ):
            return formats.sniff(data, path.suffix.lower()).load().peek(data)


def _load(path: Path, max_pixels: int) -> bytes:
    """The bytes of a regular file, if a photo of ``max_pixels`` could be that large."""
    size = _bytes_of_ordinary(path)
    if size > _most_bytes(max_pixels):
        raise _too_many_bytes(size, max_pixels)
    return path.read_bytes()


def _most_bytes(max_pixels: int) -> int:
    return max_pixels * _MAX_BYTES_PER_PIXEL + _MAX_BYTES_BESIDE


def _too_many_bytes(size: int, max_pixels: int) -> TooLargeError:
    return TooLargeError(
        f"has {size / 1e6:,.0f} MB, more than a photo within the limit of "
        f"{max_pixels / 1e6:g} million pixels needs: scale it down or raise the limit"
    )


def _bytes_of_ordinary(path: Path) -> int:
    """The size of a regular file."""
    try:
        status = path.stat()
    except ValueError:  # a NUL in the name
        raise PhotoError("not a file name: check the path") from None
    if stat.S_ISDIR(status.st_mode):
        raise PhotoError("is a folder: give a file")
    if not stat.S_ISREG(status.st_mode):
        raise PhotoError("is not an ordinary file: give a file")
    return status.st_size

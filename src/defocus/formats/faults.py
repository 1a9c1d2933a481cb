"""Faults of files, said for people: which file, what happened, what to do next."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING

from defocus.errors import PhotoError, TooLargeError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def naming(path: Path | str) -> Iterator[None]:
    """Put the file's name, or what else it comes from, before every message, and translate what
    the system says."""
    name = str(path) if str(path).isprintable() else repr(str(path))
    try:
        yield
    except (TooLargeError, PhotoError) as error:
        raise type(error)(f"{name}: {error}") from None
    except MemoryError:
        raise TooLargeError(f"{name}: does not fit into memory: scale it down first") from None
    except OSError as error:
        raise PhotoError(f"{name}: {_advice(error)}") from None


def _advice(error: OSError) -> str:
    advice = {
        errno.ENOENT: "no such file or folder: check the path",
        errno.EACCES: "no permission: check who may read and write there",
        errno.EPERM: "no permission: check who may read and write there",
        errno.EROFS: "the disk is read-only: choose another folder",
        errno.ENOSPC: "the disk is full: free some space; nothing was written",
        errno.EDQUOT: "the disk quota is used up: free some space; nothing was written",
        errno.EFBIG: "larger than the system lets a file be here: choose another disk",
        errno.EINVAL: "is no ordinary file: give the name of a file",
        errno.EISDIR: "is a folder: give a file",
        errno.ENOTDIR: "a part of the path is not a folder: check the path",
        errno.EEXIST: "exists already: choose another name, or allow overwriting",
        errno.ENAMETOOLONG: "the name is too long: choose a shorter one",
        errno.ELOOP: "the links go in a circle: check the path",
    }
    said = error.strerror or str(error) or type(error).__name__
    return advice.get(
        error.errno or 0, f"{said[:1].lower()}{said[1:]}: check the path and the disk"
    )

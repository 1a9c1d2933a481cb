"""Faults of files, said for people: which file, what happened, what to do next."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from defocus.blame import advice
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
        raise PhotoError(f"{name}: {advice(error)}") from None

"""A photo from standard input, a result to standard output: ``-`` on the command line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from defocus.blame import advice
from defocus.cli._run import STREAM
from defocus.cli._streams import is_closed, write_output
from defocus.errors import EditError, PhotoError

if TYPE_CHECKING:
    from pathlib import Path

    from defocus.photo import Photo


def check_pipes(source: Path, target: Path | None) -> None:
    """Refuse a terminal, or nothing, where a photo should come from or go to. Raises EditError.

    Args:
        source: of the photo.
        target: of the result, or None if there is none in any pipe.
    """
    if target is STREAM and sys.stdout.isatty():
        raise EditError("standard output is a terminal: send it to a file, or give -o FILE")
    if target is STREAM and is_closed(1):
        raise EditError("standard output is closed: send it to a file, or give -o FILE")
    if source is STREAM and is_closed(0):
        raise EditError("standard input is closed: send a photo into it, or name a file")
    if source is STREAM and sys.stdin.isatty():
        raise EditError("standard input is a terminal: send a photo into it, or name a file")


def name_of(source: Path) -> str:
    """What messages call it."""
    return "standard input" if source is STREAM else source.name


def read_source(source: Path) -> Photo:
    """The photo of a file or of standard input. Raises PhotoError and its kin."""
    from defocus.formats.reading import read_photo, read_stream

    if source is STREAM:
        return read_stream(sys.stdin.buffer, name_of(source))
    return read_photo(source)


def write_to_pipe(content: bytes | memoryview) -> None:
    """A whole file on standard output. Raises PhotoError."""
    try:
        write_output(content)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise PhotoError(f"standard output cannot be written: {advice(error)}") from None

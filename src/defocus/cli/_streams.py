"""The standard streams: there, whatever started us, and holding what we say and nothing else."""

from __future__ import annotations

import errno
import io
import logging
import os
import sys
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from defocus.cli._bar import above_bars

if TYPE_CHECKING:
    from pathlib import Path

DEBUG = "DEFOCUS_DEBUG"

_lost: list[str] = []
_closed: set[int] = set()  # of the streams: which were not there when we were started


def settle() -> None:
    """Make the streams of a process that runs the command line; called once, before all else.

    Services start programs without a standard error, and then the next file that is opened gets
    its number: a library's warning would end in a photo. Libraries write there past Python
    (libtiff, libpng, OpenCV, ONNX Runtime); with ``DEFOCUS_DEBUG`` set, they may.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            _closed.add(number)
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number
    if sys.stdin is None:
        sys.stdin = io.TextIOWrapper(io.FileIO(0, "r", closefd=False), "utf-8")
    if sys.stdout is None:
        sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), "utf-8", "replace")
    if not os.environ.get(DEBUG):
        _silence_libraries()
    elif sys.stderr is None:
        sys.stderr = _text(2)


def _silence_libraries() -> None:
    ours = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    sys.stderr = _text(ours)
    logging.getLogger().addHandler(logging.NullHandler())
    if not sys.warnoptions:
        warnings.simplefilter("ignore")


def _text(number: int) -> io.TextIOWrapper:
    stream = io.FileIO(number, "w")
    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    return io.TextIOWrapper(stream, encoding, "backslashreplace", line_buffering=True)


def say(message: str) -> None:
    """A line on standard error; if that is full or gone, nobody can be told."""
    with suppress(OSError), above_bars():
        click.echo(message, err=True)


def say_path(path: Path) -> None:
    """A path on standard output, byte for byte; if that fails, :func:`lost_output` tells why."""
    try:
        click.echo(os.fsencode(path))
    except OSError as error:
        _lost.append(error.strerror or str(error))
        _forget_output()


def write_output(content: bytes | memoryview) -> None:
    """A whole file on standard output. Raises OSError."""
    stream = sys.stdout.buffer
    left = memoryview(content).cast("B")
    try:
        while left:  # one without a buffer (PYTHONUNBUFFERED) may take a part, and says no more
            taken = stream.write(left)
            if not taken:
                raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            left = left[taken:]
        stream.flush()
    except OSError:
        _forget_output()
        raise


def is_closed(number: int) -> bool:
    """Whether there was no such stream when the program was started."""
    return number in _closed


def _forget_output() -> None:
    """What is left in the buffer would be tried, and told, again at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def lost_output() -> str | None:
    """Why something could not be said on standard output since the last call, or None."""
    reason = _lost[0] if _lost else None
    _lost.clear()
    return reason

"""Units of work for the tests of the batch tool; workers import them, so they live in a module."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

from defocus.errors import PhotoError

if TYPE_CHECKING:
    from defocus.edit import Edit


def shout(photo: Path, result: Path, edit: Edit) -> None:
    """Upper case and the f-number. What the photo says first may go wrong on purpose."""
    text = photo.read_bytes()
    if text.startswith(b"bad"):
        raise PhotoError(f"{photo}: is bad: throw it away")
    if text.startswith(b"bug"):
        raise ZeroDivisionError("a fault of the program")
    if text.startswith(b"crash"):
        _die_unless_tried(text)
    result.write_bytes(text.upper() + f" f/{edit.lens.f_number:g}".encode())


def shout_slowly(photo: Path, result: Path, edit: Edit) -> None:
    """The same in two halves, so that a kill finds half a file."""
    text = photo.read_bytes().upper() + f" f/{edit.lens.f_number:g}".encode()
    with result.open("wb", buffering=0) as file:
        file.write(text[: len(text) // 2])
        time.sleep(0.04)
        file.write(text[len(text) // 2 :])


def write_pid_and_wait(photo: Path, result: Path, edit: Edit) -> None:
    """Tell who works, then work for as long as nobody ends it."""
    Path(photo.read_text()).write_text(str(os.getpid()))
    time.sleep(3600)


def write_worker(photo: Path, result: Path, edit: Edit) -> None:
    """Tell which process works."""
    result.write_text(str(os.getpid()))


def write_cpus(photo: Path, result: Path, edit: Edit) -> None:
    """Tell which CPUs this worker may use."""
    time.sleep(0.2)
    result.write_text(",".join(map(str, sorted(os.sched_getaffinity(0)))))


def note_overlap(photo: Path, result: Path, edit: Edit) -> None:
    """Tell which photos were at work when this one left off, by marks in a folder.

    The photo tells how many seconds to wait for a second mark, and the folder.
    """
    seconds, _, folder = photo.read_text().partition(" ")
    marks, until = Path(folder), time.monotonic() + float(seconds)
    (marks / photo.name).touch()
    while len(seen := sorted(path.name for path in marks.iterdir())) < 2:
        if time.monotonic() > until:
            break
        time.sleep(0.01)
    result.write_text(" ".join(seen))
    if len(seen) < 2:  # alone: whoever comes later is alone too
        (marks / photo.name).unlink()


def _die_unless_tried(text: bytes) -> None:
    """``crash`` dies always, ``crash once PATH`` only until PATH exists."""
    _, _, path = text.decode().partition(" once ")
    if path and Path(path).exists():
        return
    if path:
        Path(path).touch()
    os.kill(os.getpid(), signal.SIGKILL)


def grow(photo: Path, result: Path, edit: Edit) -> None:
    """Take as many MiB as the photo says, and tell the limit that was set."""
    import resource

    held = bytearray(int(photo.read_text()) << 20)
    held[::4096] = b"x" * len(held[::4096])
    result.write_text(str(resource.getrlimit(resource.RLIMIT_DATA)[0]))

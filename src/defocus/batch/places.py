"""Where photos come from and results go: a local folder, or any path that fsspec opens.

A result is made in a folder of its own, :data:`PARTS`, and takes its name only when it is whole.
What a killed run leaves behind lies there and nowhere else.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections import Counter
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol

from defocus.errors import DefocusError
from defocus.files import check_ordinary, identity, is_folder, is_there, move_whole, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PARTS = ".defocus-batch.parts"
_NOTE = ".kept"
# A folder may be reached by several links, and each way may be meant; thousands never are.
_WAYS = 8


@dataclass(frozen=True, slots=True)
class Stamp:
    """Tells cheaply whether a file may have changed.

    Attributes:
        size: in bytes.
        version: what the storage changes with the content: modification time, or an ETag.
    """

    size: int
    version: str


class Place(Protocol):
    """A folder of files with relative POSIX names. Places travel to workers: they pickle."""

    def files(self, *, beside: Place) -> Iterator[tuple[str, Stamp | None]]:
        """Every visible file below, but for those in the folder ``beside``.

        The stamp is None for what is there and cannot be read: no permission, a link to nowhere,
        a pipe, a device. A folder that cannot be read is one such name, with a slash at its end.

        Raises:
            DefocusError: there is no such folder.
        """
        ...

    def stamps(self, names: Iterable[str]) -> dict[str, Stamp]:
        """The stamps of those files that exist."""
        ...

    def local(self, name: str) -> AbstractContextManager[Path]:
        """A context with a local path from which the file can be read. Raises OSError."""
        ...

    def new_file(self, name: str) -> AbstractContextManager[Path]:
        """A context with a local path, of the same suffix, for a file to be written."""
        ...

    def keep(self, written: Path, name: str, sha256: str, *, replaces: bool) -> Stamp:
        """Give a complete file from :meth:`new_file` its name.

        Args:
            written: the file.
            name: for it.
            sha256: of its bytes; see :meth:`kept`.
            replaces: it may replace an older one.

        Raises:
            FileExistsError: there is one, and it may not.
            OSError: it cannot be written; an older file is as it was.
        """
        ...

    def kept(self) -> dict[str, str] | None:
        """Name and SHA-256 of what was kept since the last :meth:`sweep`: what a killed run may
        have put in place without recording it. None if this place does not note it."""
        ...

    def sweep(self) -> None:
        """Remove what a killed run left behind."""
        ...

    def tidy(self) -> None:
        """Remove what nobody needs after a run that failed; :meth:`kept` stays. Never raises."""
        ...


@dataclass(frozen=True, slots=True)
class LocalFolder:
    """A folder on this machine, or one that is mounted here."""

    root: Path

    def __str__(self) -> str:
        return str(self.root)

    def files(self, *, beside: Place) -> Iterator[tuple[str, Stamp | None]]:
        """Links are followed, but for one that leads back to a folder above it.

        Folders that lead to each other in many ways are entered :data:`_WAYS` times each.
        """
        if not is_folder(self.root):
            if is_there(self.root):
                raise DefocusError(f"{self.root} is no folder: use 'defocus blur' for one photo")
            raise DefocusError(f"there is no folder {self.root}, or it is locked: check the path")
        skipped = identity(beside.root) if isinstance(beside, LocalFolder) else None
        yield from self._below(self.root, (), skipped, Counter())

    def _below(
        self,
        folder: Path,
        above: tuple[_Identity, ...],
        skipped: _Identity | None,
        entered: Counter[_Identity],
    ) -> Iterator[tuple[str, Stamp | None]]:
        found = identity(folder)
        if found is None or found in above or found == skipped:
            return
        entered[found] += 1
        paths = _entries(folder) if entered[found] <= _WAYS else None
        if paths is None:
            if not above:
                raise DefocusError(f"the folder {folder} cannot be read: check who may")
            yield f"{folder.relative_to(self.root).as_posix()}/", None
            return
        for path in paths:
            if path.name.startswith("."):
                continue
            if is_folder(path):
                yield from self._below(path, (*above, found), skipped, entered)
            else:
                yield path.relative_to(self.root).as_posix(), _stamp(path)

    def stamps(self, names: Iterable[str]) -> dict[str, Stamp]:
        stamps = ((name, _stamp(self.root / name)) for name in names)
        return {name: stamp for name, stamp in stamps if stamp is not None}

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        yield self.root / name

    @contextmanager
    def new_file(self, name: str) -> Iterator[Path]:
        parts = self.root / PARTS
        parts.mkdir(parents=True, exist_ok=True)
        part = parts / f"{secrets.token_hex(8)}{PurePosixPath(name).suffix}"
        try:
            yield part
        finally:
            with suppress(OSError):  # else the sweep takes it
                part.unlink(missing_ok=True)

    def keep(self, written: Path, name: str, sha256: str, *, replaces: bool) -> Stamp:
        target = self.root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        note = written.with_name(f"{hashlib.sha256(os.fsencode(name)).hexdigest()}{_NOTE}")
        write_whole(note, json.dumps([name, sha256]).encode(), overwrite=True)
        move_whole(written, target, overwrite=replaces)
        status = target.stat()
        return Stamp(status.st_size, str(status.st_mtime_ns))

    def kept(self) -> dict[str, str]:
        notes = {}
        for path in (self.root / PARTS).glob(f"*{_NOTE}"):
            with suppress(OSError, ValueError):
                name, sha256 = json.loads(path.read_bytes())
                notes[str(name)] = str(sha256)
        return notes

    def sweep(self) -> None:
        shutil.rmtree(self.root / PARTS, ignore_errors=True)

    def tidy(self) -> None:
        parts = self.root / PARTS
        with suppress(OSError):
            for path in parts.iterdir():
                if path.suffix != _NOTE:
                    path.unlink()
            parts.rmdir()  # not while it holds notes


_Identity = tuple[int, int]


def _entries(folder: Path) -> list[Path] | None:
    """What is in a folder, in order; None if it, or what is in it, cannot be looked at."""
    try:
        paths = sorted(folder.iterdir())
    except OSError:
        return None
    return paths if os.access(folder, os.X_OK) else None


def _stamp(path: Path) -> Stamp | None:
    try:
        check_ordinary(path)
        status = path.stat()
    except OSError:
        return None
    return Stamp(status.st_size, str(status.st_mtime_ns))

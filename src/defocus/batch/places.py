"""Where photos come from and results go: a local folder, or any path that fsspec opens.

A result is made in a folder of its own, :data:`PARTS`, and takes its name only when it is whole.
What a killed run leaves behind lies there and nowhere else.
"""

from __future__ import annotations

import secrets
import shutil
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol

from defocus.errors import DefocusError
from defocus.files import move_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PARTS = ".defocus-batch.parts"


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

        The stamp is None for what is there and cannot be read.

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

    def keep(self, written: Path, name: str) -> Stamp:
        """Give a complete file from :meth:`new_file` its name, replacing an older one.

        Raises:
            OSError: it cannot be written; an older file is as it was.
        """
        ...

    def sweep(self) -> None:
        """Remove what a killed run left behind."""
        ...


@dataclass(frozen=True, slots=True)
class LocalFolder:
    """A folder on this machine, or one that is mounted here."""

    root: Path

    def __str__(self) -> str:
        return str(self.root)

    def files(self, *, beside: Place) -> Iterator[tuple[str, Stamp | None]]:
        """Links are followed, but for one that leads back to a folder above it."""
        if not self.root.is_dir():
            raise DefocusError(f"there is no folder {self.root}: check the path")
        skipped = _identity(beside.root) if isinstance(beside, LocalFolder) else None
        yield from self._below(self.root, (), skipped)

    def _below(
        self, folder: Path, above: tuple[_Identity, ...], skipped: _Identity | None
    ) -> Iterator[tuple[str, Stamp | None]]:
        identity = _identity(folder)
        if identity is None or identity in above or identity == skipped:
            return
        for path in sorted(folder.iterdir()):
            if path.name.startswith("."):
                continue
            if path.is_dir():
                yield from self._below(path, (*above, identity), skipped)
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
            part.unlink(missing_ok=True)

    def keep(self, written: Path, name: str) -> Stamp:
        target = self.root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        move_whole(written, target, overwrite=True)
        status = target.stat()
        return Stamp(status.st_size, str(status.st_mtime_ns))

    def sweep(self) -> None:
        shutil.rmtree(self.root / PARTS, ignore_errors=True)


_Identity = tuple[int, int]


def _identity(folder: Path) -> _Identity | None:
    """Device and inode of a folder, whatever links lead to it; None if it cannot be read."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return Stamp(status.st_size, str(status.st_mtime_ns))

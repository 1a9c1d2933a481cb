"""The journal of a result folder: what was made from what, so that a rerun does only the rest.

An SQLite file. A result is *claimed* before any work on it begins and recorded when it is in place:
whatever a target's row says, the target is ours to replace; a target without a row is somebody's.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from defocus.batch.places import Stamp
from defocus.errors import DefocusError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

JOURNAL = ".defocus-batch.sqlite"
_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS result (
    target         TEXT PRIMARY KEY,  -- relative to the result folder
    source_root    TEXT NOT NULL,
    source         TEXT NOT NULL,     -- relative to source_root
    source_size    INTEGER NOT NULL,
    source_version TEXT NOT NULL,     -- modification time in ns, or an ETag
    source_sha256  TEXT,
    edit_sha256    TEXT NOT NULL,     -- the edit, the depth model and the version of defocus
    status         TEXT NOT NULL CHECK (status IN ('claimed', 'done', 'failed')),
    error          TEXT,
    target_size    INTEGER,
    target_version TEXT,
    target_sha256  TEXT,
    seconds        REAL,
    recorded       REAL NOT NULL      -- Unix time
)
"""

Status = Literal["claimed", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Record:
    """One row: a target, what it is made from, and how that went.

    Attributes:
        target: relative name of the result.
        source_root: the input folder.
        source: relative name of the photo.
        source_stamp: of the photo, taken before it was read.
        edit_sha256: of all that decides about the result beside the photo.
        status: ``claimed`` (begun), ``done`` or ``failed``.
        source_sha256: of the photo's bytes, once it was read.
        error: why it failed.
        target_stamp: of the result in place.
        target_sha256: of the result's bytes.
        seconds: that the work took.
    """

    target: str
    source_root: str
    source: str
    source_stamp: Stamp
    edit_sha256: str
    status: Status = "claimed"
    source_sha256: str | None = None
    error: str | None = None
    target_stamp: Stamp | None = None
    target_sha256: str | None = None
    seconds: float | None = None


class Journal:
    """An open journal; no other process can open it until it is closed, or its process ends.

    Raises:
        DefocusError: it cannot be made, another batch uses it, or it is no journal of ours.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._explaining():
            # Autocommit: every statement is whole or not there, even after kill -9.
            self._base = sqlite3.connect(path, isolation_level=None, timeout=0)
        try:
            with self._explaining():
                self._open()
        except BaseException:
            self._base.close()
            raise

    def _open(self) -> None:
        execute = self._base.execute
        execute("PRAGMA locking_mode = EXCLUSIVE")
        execute("PRAGMA journal_mode = WAL")
        execute("PRAGMA synchronous = NORMAL")
        (version,) = execute("PRAGMA user_version").fetchone()
        if version not in (0, _VERSION):
            raise DefocusError(
                f"{self._path} was written by a newer defocus: update defocus, or choose another "
                "folder for the results"
            )
        execute(_SCHEMA)
        execute(f"PRAGMA user_version = {_VERSION}")  # a write: takes the lock until close

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self._base.close()

    def records(self) -> dict[str, Record]:
        """All rows, by target."""
        with self._explaining():
            rows = self._base.execute(
                "SELECT target, source_root, source, source_size, source_version, edit_sha256,"
                " status, source_sha256, error, target_size, target_version, target_sha256, seconds"
                " FROM result"
            ).fetchall()
        return {row[0]: _record(row) for row in rows}

    def write(self, records: Iterable[Record]) -> None:
        """Insert or replace rows: all of them, or none if the process ends meanwhile."""
        now = time.time()
        with self._explaining():
            self._base.execute("BEGIN")
            self._base.executemany(
                "INSERT OR REPLACE INTO result (target, source_root, source, source_size,"
                " source_version, edit_sha256, status, source_sha256, error, target_size,"
                " target_version, target_sha256, seconds, recorded)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                ((*_row(record), now) for record in records),
            )
            self._base.execute("COMMIT")

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise DefocusError(
                    f"another defocus batch is writing to {self._path.parent}: wait for it to end"
                ) from None
            raise DefocusError(
                f"the journal {self._path} cannot be written ({error}): is the folder writable, "
                "and the disk not full?"
            ) from None
        except sqlite3.DatabaseError as error:
            raise DefocusError(
                f"the journal {self._path} is damaged ({error}): delete it, then run again with "
                "--overwrite to make every result anew"
            ) from None


def _row(record: Record) -> tuple[Any, ...]:
    target = record.target_stamp
    return (
        record.target,
        record.source_root,
        record.source,
        record.source_stamp.size,
        record.source_stamp.version,
        record.edit_sha256,
        record.status,
        record.source_sha256,
        record.error,
        target.size if target else None,
        target.version if target else None,
        record.target_sha256,
        record.seconds,
    )


def _record(row: tuple[Any, ...]) -> Record:
    target, root, source, size, version, edit, status, sha256, error, *made, seconds = row
    target_size, target_version, target_sha256 = made
    return Record(
        target=target,
        source_root=root,
        source=source,
        source_stamp=Stamp(size, version),
        edit_sha256=edit,
        status=status,
        source_sha256=sha256,
        error=error,
        target_stamp=None if target_size is None else Stamp(target_size, target_version),
        target_sha256=target_sha256,
        seconds=seconds,
    )

"""The journal of a result folder: what was made from what, so that a rerun does only the rest.

An SQLite file. A result is *claimed* before any work on it begins and recorded when it is in place:
whatever a target's row says, the target is ours to replace; a target without a row is somebody's.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from defocus.batch.places import Stamp
from defocus.errors import DefocusError
from defocus.files import is_there

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
# What the system is to blame for; any other error comes from the file's content.
_SYSTEM = (
    sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM,
)  # fmt: skip
_NAME, _MAYBE_TEXT = (str, bytes), (str, type(None))
_KINDS: tuple[Any, ...] = (
    _NAME, _NAME, _NAME, int, str, str, str, _MAYBE_TEXT, _MAYBE_TEXT, (int, type(None)),
    _MAYBE_TEXT, _MAYBE_TEXT, (float, int, type(None)),
)  # fmt: skip


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
        target_stamp: of the result in place that is known to be ours; of one that is claimed or
            failed, that of an earlier run.
        target_sha256: of its bytes.
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


class DamagedJournalError(DefocusError):
    """The journal's bytes are not what was written; what could be read of it is ``records``."""

    def __init__(self, message: str, records: dict[str, Record]) -> None:
        super().__init__(message)
        self.records = records


class Journal:
    """An open journal; no other process can open it until it is closed, or its process ends.

    Raises:
        DefocusError: it cannot be made, another batch uses it, or it is no journal of ours.
        DamagedJournalError: it is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._explaining():
            # Autocommit: every statement is whole or not there, even after kill -9.
            self._base = sqlite3.connect(path, isolation_level=None, timeout=0)
            self._base.text_factory = os.fsdecode
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
        execute("PRAGMA synchronous = FULL")  # a row that is written outlives a power cut
        (version,) = execute("PRAGMA user_version").fetchone()
        if version not in (0, _VERSION):
            raise DefocusError(
                f"{self._path} was written by a newer defocus: update defocus, or choose another "
                "folder for the results"
            )
        (found,) = execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(" ".join(str(found).split())[:100])
        execute(_SCHEMA)
        execute(f"PRAGMA user_version = {_VERSION}")  # a write: takes the lock until close

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self._base.close()

    def records(self) -> dict[str, Record]:
        """All rows, by target."""
        with self._explaining():
            return self._readable()

    def _readable(self) -> dict[str, Record]:
        records = {}
        for row in self._base.execute(
            "SELECT target, source_root, source, source_size, source_version, edit_sha256,"
            " status, source_sha256, error, target_size, target_version, target_sha256, seconds"
            " FROM result"
        ):
            record = _record(row)
            if record is not None:
                records[record.target] = record
        return records

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
        except (sqlite3.Error, UnicodeDecodeError) as error:
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
            if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise DefocusError(
                    f"another defocus batch is writing to {self._path.parent}: wait for it to end"
                ) from None
            if code in _SYSTEM:
                raise DefocusError(
                    f"the journal {self._path} cannot be written ({error}): is the folder "
                    "writable, and the disk not full?"
                ) from None
            records: dict[str, Record] = {}
            with suppress(sqlite3.Error, UnicodeDecodeError):
                records = self._readable()
            raise DamagedJournalError(
                f"the journal {self._path} is damaged ({error}): delete it, then run again with "
                "--overwrite to make every result anew",
                records,
            ) from None


def set_aside(path: Path) -> Path:
    """Rename a damaged journal, so that a new one can be begun; its new name. Raises OSError."""
    number = 1
    while is_there(aside := path.with_name(f"{path.name}.damaged-{number}")):
        number += 1
    path.rename(aside)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return aside


# SQLite knows only text that is UTF-8; the names of files may be any bytes.


def _stored(name: str) -> str | bytes:
    raw = os.fsencode(name)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def _restored(name: str | bytes) -> str:
    return os.fsdecode(name)


def _row(record: Record) -> tuple[Any, ...]:
    target = record.target_stamp
    return (
        _stored(record.target),
        _stored(record.source_root),
        _stored(record.source),
        record.source_stamp.size,
        record.source_stamp.version,
        record.edit_sha256,
        record.status,
        record.source_sha256,
        record.error and record.error.encode("utf-8", "backslashreplace").decode(),
        target.size if target else None,
        target.version if target else None,
        record.target_sha256,
        record.seconds,
    )


def _record(row: tuple[Any, ...]) -> Record | None:
    """The record of a row; None if the row is not one that we wrote."""
    if not all(isinstance(value, kinds) for value, kinds in zip(row, _KINDS, strict=True)):
        return None
    if row[6] not in get_args(Status):
        return None
    target, root, source, size, version, edit, status, sha256, error, *made, seconds = row
    target_size, target_version, target_sha256 = made
    return Record(
        target=_restored(target),
        source_root=_restored(root),
        source=_restored(source),
        source_stamp=Stamp(size, version),
        edit_sha256=edit,
        status=status,
        source_sha256=sha256,
        error=error,
        target_stamp=None if target_size is None else Stamp(target_size, target_version),
        target_sha256=target_sha256,
        seconds=seconds,
    )

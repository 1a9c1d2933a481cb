"""The unit of work: one photo in, one result out. Every engine runs just this."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from defocus.blame import advice, blamed, described
from defocus.errors import DefocusError, OutOfMemoryError
from defocus.files import check_ordinary

if TYPE_CHECKING:
    from defocus.batch.places import Place, Stamp
    from defocus.edit import Edit

Work = Callable[[Path, Path, "Edit"], "tuple[str, ...] | None"]
"""Called with a photo, a path that does not exist yet, and the edit; writes the result there, and
returns what that lacks of the photo, for people."""


@dataclass(frozen=True, slots=True)
class Job:
    """One photo to do.

    Attributes:
        source: relative name in the input folder.
        target: relative name in the result folder.
        memory: bytes that the work may need, for the engine to plan with.
        replaces: there is a result of ours already; without it, whatever appears there meanwhile
            is somebody else's.
        limit: bytes that the worker may take for it, 0 for as many as there are.
    """

    source: str
    target: str
    memory: int = 0
    replaces: bool = False
    limit: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job went.

    Attributes:
        job: the job.
        error: one line for people, or None if the result is in place.
        source_sha256: of the photo's bytes, None if it could not be read.
        target_stamp: of the result, None if there is none.
        target_sha256: of the result's bytes.
        seconds: wall time.
        notes: what the result lacks of the photo, one line each.
        starved: it failed for lack of memory.
    """

    job: Job
    error: str | None = None
    source_sha256: str | None = None
    target_stamp: Stamp | None = None
    target_sha256: str | None = None
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    starved: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """What all jobs of a batch share; it is sent to each worker once.

    Attributes:
        source: where the photos are.
        target: where the results go.
        edit: the choices.
        work: makes one result; an importable function, so that it can be sent.
    """

    source: Place
    target: Place
    edit: Edit
    work: Work

    def run(self, job: Job) -> Outcome:
        """Do a job. Never raises what one photo can cause; the result is whole or absent."""
        started = time.perf_counter()
        source_sha256 = None
        try:
            with self.source.local(job.source) as photo, self.target.new_file(job.target) as part:
                source_sha256 = sha256_of(photo)
                try:
                    notes = self.work(photo, part, self.edit) or ()
                except DefocusError as error:
                    text = str(error).removeprefix(f"{photo}: ").replace(f"{part}", job.target)
                    return self._failed(job, text, error, source_sha256, started)
                target_sha256 = sha256_of(part)
                stamp = self._keep(part, job, target_sha256)
        except FileExistsError as error:
            text = "exists already: another program, or another photo, has made it meanwhile"
            return self._failed(job, text, error, source_sha256, started)
        except OSError as error:
            text = advice(error)
            return self._failed(job, text, error, source_sha256, started)
        except Exception as error:  # a fault of ours on one photo must not stop the others
            text = str(blamed(error) or described(error))
            return self._failed(job, text, error, source_sha256, started)
        seconds = _since(started)
        return Outcome(job, None, source_sha256, stamp, target_sha256, seconds, tuple(notes))

    def _keep(self, part: Path, job: Job, sha256: str) -> Stamp:
        """Put the result in place; it may be there already, if a worker died just after that."""
        try:
            return self.target.keep(part, job.target, sha256, replaces=job.replaces)
        except FileExistsError:
            with self.target.local(job.target) as there:
                if sha256_of(there) != sha256:
                    raise
            return self.target.stamps([job.target])[job.target]

    def _failed(
        self, job: Job, text: str, error: Exception, source_sha256: str | None, started: float
    ) -> Outcome:
        return Outcome(job, text, source_sha256, seconds=_since(started), starved=_starved(error))


def _starved(error: BaseException | None) -> bool:
    """Whether an exception, or one that led to it, says that the memory did not suffice."""
    while error is not None:
        if isinstance(blamed(error), OutOfMemoryError):
            return True
        error = error.__cause__ or error.__context__
    return False


def portrait(photo: Path, result: Path, edit: Edit) -> tuple[str, ...]:
    """The product's work: what ``defocus blur`` does.

    Returns:
        What the result lacks of the photo, and what was asked for and not found.

    Raises:
        DefocusError: the photo cannot be read, its depth not be had, or the result not be written.
    """
    from defocus.formats.losses import losses
    from defocus.formats.reading import read_photo
    from defocus.pipeline import write_portrait

    original = read_photo(photo)
    notes = list(losses(original, result, edit.output))
    write_portrait(original, result, edit, tell=notes.append)
    return tuple(notes)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal. Raises OSError, for a pipe or device too."""
    check_ordinary(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _since(started: float) -> float:
    return time.perf_counter() - started

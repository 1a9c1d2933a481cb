"""The unit of work: one photo in, one result out. Every engine runs just this."""

from __future__ import annotations

import hashlib
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from defocus.errors import DefocusError

if TYPE_CHECKING:
    from defocus.batch.places import Place, Stamp
    from defocus.edit import Edit

Work = Callable[[Path, Path, "Edit"], object]
"""Called with a photo, a path that does not exist yet, and the edit; writes the result there."""


@dataclass(frozen=True, slots=True)
class Job:
    """One photo to do.

    Attributes:
        source: relative name in the input folder.
        target: relative name in the result folder.
        memory: bytes that the work may need, for the engine to plan with.
    """

    source: str
    target: str
    memory: int = 0


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
    """

    job: Job
    error: str | None = None
    source_sha256: str | None = None
    target_stamp: Stamp | None = None
    target_sha256: str | None = None
    seconds: float = 0.0


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
                    self.work(photo, part, self.edit)
                except DefocusError as error:
                    text = str(error).removeprefix(f"{photo}: ").replace(f"{part}", job.target)
                    return Outcome(job, text, source_sha256, seconds=_since(started))
                target_sha256 = sha256_of(part)
                stamp = self.target.keep(part, job.target)
        except OSError as error:
            text = error.strerror or str(error) or type(error).__name__
            return Outcome(job, text, source_sha256, seconds=_since(started))
        except MemoryError:
            text = "does not fit into memory: give it --quality fast, or scale it down"
            return Outcome(job, text, source_sha256, seconds=_since(started))
        except Exception as error:  # a fault of ours on one photo must not stop the others
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(last.filename).name}:{last.lineno}"
            text = f"unexpected {type(error).__name__} at {where}: {error}"
            return Outcome(job, text, source_sha256, seconds=_since(started))
        return Outcome(job, None, source_sha256, stamp, target_sha256, _since(started))


def portrait(photo: Path, result: Path, edit: Edit) -> None:
    """The product's work: what ``defocus blur`` does.

    Raises:
        DefocusError: the photo cannot be read, its depth not be had, or the result not be written.
    """
    from defocus.formats.reading import read_photo
    from defocus.pipeline import write_portrait

    write_portrait(read_photo(photo), result, edit)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _since(started: float) -> float:
    return time.perf_counter() - started

"""Run a batch: plan, claim, work, record."""

from __future__ import annotations

import hashlib
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Protocol

from defocus.batch import memory as memory_module
from defocus.batch.address import place_of
from defocus.batch.interrupts import Interrupts
from defocus.batch.journal import JOURNAL, DamagedJournalError, Journal, set_aside
from defocus.batch.places import LocalFolder
from defocus.batch.plan import Entry, Plan, find_photos, make_plan, settle_model
from defocus.batch.work import Outcome, Task, Work, portrait
from defocus.blame import advice
from defocus.errors import DefocusError, EditError
from defocus.files import is_there
from defocus.folders import state_dir

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from pathlib import Path

    from defocus.batch.journal import Record
    from defocus.batch.places import Place
    from defocus.batch.work import Job
    from defocus.edit import Edit

EngineName = Literal["local", "ray"]


class Engine(Protocol):
    """Runs jobs somewhere."""

    def run(self, jobs: Iterable[Job], interrupts: Interrupts) -> Iterator[Outcome]:
        """Yield how each job went, as they end; stop early when interrupted."""
        ...

    def close(self) -> None:
        """Give back what the engine holds; what is still at work is abandoned."""
        ...


@dataclass(frozen=True, slots=True)
class Options:
    """How a batch runs; none of this changes a result.

    Attributes:
        workers: processes; None lets the engine choose.
        memory: bytes that all workers together may use; None for three quarters of what is free.
        retry_failed: also try photos again that failed before and did not change since.
        overwrite: replace results that no batch into this folder made.
        engine: ``local`` or ``ray``.
        address: of the Ray cluster; None starts Ray on this machine.
    """

    workers: int | None = None
    memory: int | None = None
    retry_failed: bool = False
    overwrite: bool = False
    engine: EngineName = "local"
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """How a batch went.

    Attributes:
        entries: one a photo.
        interrupted: it was stopped; what is ``planned`` among the entries is left for a rerun.
        seconds: wall time.
    """

    entries: tuple[Entry, ...]
    interrupted: bool = False
    seconds: float = 0.0

    def count(self, status: str) -> int:
        """How many photos have this status."""
        return sum(entry.status == status for entry in self.entries)


def plan_batch(
    source: str | Path, target: str | Path, edit: Edit, options: Options = Options()
) -> Plan:
    """What :func:`run_batch` would do now; makes and changes nothing.

    Raises:
        DefocusError: as for :func:`run_batch`.
    """
    photos, results = place_of(source), place_of(target)
    found = find_photos(photos, results)
    path = _journal_path(results)
    records: dict[str, Record] = {}
    warnings: tuple[str, ...] = ()
    if is_there(path):
        try:
            with Journal(path) as journal:
                records = journal.records()
        except DamagedJournalError as error:
            records, warnings = error.records, (f"the journal {path} is damaged",)
    plan = make_plan(
        photos,
        results,
        found,
        settle_model(edit),
        records,
        kept=results.kept(),
        retry_failed=options.retry_failed,
        overwrite=options.overwrite,
    )
    return replace(plan, warnings=warnings)


def run_batch(
    source: str | Path,
    target: str | Path,
    edit: Edit,
    options: Options = Options(),
    *,
    work: Work = portrait,
    on_plan: Callable[[Plan], None] | None = None,
    on_entry: Callable[[Entry], None] | None = None,
    interrupts: Interrupts | None = None,
) -> Summary:
    """Apply one edit to all photos of a folder, into another with the same tree.

    A rerun does what is left: photos that are new or changed, or whose result is missing or was
    damaged. Failures of single photos are entries of the summary, not exceptions.

    Args:
        source: folder or fsspec URL with the photos; a result folder inside it is left out.
        target: folder or fsspec URL for the results; made if need be.
        edit: the choices.
        options: how to run.
        work: what makes one result; an importable function.
        on_plan: told what will be done.
        on_entry: told of each photo as soon as it is settled.
        interrupts: raise its ``count`` to stop early.

    Raises:
        DefocusError: nothing could be done: the folders overlap, there is no photo, the result
            folder cannot be written or another batch is writing to it, the model is unknown, or
            the workers do not come up.
    """
    started = time.monotonic()
    photos, results = place_of(source), place_of(target)
    edit = settle_model(edit)
    found = find_photos(photos, results)
    interrupts = interrupts or Interrupts()
    entries: list[Entry] = []

    def tell(entry: Entry) -> None:
        entries.append(entry)
        if on_entry is not None:
            on_entry(entry)

    journal, warnings = _open_journal(results)
    with journal, _tidied(results):
        plan = make_plan(
            photos,
            results,
            found,
            edit,
            journal.records(),
            kept=results.kept(),
            retry_failed=options.retry_failed,
            overwrite=options.overwrite,
        )
        plan = replace(plan, warnings=warnings)
        if on_plan is not None:
            on_plan(plan)
        journal.write(plan.refreshed)
        journal.write(plan.claims.values())
        results.sweep()  # now the claims say what of the results in place is ours
        for entry in plan.settled:
            tell(entry)
        left = {job.source: job for job in plan.jobs}
        if left:
            engine = make_engine(Task(photos, results, edit, work), options)
            with closing(_outcomes(engine, plan.jobs, interrupts)) as outcomes:
                for outcome in outcomes:
                    job = left.pop(outcome.job.source)
                    journal.write([_recorded(plan.claims[job.source], outcome)])
                    tell(_entry(outcome))
        results.sweep()
        for job in left.values():
            if interrupts.count:
                tell(Entry(job.source, job.target, "planned"))
            else:
                lost = Outcome(job, "the worker died, or was lost with its machine")
                journal.write([_recorded(plan.claims[job.source], lost)])
                tell(_entry(lost))
    return Summary(tuple(entries), bool(interrupts.count), time.monotonic() - started)


def make_engine(task: Task, options: Options) -> Engine:
    """The engine that the options name. Raises MissingExtraError."""
    if options.memory is not None and options.memory < memory_module.WORKER_BYTES:
        raise EditError(
            f"--memory {options.memory >> 20}M is less than one worker needs: give "
            f"{memory_module.WORKER_BYTES >> 20}M or more"
        )
    if options.engine == "ray":
        from defocus.batch.ray_engine import RayEngine

        return RayEngine(
            task, workers=options.workers, memory=options.memory, address=options.address
        )
    from defocus.batch.pool import LocalPool

    budget = options.memory or memory_module.available()
    return LocalPool(task, workers=options.workers, memory=budget, idle=memory_module.IDLE_BYTES)


@contextmanager
def _tidied(results: Place) -> Iterator[None]:
    """A run that fails, as on a full disk, leaves nothing but what the next one needs."""
    try:
        yield
    except BaseException:
        results.tidy()
        raise


def _outcomes(engine: Engine, jobs: Iterable[Job], interrupts: Interrupts) -> Generator[Outcome]:
    with closing(engine):
        yield from engine.run(jobs, interrupts)


def _open_journal(results: Place) -> tuple[Journal, tuple[str, ...]]:
    """The journal, and what to tell about it. A damaged one makes room for a new one."""
    path = _journal_path(results)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DefocusError(
            f"the folder {path.parent} cannot be made: {advice(error)}, or choose another"
        ) from None
    try:
        return Journal(path), ()
    except DamagedJournalError as error:
        try:
            aside = set_aside(path)
        except OSError:
            raise error from None
        journal = Journal(path)
        journal.write(error.records.values())
        return journal, (
            f"the journal of {results} was damaged: it is now {aside.name}, and "
            f"{len(error.records)} of its results were found in it",
        )


def _journal_path(results: Place) -> Path:
    """In the result folder; for results that are not on this machine, with the user's state."""
    if isinstance(results, LocalFolder):
        return results.root / JOURNAL
    name = hashlib.sha256(str(results).encode()).hexdigest()[:16]
    return state_dir() / "batch" / f"{name}.sqlite"


def _recorded(claim: Record, outcome: Outcome) -> Record:
    ended = replace(claim, source_sha256=outcome.source_sha256, seconds=outcome.seconds)
    if outcome.error:
        return replace(ended, status="failed", error=outcome.error)
    return replace(
        ended,
        status="done",
        target_stamp=outcome.target_stamp,
        target_sha256=outcome.target_sha256,
    )


def _entry(outcome: Outcome) -> Entry:
    return Entry(
        outcome.job.source,
        outcome.job.target,
        "failed" if outcome.error else "done",
        outcome.error,
        round(outcome.seconds, 3),
        outcome.target_stamp.size if outcome.target_stamp else None,
        outcome.target_sha256,
        outcome.notes,
    )

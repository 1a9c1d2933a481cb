"""The local engine: worker processes, each with its own model, CPUs and share of the memory."""

from __future__ import annotations

import multiprocessing
import signal
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing import connection
from typing import TYPE_CHECKING, Any

from defocus.batch import worker
from defocus.batch.work import Job, Outcome, Task
from defocus.cpu import available_cpus
from defocus.errors import DefocusError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from multiprocessing.context import SpawnProcess

    if sys.platform == "win32":
        from multiprocessing.connection import PipeConnection as Connection
    else:
        from multiprocessing.connection import Connection

    from defocus.batch.interrupts import Interrupts

_POLL_SECONDS = 0.2
_GOODBYE_SECONDS = 5.0
_ATTEMPTS = 3


@dataclass(slots=True, eq=False)
class _Worker:
    process: SpawnProcess
    pipe: Connection[Any, Any]
    cpus: frozenset[int]
    ready: bool = False
    job: Job | None = None
    gone: bool = False


class LocalPool:
    """Runs jobs in processes of this machine.

    A worker that dies takes its photo with it, and nothing else: the worker is replaced, and the
    photo is tried once more, alone, for it may have died for lack of memory.

    Args:
        task: what the jobs share.
        workers: processes; None for one a CPU, or fewer if the memory does not hold so many.
        memory: bytes that the jobs in flight may need together. A job that needs more than that
            runs alone.
        idle: bytes that a worker without a job still holds. With it, a worker may take for a job
            what was planned for it and no more; a job for which that is too little is tried once
            more with all that there is.
        cpus: that the workers share; empty for all that this process may use.
    """

    def __init__(
        self,
        task: Task,
        *,
        workers: int | None,
        memory: int,
        idle: int = 0,
        cpus: Collection[int] = (),
    ) -> None:
        self._task = task
        self._wanted = workers
        self._memory = memory
        self._idle = idle
        self._stillborn = 0
        self._cpus = sorted(cpus) or available_cpus()
        self._context = multiprocessing.get_context("spawn")  # no fork: libraries run threads
        self._workers: list[_Worker] = []

    def run(self, jobs: Iterable[Job], interrupts: Interrupts) -> Iterator[Outcome]:
        """Do the jobs, largest first, and yield how they went, in the order they end.

        After a first interrupt no job is begun, after a second those in flight are abandoned. The
        workers stay for another run, if they are idle in the end; :meth:`close` ends them.

        Raises:
            DefocusError: worker processes do not come up.
        """
        waiting = sorted(jobs, key=lambda job: (-job.memory, job.source))
        if not self._workers:
            self._workers = [self._start(cpus) for cpus in self._shares(waiting)]
        try:
            yield from self._work(waiting, interrupts)
        finally:
            if self._in_flight():
                self.close()

    def close(self) -> None:
        """End the workers; what they are at is abandoned."""
        for each in self._workers:
            each.pipe.close()  # an idle worker ends by this
        for each in self._workers:
            if each.job is None:
                each.process.join(_GOODBYE_SECONDS)
            if each.process.is_alive():
                each.process.kill()
                each.process.join()
            each.process.close()
        self._workers.clear()

    def _work(self, waiting: list[Job], interrupts: Interrupts) -> Iterator[Outcome]:
        tried: set[str] = set()
        while waiting or self._in_flight():
            if interrupts.count:
                waiting.clear()
            if interrupts.count > 1:
                return
            self._hand_out(waiting)
            for at, outcome in self._results():
                if outcome is None:
                    job, why = self._replace(at)
                    if job is None:
                        continue
                    outcome = Outcome(job, f"the worker process died, twice: {why}")
                elif not (outcome.starved and 0 < outcome.job.limit < self._memory):
                    yield outcome
                    continue
                job = outcome.job
                if job.source in tried:
                    yield outcome
                else:
                    tried.add(job.source)
                    waiting.insert(0, replace(job, memory=self._memory))
            self._workers = [each for each in self._workers if not each.gone]

    def worker_count(self, jobs: list[Job]) -> int:
        """Workers for these jobs: so many that the memory holds one typical photo each."""
        if self._wanted is not None:
            return max(1, min(self._wanted, len(jobs)))
        typical = jobs[len(jobs) // 2].memory if jobs else 0
        held = self._memory // typical if typical else len(jobs)
        return max(1, min(len(self._cpus), held, len(jobs)))

    def _shares(self, jobs: list[Job]) -> list[frozenset[int]]:
        """The CPUs dealt out to the workers."""
        workers = self.worker_count(jobs)
        cpus = self._cpus
        return [frozenset(cpus[i % len(cpus) :: workers]) for i in range(workers)]

    def _start(self, cpus: frozenset[int]) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=worker.main, args=(self._task, cpus, theirs), daemon=True, name="defocus-batch"
        )
        try:
            with _no_interrupts():
                process.start()
        except OSError as error:
            raise DefocusError(
                f"a worker process cannot be started ({error.strerror}): use fewer --workers"
            ) from None
        theirs.close()
        return _Worker(process, ours, cpus)

    def _in_flight(self) -> list[Job]:
        return [each.job for each in self._workers if each.job is not None]

    def _hand_out(self, waiting: list[Job]) -> None:
        for each in self._workers:
            if not each.ready or each.job is not None:
                continue
            flying = self._in_flight()
            free = self._free(flying)
            at = next(
                (i for i, job in enumerate(waiting) if not flying or job.memory <= free), None
            )
            if at is None:
                return
            each.job = self._limited(waiting.pop(at))
            with suppress(BrokenPipeError):  # it died idle: _results will hear of it
                each.pipe.send(each.job)

    def _free(self, flying: list[Job]) -> int:
        """What the jobs in flight, and the workers without one, leave for one more job."""
        idle = self._idle * (len(self._workers) - len(flying) - 1)
        return self._memory - sum(job.memory for job in flying) - idle

    def _limited(self, job: Job) -> Job:
        if not self._idle:
            return job
        most = self._free(self._in_flight())
        return replace(job, limit=max(min(job.memory, most), self._idle))

    def _results(self) -> Iterator[tuple[int, Outcome | None]]:
        """Index of a worker and what it brought; None if it died. Waits a moment for the first."""
        told = connection.wait([each.pipe for each in self._workers], _POLL_SECONDS)
        for at, each in enumerate(self._workers):
            if each.pipe not in told:
                continue
            try:
                message = each.pipe.recv()
            except (EOFError, ConnectionResetError):
                yield at, None
                continue
            if message == worker.READY:
                each.ready = True
                self._stillborn = 0
            else:
                each.job = None
                yield at, message

    def _replace(self, at: int) -> tuple[Job | None, str]:
        """Bury a dead worker and start another in its place; its job and what it died of.

        One that died before it could work is started again a few times; then the others go on
        without it.

        Raises:
            DefocusError: there are no others.
        """
        dead = self._workers[at]
        dead.pipe.close()
        dead.process.join()
        why = _cause_of_death(dead.process.exitcode)
        if not dead.ready:
            self._stillborn += 1
            if self._stillborn >= _ATTEMPTS:
                dead.gone = True
                if all(each.gone for each in self._workers):
                    raise DefocusError(
                        f"a worker process ended before it could work ({why}): is 'if __name__ == "
                        '"__main__":\' around the call, if a script of yours made it?'
                    )
                return None, why
        self._workers[at] = self._start(dead.cpus)
        return dead.job, why


def _cause_of_death(exit_code: int | None) -> str:
    if exit_code is None or exit_code >= 0:
        return f"exit code {exit_code}"
    name = signal.Signals(-exit_code).name
    hint = ", perhaps for lack of memory: lower --memory" if name == "SIGKILL" else ""
    return name + hint


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Hold back Ctrl-C, here and in a process started meanwhile, until that can ignore it."""
    if sys.platform == "win32":  # there a new process is told to ignore it by its own first line
        yield
    else:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

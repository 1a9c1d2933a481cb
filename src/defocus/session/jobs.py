"""Work in the background that reports itself and can be stopped."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from defocus.blame import blamed, described
from defocus.errors import Cancelled, DefocusError
from defocus.files import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from defocus.progress import Progress

State = Literal["working", "ready", "failed", "cancelled"]

_log = logging.getLogger(__name__)

# Who waits for something says so several times a second; a page that was left does not.
_WAITED_FOR_S = 1.0
# Others look so often whether they may go on.
_LOOK_S = 0.05


@dataclass(eq=False, slots=True)
class Job:
    """One piece of work.

    Attributes:
        state: where it stands.
        stage: what it does now, as :data:`defocus.progress.Progress` names it.
        fraction: done part of the stage, 0 to 1.
        error: for people, once it has failed.
    """

    state: State = "working"
    stage: str = "waiting"
    fraction: float = 0.0
    error: str | None = None
    _stop: threading.Event = field(default_factory=threading.Event)
    _done: threading.Event = field(default_factory=threading.Event)
    _wanted_until: float = 0.0

    def hurry(self, for_s: float = _WAITED_FOR_S) -> None:
        """Somebody waits for it: for this time it goes before others of its workers."""
        self._wanted_until = time.monotonic() + for_s

    @property
    def urgent(self) -> bool:
        """Whether somebody waits for it."""
        return time.monotonic() < self._wanted_until

    def cancel(self) -> None:
        """Ask it to stop at its next report; who asks is told at once that it is cancelled."""
        self._stop.set()

    def wait(self, timeout_s: float) -> bool:
        """Wait until it has ended; False if it has not within ``timeout_s``."""
        return self._done.wait(timeout_s)

    def report(self, stage: str, fraction: float) -> None:
        """The progress function of the work. Raises Cancelled once :meth:`cancel` was called."""
        if self._stop.is_set():
            raise Cancelled("stopped on request")
        self.stage, self.fraction = stage, float(fraction)

    def status(self) -> dict[str, Any]:
        """JSON-able."""
        stopping = self.state == "working" and self._stop.is_set()
        return {
            "state": "cancelled" if stopping else self.state,
            "stage": self.stage,
            "fraction": self.fraction,
            "error": self.error,
        }

    def run(self, work: Callable[[Progress], None], report: Progress | None = None) -> None:
        """Do the work in this thread; whatever it raises becomes the job's state.

        Args:
            work: to do.
            report: what it tells its progress, in place of :meth:`report`.
        """
        report = report or self.report
        try:
            report("starting", 0.0)
            work(report)
            self.state = "ready"
        except Cancelled:
            self.state = "cancelled"
        except DefocusError as error:
            self.state, self.error = "failed", printable(" ".join(str(error).split()))
        except Exception as error:  # one broken photo must not take the others down
            fault = blamed(error)
            if fault is None:
                _log.exception("the work failed")
            self.state, self.error = "failed", printable(str(fault or described(error)))
        finally:
            self._done.set()


class Workers:
    """A small pool: one photo's depth and an export can run beside each other.

    Work that somebody waits for (:meth:`Job.hurry`) is begun first, and as long as it runs all
    other work rests at its reports, so that it takes no longer than it would alone.
    """

    def __init__(self, threads: int = 2) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="defocus-studio")
        self._lock = threading.Lock()
        self._waiting: deque[tuple[Job, Callable[[Progress], None]]] = deque()
        self._running: list[Job] = []

    def start(self, work: Callable[[Progress], None]) -> Job:
        """Queue work that takes a progress function."""
        job = Job()
        with self._lock:
            self._waiting.append((job, work))
        self._pool.submit(self._next)
        return job

    def _next(self) -> None:
        with self._lock:
            chosen = next((each for each in self._waiting if each[0].urgent), self._waiting[0])
            self._waiting.remove(chosen)
            job, work = chosen
            self._running.append(job)

        def report(stage: str, fraction: float) -> None:
            job.report(stage, fraction)
            while self._others_first(job):
                time.sleep(_LOOK_S)
                job.report(stage, fraction)

        try:
            job.run(work, report)
        finally:
            with self._lock:
                self._running.remove(job)

    def _others_first(self, job: Job) -> bool:
        with self._lock:
            return not job.urgent and any(other.urgent for other in self._running)

    def close(self) -> None:
        """Drop what has not begun."""
        self._pool.shutdown(wait=False, cancel_futures=True)

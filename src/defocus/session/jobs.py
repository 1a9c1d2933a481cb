"""Work in the background that reports itself and can be stopped."""

from __future__ import annotations

import logging
import threading
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


@dataclass(slots=True)
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

    def run(self, work: Callable[[Progress], None]) -> None:
        """Do the work in this thread; whatever it raises becomes the job's state."""
        try:
            self.report("starting", 0.0)
            work(self.report)
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
    """A small pool: one photo's depth and an export can run beside each other."""

    def __init__(self, threads: int = 2) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="defocus-studio")

    def start(self, work: Callable[[Progress], None]) -> Job:
        """Queue work that takes a progress function."""
        job = Job()
        self._pool.submit(job.run, work)
        return job

    def close(self) -> None:
        """Drop what has not begun."""
        self._pool.shutdown(wait=False, cancel_futures=True)

"""What runs inside a worker process of the local engine."""

from __future__ import annotations

import os
import signal
import sys
import threading
from multiprocessing import parent_process
from typing import TYPE_CHECKING

if sys.platform != "win32":
    import resource

if TYPE_CHECKING:
    if sys.platform == "win32":
        from multiprocessing.connection import PipeConnection as Connection
    else:
        from multiprocessing.connection import Connection

    from defocus.batch.work import Job, Outcome, Task

READY = "ready"


def main(task: Task, cpus: frozenset[int], pipe: Connection[Outcome | str, Job]) -> None:
    """Do jobs from the pipe until it is closed.

    The process keeps to its own CPUs. Every library counts those, so that no worker starts more
    threads than its share: the depth network's, the renderer's, OpenCV's.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the parent decides
    threading.Thread(target=_die_with_parent, daemon=True).start()
    if sys.platform == "linux":
        os.sched_setaffinity(0, cpus)
    try:
        pipe.send(READY)
        while True:
            job = pipe.recv()
            _limit(job.limit)
            pipe.send(task.run(job))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def _limit(most: int) -> None:
    """Let the process have so many bytes of its own, 0 for as many as there are.

    That counts what is allocated, not the libraries' code, and a little more than is ever used.
    """
    if sys.platform != "win32":
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (most or hard, hard))


def _die_with_parent() -> None:
    """End at once when the parent is gone, however it went: nobody waits for this work."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)

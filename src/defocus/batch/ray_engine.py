"""The Ray engine: the same unit of work in the stateful actors of Ray Data.

Ray deals the photos out, keeps the actors alive and brings the outcomes back; nothing of that is
ours. On a cluster, defocus is installed on every node, and the folders are URLs or shared disks.
"""

from __future__ import annotations

import importlib
import logging
import os
import socket
import traceback
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from defocus.batch.interrupts import Interrupts
from defocus.batch.memory import IDLE_BYTES
from defocus.batch.pool import LocalPool
from defocus.batch.work import Job, Outcome, Task
from defocus.cpu import available_cpus
from defocus.errors import DefocusError, MissingExtraError
from defocus.folders import runtime_dir

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_STARTS = 3  # of Ray's own 30 s each: two were too few at twelve jobs a core, one at three
_BLOCKS = 10_000  # one photo a block, so that outcomes come one by one, up to this many
_REACHABLE_SECONDS = 10.0


class _Actor:
    """A worker somewhere in the cluster: one CPU and one process that holds the model.

    The process is held to the memory that Ray has set aside for the actor, as a local one is.

    A process of its own, because a decoder that crashes must fail one photo, and Ray would start
    the actor anew and give it that photo again, for ever.
    """

    def __init__(self, task: Task, memory: int) -> None:
        cpu, self._lock = _own_cpu()
        self._pool = LocalPool(task, workers=1, memory=memory, idle=IDLE_BYTES, cpus=cpu)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        source, target = os.fsdecode(row["source"]), os.fsdecode(row["target"])
        job = Job(source, target, memory=row["memory"], replaces=row["replaces"])
        (outcome,) = self._pool.run([job], Interrupts())
        return {"outcome": outcome}


def _own_cpu() -> tuple[set[int], FileLock | None]:
    """A CPU of this machine that no other actor of this user has, and the lock that says so.

    Ray counts CPUs but does not keep actors apart. Without a free one, any CPU will do.
    """
    for cpu in available_cpus():
        lock = FileLock(runtime_dir() / f"cpu-{cpu}.lock", thread_local=False)
        with suppress(Timeout, OSError):
            lock.acquire(blocking=False)
            return {cpu}, lock
    return set(), None


def _check_reachable(address: str) -> None:
    """Ask the head node for a sign of life; Ray itself waits many minutes. Raises DefocusError."""
    parts = urlsplit(address if "://" in address else f"ray://{address}")
    if parts.hostname is None or parts.port is None:  # a word such as auto: Ray answers at once
        return
    try:
        socket.create_connection((parts.hostname, parts.port), _REACHABLE_SECONDS).close()
    except OSError as error:
        reason = error.strerror or str(error)
        raise DefocusError(f"the Ray cluster at {address} cannot be reached: {reason}") from None


@contextmanager
def _without_reporter() -> Iterator[None]:
    """Keep Ray from starting the server of its dashboard.

    Without a dashboard that server has one duty: to report usage. It is told not to, but it still
    asks the metadata services of three clouds where it runs, and a name server for one of them.
    """
    services: Any = importlib.import_module("ray._private.services")
    start = getattr(services, "start_api_server", None)
    if start is None:  # another version of Ray, in which this lies elsewhere
        yield
        return
    services.start_api_server = lambda *_, **__: (None, None)
    try:
        yield
    finally:
        services.start_api_server = start


def start_here(ray: Any, **options: Any) -> None:
    """Start Ray on this machine, again if it was late: its 30 s are fixed, and a busy machine
    needs more for the first start than for the next, whose programs are in memory by then."""
    for left in reversed(range(_STARTS)):
        try:
            ray.init(**options)
        except Exception as error:
            ray.shutdown()
            _end_what_started(error)
            # What Ray raises for a node that is late is the base class itself.
            if type(error) is not Exception or not left:
                raise
        else:
            return


def _end_what_started(error: BaseException) -> None:
    """End the processes of a node whose start failed: Ray keeps them until this process ends.

    Only that node knows them, and only the frames of its own failure know it.
    """
    for frame, _ in traceback.walk_tb(error.__traceback__):
        end = getattr(frame.f_locals.get("self"), "kill_all_processes", None)
        if callable(end):
            with suppress(Exception):  # of any kind, and the first one is the one to tell
                end(check_alive=False, allow_graceful=True)


class RayEngine:
    """Runs jobs with Ray Data.

    Args:
        task: what the jobs share.
        workers: actors; None for one a CPU of the cluster.
        memory: bytes that all actors together may use; None for as many as Ray has.
        address: of the cluster, such as ``auto`` or ``ray://head:10001``; None starts Ray on this
            machine, for as long as the engine is open. A process that is connected already stays
            where it is.

    Raises:
        MissingExtraError: Ray is not installed.
        DefocusError: the cluster cannot be reached.
    """

    def __init__(
        self, task: Task, *, workers: int | None, memory: int | None, address: str | None
    ) -> None:
        try:
            import ray
            import ray.data
        except ImportError:
            raise MissingExtraError("--engine ray", "ray") from None
        self._ray = ray
        self._task = task
        self._workers = workers
        self._memory = memory
        if address:
            _check_reachable(address)
        self._ours = not ray.is_initialized()
        if self._ours:
            self._connect(address)

    def _connect(self, address: str | None) -> None:
        options = {"logging_level": logging.ERROR, "log_to_driver": False}
        try:
            if address:
                self._ray.init(address=address, **options)
            else:
                with _without_reporter():
                    start_here(self._ray, include_dashboard=False, **options)
        except Exception as error:  # Ray raises the base class itself for a node that is late
            where = f"the Ray cluster at {address}" if address else "Ray"
            raise DefocusError(
                f"{where} cannot be used: {error}; try again, or use --engine local"
            ) from None

    def run(self, jobs: Iterable[Job], interrupts: Interrupts) -> Iterator[Outcome]:
        """Do the jobs and yield how they went; those in flight at an interrupt are abandoned.

        Raises:
            DefocusError: the cluster failed, or defocus is not installed on it.
        """
        rows = [
            {  # bytes: a name need not be text
                "source": os.fsencode(job.source),
                "target": os.fsencode(job.target),
                "memory": job.memory,
                "replaces": job.replaces,
            }
            for job in sorted(jobs, key=lambda job: (-job.memory, job.source))
        ]
        try:
            for row in self._dataset(rows).iter_rows():
                yield row["outcome"]
                if interrupts.count:
                    return
        except self._ray.exceptions.RayError as error:
            raise DefocusError(f"Ray failed: {error}") from error

    def close(self) -> None:
        """Leave the cluster, or end it if it was started here."""
        if self._ours:
            self._ray.shutdown()

    def _dataset(self, rows: list[dict[str, Any]]) -> Any:
        data = self._ray.data
        data.DataContext.get_current().enable_progress_bars = False
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        nodes = [node["Resources"] for node in self._ray.nodes() if node["Alive"]]
        cpus = int(sum(node.get("CPU", 0) for node in nodes))
        # An actor is placed by the largest photo that it may meet, but somewhere it must fit.
        largest_node = max(node.get("memory", 0) for node in nodes)
        share = max(row["memory"] for row in rows)
        most = max(1, min(self._workers or cpus, len(rows)))
        if self._memory is not None:
            share = min(share, self._memory)
            most = max(1, min(most, self._memory // share))
        return data.from_items(rows, override_num_blocks=min(len(rows), _BLOCKS)).map(
            _Actor,
            fn_constructor_args=(self._task, share),
            compute=data.ActorPoolStrategy(min_size=1, max_size=most),
            num_cpus=1,
            memory=min(share, largest_node),
        )

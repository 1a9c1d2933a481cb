"""The Ray engine: the same unit of work in the stateful actors of Ray Data.

Ray deals the photos out, keeps the actors alive and brings the outcomes back; nothing of that is
ours. On a cluster, defocus is installed on every node, and the folders are URLs or shared disks.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from defocus.batch.work import Job, Outcome, Task
from defocus.errors import DefocusError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from defocus.batch.interrupts import Interrupts

_CPUS_EACH = 1
_BLOCKS = 10_000  # one photo a block, so that outcomes come one by one, up to this many


class _Actor:
    """A worker on some node: holds the task, and with it the model once it is loaded."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        return {"outcome": self._task.run(Job(row["source"], row["target"], row["memory"]))}


class RayEngine:
    """Runs jobs with Ray Data.

    Args:
        task: what the jobs share.
        workers: actors; None for as many as the cluster's CPUs allow.
        address: of the cluster, such as ``auto`` or ``ray://head:10001``; None starts Ray on this
            machine, for as long as the batch runs.

    Raises:
        MissingExtraError: Ray is not installed.
        DefocusError: the cluster cannot be reached.
    """

    def __init__(self, task: Task, *, workers: int | None, address: str | None) -> None:
        try:
            import ray
            import ray.data
        except ImportError:
            raise MissingExtraError("--engine ray", "ray") from None
        self._ray = ray
        self._task = task
        self._workers = workers
        self._address = address

    def run(self, jobs: Iterable[Job], interrupts: Interrupts) -> Iterator[Outcome]:
        """Do the jobs and yield how they went; those in flight at an interrupt are abandoned.

        A job whose actor died twice yields nothing.
        """
        rows = [
            {"source": job.source, "target": job.target, "memory": job.memory}
            for job in sorted(jobs, key=lambda job: (-job.memory, job.source))
        ]
        started_here = self._connect()
        try:
            for row in self._dataset(rows).iter_rows():
                yield row["outcome"]
                if interrupts.count:
                    return
        finally:
            if started_here:
                self._ray.shutdown()

    def _connect(self) -> bool:
        """Connect unless the caller has; whether it is ours to end."""
        if self._ray.is_initialized():
            return False
        try:
            self._ray.init(
                address=self._address,
                logging_level=logging.ERROR,
                log_to_driver=False,
                **({} if self._address else {"include_dashboard": False}),
            )
        except (ConnectionError, RuntimeError, ValueError) as error:
            where = f"the Ray cluster at {self._address}" if self._address else "Ray"
            raise DefocusError(f"{where} cannot be used: {error}") from None
        return True

    def _dataset(self, rows: list[dict[str, Any]]) -> Any:
        data = self._ray.data
        context = data.DataContext.get_current()
        context.max_errored_blocks = -1  # a photo that kills its actor fails alone
        context.enable_progress_bars = False
        cpus = int(self._ray.cluster_resources().get("CPU", 1))
        most = max(1, min(self._workers or cpus // _CPUS_EACH, len(rows)))
        blocks = min(len(rows), _BLOCKS)
        return data.from_items(rows, override_num_blocks=blocks).map(
            _Actor,
            fn_constructor_args=(self._task,),
            compute=data.ActorPoolStrategy(min_size=1, max_size=most),
            num_cpus=_CPUS_EACH,
            memory=max(row["memory"] for row in rows),
            max_restarts=-1,
            max_task_retries=1,
        )

"""A batch whose work is done in this process, one photo after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import batch_fakes

from defocus.batch import Options, run_batch
from defocus.edit import Edit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from defocus.batch.interrupts import Interrupts
    from defocus.batch.work import Job, Outcome, Task

EDIT = Edit()


class Serial:
    """The simplest engine: one job after the other, here."""

    done: ClassVar[list[str]] = []

    def __init__(self, task: Task) -> None:
        self._task = task

    def run(self, jobs: Iterable[Job], interrupts: Interrupts) -> Iterator[Outcome]:
        for job in jobs:
            if interrupts.count:
                return
            Serial.done.append(job.source)
            yield self._task.run(job)

    def close(self) -> None:
        pass


def run(
    photos: Path | str, out: Path | str, edit: Edit = EDIT, **options: bool
) -> tuple[dict[str, str], list[str]]:
    """Statuses by photo, and which photos were worked on."""
    Serial.done = []
    summary = run_batch(photos, out, edit, Options(**options), work=batch_fakes.shout)
    return {entry.source: entry.status for entry in summary.entries}, Serial.done

"""Several photos exported at once, each with its own edit, in the batch tool's worker processes."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from defocus.batch import memory
from defocus.batch.interrupts import Interrupts
from defocus.batch.places import LocalFolder
from defocus.batch.pool import LocalPool
from defocus.batch.work import Job as PoolJob
from defocus.batch.work import Task
from defocus.blame import advice
from defocus.edit import Edit
from defocus.session.jobs import Job
from defocus.session.recipe import Recipe
from defocus.session.results import finished, read_named
from defocus.studio.targets import move_to_free_name

if TYPE_CHECKING:
    from defocus.batch.work import Outcome
    from defocus.progress import Progress
    from defocus.studio.records import Export

_STOP_NOW = 2  # interrupts: those in flight are abandoned


@dataclass(frozen=True, slots=True)
class Order:
    """One photo of a shoot.

    Attributes:
        export: what is made of it.
        path: of the photo's bytes.
        name: of the photo, for people.
        edit: to render.
        beside: the folder that the result goes to; None offers it for download.
    """

    export: Export
    path: Path
    name: str
    edit: Edit
    beside: Path | None = None


class Shoot:
    """One export of several photos.

    Args:
        shoot_id: random.
        page: whose it is.
        orders: what is made, in the photos' order.
        recipe: the results' size.
        folder: of its own, for private files; need not exist.

    Attributes:
        id, page, orders: as given.
        job: all of it.
    """

    def __init__(
        self, shoot_id: str, page: str, orders: tuple[Order, ...], recipe: Recipe, folder: Path
    ) -> None:
        self.id = shoot_id
        self.page = page
        self.orders = orders
        self.job = Job()
        self._recipe = recipe
        self._folder = folder
        self._interrupts = Interrupts()

    def cancel(self) -> None:
        """Stop it now: what is in the works is thrown away, what is done stays."""
        self._interrupts.count = _STOP_NOW
        self.job.cancel()

    def status(self) -> dict[str, Any]:
        """JSON-able; the exports in the photos' order."""
        exports = [order.export.status() for order in self.orders]
        ended = sum(export["state"] != "working" for export in exports)
        return {**self.job.status(), "id": self.id, "ended": ended, "exports": exports}

    def run(self, progress: Progress) -> None:
        """Do it in worker processes.

        Raises:
            Cancelled: :meth:`cancel` was called.
            DefocusError: the workers do not come up.
        """
        try:
            jobs = self._jobs()
            task = Task(LocalFolder(self._asked), LocalFolder(self._made), Edit(), fulfil)
            pool = LocalPool(task, workers=None, memory=memory.available(), idle=memory.IDLE_BYTES)
            progress("shoot", 0.0)
            with closing(pool):
                for count, outcome in enumerate(pool.run(jobs, self._interrupts), 1):
                    self._take(outcome)
                    progress("shoot", count / len(jobs))
            progress("shoot", 1.0)
        finally:
            stopped = self._interrupts.count > 0
            for order in self.orders:
                if order.export.job.state == "working":
                    order.export.job.state = "cancelled" if stopped else "failed"
            shutil.rmtree(self._asked, ignore_errors=True)

    def close(self) -> None:
        """Stop it and delete its private files."""
        self.cancel()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _asked(self) -> Path:
        return self._folder / "asked"

    @property
    def _made(self) -> Path:
        return self._folder / "made"

    def _jobs(self) -> list[PoolJob]:
        for folder in (self._asked, self._made):
            folder.mkdir(parents=True, mode=0o700)
        return [self._job_of(order) for order in self.orders]

    def _job_of(self, order: Order) -> PoolJob:
        export = order.export
        wanted = {
            "path": str(order.path),
            "name": order.name,
            "edit": order.edit.to_json(),
            "recipe": asdict(self._recipe),
        }
        (self._asked / f"{export.id}.json").write_text(json.dumps(wanted))
        target = f"{export.id}{Path(export.name).suffix}"
        return PoolJob(f"{export.id}.json", target, memory.needed(order.path))

    def _take(self, outcome: Outcome) -> None:
        export_id = Path(outcome.job.source).stem
        order = next(order for order in self.orders if order.export.id == export_id)
        export, job = order.export, order.export.job
        if outcome.error is not None:
            job.error = outcome.error.replace(outcome.job.target, export.name)
            job.state = "failed"
            return
        try:
            self._put(order, self._made / outcome.job.target)
            job.state = "ready"
        except OSError as error:
            job.error = f"{export.name} cannot be saved: {advice(error)}"
            job.state = "failed"

    def _put(self, order: Order, written: Path) -> None:
        export = order.export
        if order.beside is None:
            export.path = written
            return
        export.path = move_to_free_name(written, order.beside / export.name)
        export.name, export.saved_as = export.path.name, str(export.path)


def fulfil(order: Path, result: Path, edit: Edit) -> None:
    """One result, in a worker process: :data:`defocus.batch.work.Work`.

    Args:
        order: a file that :class:`Shoot` wrote.
        result: to be written.
        edit: not used: each photo has its own.

    Raises:
        DefocusError: as of :meth:`defocus.session.Session.export`.
    """
    from defocus.formats.writing import write_photo
    from defocus.progress import silent
    from defocus.scene import prepare

    del edit
    wanted = json.loads(order.read_bytes())
    own, recipe = Edit.from_json(wanted["edit"]), Recipe(**wanted["recipe"])
    scene = prepare(read_named(Path(wanted["path"]), wanted["name"]), own)
    rendered, embed = finished(scene, own, result.suffix.lower(), silent, recipe)
    write_photo(rendered, result, output=own.output, **embed)

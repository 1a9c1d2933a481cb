"""What the studio holds of a photo and of an export."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from defocus.errors import DefocusError
from defocus.session import Session

if TYPE_CHECKING:
    from pathlib import Path

    from defocus.session.jobs import Job, Workers
    from defocus.session.scenes import Scenes


class GoneError(DefocusError):
    """The photo or the job is not open, or not any more."""


class NotReadyError(DefocusError):
    """What is asked for is still being made, or there is none."""


class OpenPhoto(Session):
    """One photo of one page.

    Args:
        path: where its bytes lie.
        name: file name for people; never used as a path.
        page: whose it is.
        saves_beside: the photo was named on the command line, so results may be saved beside it.
        which: what the page may open it again by: a number of the command line's, or the sample.
        scenes: of the studio.
        workers: of the studio.
        copy: see :class:`Session`.
    """

    def __init__(
        self,
        path: Path,
        name: str,
        page: str,
        *,
        saves_beside: bool = False,
        which: str | None = None,
        scenes: Scenes,
        workers: Workers,
        copy: int = 1,
    ) -> None:
        super().__init__(path, name=name, scenes=scenes, workers=workers, copy=copy)
        self.page = page
        self.saves_beside = saves_beside
        self.which = which
        self._ahead: Job | None = None

    def look(self) -> None:
        """The page shows it and waits for its best picture, which is made before all others'."""
        self.job.hurry()
        if self._has_draft_alone:
            self.prepare().hurry()

    def expect(self) -> None:
        """The page may show it next: its best picture is made as soon as nothing else is waited
        for."""
        if self._has_draft_alone:
            self._ahead = self.prepare()

    @property
    def _has_draft_alone(self) -> bool:
        return self.job.state == "ready" and not self.best

    @property
    def awaited(self) -> bool:
        """Whether the page waits for it, now or soon: it shows one photo of many."""
        return self.job.urgent or self._ahead is self.job

    @property
    def ahead(self) -> bool:
        """Whether it is not waited for before that."""
        return self.awaited and not self.job.urgent

    def status(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            **super().status(),
            "savesBeside": self.saves_beside,
            "which": self.which,
            "copy": self.copy,
        }


@dataclass(eq=False, slots=True)
class Export:
    """One export: its work and, once ready, its file."""

    id: str
    page: str
    name: str
    job: Job
    path: Path | None = None
    saved_as: str | None = None

    def status(self) -> dict[str, Any]:
        """JSON-able."""
        return {"id": self.id, "name": self.name, "savedAs": self.saved_as, **self.job.status()}

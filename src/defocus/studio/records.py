"""What the studio holds of a photo and of an export."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from defocus.errors import DefocusError
from defocus.studio.jobs import Job

if TYPE_CHECKING:
    from pathlib import Path

    from defocus.edit import Edit
    from defocus.studio.preview import Picture


class GoneError(DefocusError):
    """The photo or the job is not open, or not any more."""


@dataclass(eq=False, slots=True)
class OpenPhoto:
    """One photo of one tab.

    Attributes:
        id: random; the page's name for it.
        name: file name for people; never used as a path.
        path: where its bytes lie.
        saves_beside: the photo was named on the command line, so results may be saved beside it.
        key: SHA-256 of the bytes.
        edit: as the page sent it last.
        job: reading and preparing.
        picture: for the page, once ready.
        thumbnail: JPEG, once the photo is read.
        facts: for the page, once ready.
    """

    id: str
    tab: str
    name: str
    path: Path
    saves_beside: bool
    key: str
    edit: Edit
    job: Job = field(default_factory=Job)
    picture: Picture | None = None
    thumbnail: bytes | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    def status(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "id": self.id,
            "name": self.name,
            "savesBeside": self.saves_beside,
            **self.job.status(),
            "hasThumbnail": self.thumbnail is not None,
            "scene": self.facts if self.job.state == "ready" else None,
        }


@dataclass(eq=False, slots=True)
class Export:
    """One export: its work and, once ready, its file."""

    id: str
    tab: str
    name: str
    job: Job
    path: Path | None = None
    saved_as: str | None = None

    def status(self) -> dict[str, Any]:
        """JSON-able."""
        return {"id": self.id, "name": self.name, "savedAs": self.saved_as, **self.job.status()}

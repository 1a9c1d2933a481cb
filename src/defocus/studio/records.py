"""What the studio holds of a photo and of an export."""

from __future__ import annotations

import json
import threading
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


class NotReadyError(DefocusError):
    """What is asked for is still being made, or there is none."""


@dataclass(eq=False, slots=True)
class OpenPhoto:
    """One photo of one page.

    Attributes:
        id: random; the page's name for it.
        name: file name for people; never used as a path.
        path: where its bytes lie.
        saves_beside: the photo was named on the command line, so results may be saved beside it.
        key: SHA-256 of the bytes.
        edit: as the page sent it last.
        which: what the page may open it again by: a number of the command line's, or the sample.
        job: reading and preparing.
        size: width and height in pixels, once the photo is read.
        screen: JPEG at preview size, with ``size``.
        thumbnail: small JPEG, with ``size``.
        picture: for the page, once depth is known; at first a draft, made at preview size.
        facts: for the page, with ``picture``.
        depths: how many pictures there were: the page sees by it that there is a better one.
        closed: nothing of it is kept any more.
        lock: held by whoever makes its scene.
    """

    id: str
    page: str
    name: str
    path: Path
    saves_beside: bool
    key: str
    edit: Edit
    which: str | None = None
    job: Job = field(default_factory=Job)
    size: dict[str, int] | None = None
    screen: bytes | None = None
    thumbnail: bytes | None = None
    picture: Picture | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    depths: int = 0
    closed: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def status(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "id": self.id,
            "name": self.name,
            "savesBeside": self.saves_beside,
            "which": self.which,
            **self.job.status(),
            "stamp": self.stamp,
            "size": self.size,
            "depths": self.depths,
            "scene": self.facts or None,
        }

    def introduction(self) -> dict[str, Any]:
        """The status, and the edit that was kept for the photo."""
        return {**self.status(), "edit": json.loads(self.edit.to_json())}

    @property
    def stamp(self) -> str:
        """Changes with every step that the page should know of."""
        return f"{self.job.state}-{self.job.stage}-{self.size is not None}-{self.depths}"


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

"""Who is kept sharp as a whole, whatever the depth of its parts: one room for all that can tell.

:data:`SOURCES` are asked in order; the first that knows a subject has it. A new one (faces, a box
that somebody drew) is one file with one function of that kind, and its place in the table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from defocus.subject import people, phone, things
from defocus.subject.record import Subject

if TYPE_CHECKING:
    from defocus.disparity import Estimate
    from defocus.photo import Photo
    from defocus.quality import Quality


class Source(Protocol):
    """Someone who may know the subject of a photo."""

    def __call__(self, photo: Photo, found: Estimate, quality: Quality) -> Subject | None: ...


__all__ = ["SOURCES", "Source", "Subject", "find_subject"]

SOURCES: tuple[Source, ...] = (phone.subject_of, people.subject_of, things.subject_of)


def find_subject(photo: Photo, found: Estimate, quality: Quality = "default") -> Subject | None:
    """The subject of a photo, or None if nobody and nothing is known for one.

    Args:
        photo: the photo.
        found: its disparity as the source gave it, and who is in it if that source can tell.
        quality: of a network that is asked.
    """
    for source in SOURCES:
        subject = source(photo, found, quality)
        if subject is not None:
            return subject
    return None

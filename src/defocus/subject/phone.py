"""The portrait matte that a phone stored: the phone knew whom it took."""

from __future__ import annotations

from typing import TYPE_CHECKING

from defocus._maps import resized
from defocus.subject.record import Subject

if TYPE_CHECKING:
    from defocus.disparity import Estimate
    from defocus.photo import Photo
    from defocus.quality import Quality


def subject_of(photo: Photo, found: Estimate, quality: Quality) -> Subject | None:
    """The phone's own matte, or None if the file holds none."""

    matte = photo.embedded.mattes.get("portrait")
    return None if matte is None else Subject(resized(matte, photo.size_wh), "phone", matte)

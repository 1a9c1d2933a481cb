"""The portrait matte that a phone stored: the phone knew whom it took."""

from __future__ import annotations

from typing import TYPE_CHECKING

from defocus._maps import resized
from defocus.depth import eight_bit
from defocus.faces import find_faces
from defocus.subject._heads import faces_within
from defocus.subject.record import Subject
from defocus.tone import as_sdr

if TYPE_CHECKING:
    from defocus.disparity import Estimate
    from defocus.photo import Photo
    from defocus.quality import Quality


def subject_of(photo: Photo, found: Estimate, quality: Quality) -> Subject | None:
    """The phone's own matte, or None if the file holds none."""

    matte = photo.embedded.mattes.get("portrait")
    if matte is None:
        return None
    faces = faces_within(matte, find_faces(eight_bit(as_sdr(photo).pixels)))
    return Subject(resized(matte, photo.size_wh), "phone", matte, faces)

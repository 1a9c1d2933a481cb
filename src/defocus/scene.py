"""A photo that knows its depth: the slow part of the way, the same for any focus and lens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from defocus import panorama
from defocus.progress import Progress, silent

if TYPE_CHECKING:
    from defocus.disparity import Disparity, Estimate
    from defocus.edit import Edit
    from defocus.photo import Photo
    from defocus.subject import Subject


@dataclass(frozen=True, eq=False, slots=True, weakref_slot=True)
class Scene:
    """A photo that knows its depth: everything that no later choice of focus or lens changes.

    Attributes:
        photo: the photo.
        source: the disparity as its source gave it, at its own size and unit.
        disparity: normalised to 0..1 and refined: H×W of the photo, steps on the photo's edges. Its
            ``unit`` leads back to the source's.
        subject: what a portrait keeps sharp as a whole, or None.
        closeness: 0 to 1: blur that a lens gives from where the photo was taken, over that of a
            portrait at two metres, for the same step of ``disparity``.
    """

    photo: Photo
    source: Disparity
    disparity: Disparity
    subject: Subject | None = None
    closeness: float = 1.0


def prepare(
    photo: Photo,
    edit: Edit,
    *,
    estimate: Estimate | None = None,
    refined: bool = True,
    progress: Progress | None = None,
) -> Scene:
    """Estimate the photo's disparity, bring it to the photo's size and edges, find the subject.

    Args:
        photo: the photo.
        edit: its ``model``, ``quality`` and ``invert`` are used here.
        estimate: of the photo, if it was made before, perhaps at another size.
        refined: False interpolates instead of following the photo's edges, and seeks no subject:
            all that a method needs that takes the source's map as it is.
        progress: stages ``depth`` and ``refine``.

    Raises:
        DepthError, ModelError, MissingExtraError: no disparity can be had from that model.
    """
    from defocus import depth
    from defocus.tone import as_sdr

    report = progress or silent
    photo = before_the_blur(photo)
    toned = as_sdr(photo)  # held to the end: every stage looks at it
    if estimate is None:
        estimate = depth.estimate(
            photo, edit.model, quality=edit.quality, invert=edit.invert, progress=progress
        )
    source = estimate.disparity
    if not refined:
        return Scene(photo, source, source.normalised().resized(photo.size_wh))
    from defocus.closeness import closeness_of
    from defocus.refine import refine
    from defocus.subject import find_subject

    margin, wide = 0, photo
    if panorama.goes_round(photo):
        estimate, share = panorama.wide_estimate(estimate)
        margin = round(share * photo.pixels.shape[1])
        wide = panorama.wide_photo(photo, margin)
    normalised = estimate.disparity.normalised()
    report("refine", 0.0)
    full = refine(normalised, wide.pixels, quality=edit.quality, progress=progress)
    report("refine", 1.0)
    subject = find_subject(wide, estimate, edit.quality)
    if margin:
        full = replace(full, values=panorama.narrowed(full.values, margin))
        if subject is not None:
            subject = replace(subject, weight=panorama.narrowed(subject.weight, margin))
    telling = subject
    if margin and subject is not None and subject.told_by == "thing":
        telling = None  # found by its place, which in a full circle is where that was begun
    closeness = closeness_of(full.values, telling, toned.pixels)
    return Scene(photo, source, full, subject, closeness)


def before_the_blur(photo: Photo) -> Photo:
    """A portrait that still holds its original picture is edited from that, not blurred twice."""
    if photo.embedded.original is None:
        return photo
    from defocus.formats import jpeg

    most = photo.pixels.shape[0] * photo.pixels.shape[1] * 4
    original = jpeg.read(photo.embedded.original, most)
    if original.size_wh != photo.size_wh:
        return photo
    return replace(photo, pixels=original.pixels, embedded=replace(photo.embedded, original=None))

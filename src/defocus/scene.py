"""A photo that knows its depth: the slow part of the way, the same for any focus and lens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from defocus.disparity import Disparity
from defocus.progress import Progress, silent
from defocus.subject import find_subject

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.edit import Edit
    from defocus.photo import Photo


@dataclass(frozen=True, eq=False, slots=True)
class Scene:
    """A photo that knows its depth: everything that no later choice of focus or lens changes.

    Attributes:
        photo: the photo.
        source: the disparity as its source gave it, at its own size and unit.
        disparity: normalised to 0..1 and refined: H×W of the photo, steps on the photo's edges.
        subject: H×W float32 in 0..1, what a portrait keeps sharp as a whole, or None.
        unit: (source value at normalised 0, source values per normalised unit).
    """

    photo: Photo
    source: Disparity
    disparity: Disparity
    subject: NDArray[np.float32] | None = None
    unit: tuple[float, float] = (0.0, 1.0)


def prepare(
    photo: Photo,
    edit: Edit,
    *,
    source: Disparity | None = None,
    refined: bool = True,
    progress: Progress | None = None,
) -> Scene:
    """Estimate the photo's disparity and bring it to the photo's size and edges.

    Args:
        photo: the photo.
        edit: its ``model``, ``quality`` and ``invert`` are used here.
        source: the photo's disparity if it was estimated before, perhaps at another size.
        refined: False interpolates instead of following the photo's edges.
        progress: stages ``depth`` and ``refine``.

    Raises:
        DepthError, ModelError, MissingExtraError: no disparity can be had from that model.
    """
    from defocus.depth import estimate_disparity

    report = progress or silent
    photo = before_the_blur(photo)
    if source is None:
        report("depth", 0.0)
        source = estimate_disparity(
            photo, edit.model, quality=edit.quality, invert=edit.invert, progress=progress
        )
        report("depth", 1.0)
    normalised = source.normalised()
    if refined:
        from defocus.refine import refine

        report("refine", 0.0)
        full = refine(normalised, photo.pixels, quality=edit.quality, progress=progress)
        report("refine", 1.0)
    else:
        full = normalised.resized(photo.size_wh)
    # The subject is cut at the source's own scale, where it is meaningful, then enlarged.
    matte = photo.embedded.mattes.get("portrait")
    subject = find_subject(normalised) if matte is None else matte
    if subject is not None:
        subject = Disparity(subject).resized(photo.size_wh).values
    return Scene(photo, source, full, subject, _unit(source, normalised))


def before_the_blur(photo: Photo) -> Photo:
    """A portrait that still holds its original picture is edited from that, not blurred twice."""
    if photo.embedded.original is None:
        return photo
    from defocus.formats import jpeg

    original = jpeg.read(photo.embedded.original, photo.pixels.shape[0] * photo.pixels.shape[1] * 4)
    if original.size_wh != photo.size_wh:
        return photo
    return replace(photo, pixels=original.pixels, embedded=replace(photo.embedded, original=None))


def _unit(source: Disparity, normalised: Disparity) -> tuple[float, float]:
    # normalised = (source − low) / span, so two pixels of different depth give both numbers
    i, j = int(np.argmin(source.values)), int(np.argmax(source.values))
    d0, d1 = float(source.values.flat[i]), float(source.values.flat[j])
    n0, n1 = float(normalised.values.flat[i]), float(normalised.values.flat[j])
    if n1 == n0:
        return d0, 1.0
    per_unit = (d1 - d0) / (n1 - n0)
    return d0 - n0 * per_unit, per_unit

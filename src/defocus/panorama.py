"""Panoramas that go all the way round: their left and right edge are neighbours.

They say so in XMP (Google's Photo Sphere schema, ``GPano``). Depth, edges and blur are then found
on a picture that goes on beyond both edges with what lies across, and cut back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from defocus.disparity import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.photo import Photo

Array = TypeVar("Array", bound="NDArray[Any]")

GPANO = "http://ns.google.com/photos/1.0/panorama/"
_ROUND = ("equirectangular", "cylindrical")
# Of the width: enough for a network to see what stands across the seam as one thing.
DEPTH_MARGIN = 1 / 8


def goes_round(photo: Photo) -> bool:
    """Whether the photo's XMP says that it covers the full circle."""
    packet = photo.meta.xmp
    if not packet or b"GPano" not in packet:
        return False
    from defocus.formats import xmp

    try:
        said = xmp.simple(xmp.parse(packet), GPANO)
    except xmp.BrokenXmpError:
        return False
    full = xmp.number(said.get("FullPanoWidthPixels"))
    part = xmp.number(said.get("CroppedAreaImageWidthPixels", said.get("FullPanoWidthPixels")))
    return said.get("ProjectionType", "") in _ROUND and full is not None and part == full


def widened(values: Array, margin: int) -> Array:
    """H×W… with ``margin`` columns of the other edge at each side; itself if that is 0."""
    if margin == 0:
        return values
    parts = values[:, values.shape[1] - margin :], values, values[:, :margin]
    return np.concatenate(parts, axis=1)  # type: ignore[return-value]


def narrowed(values: Array, margin: int) -> Array:
    """Undo :func:`widened`."""
    if margin == 0:
        return values
    return np.ascontiguousarray(values[:, margin : values.shape[1] - margin])  # type: ignore[return-value]


def wide_photo(photo: Photo, margin: int) -> Photo:
    """The photo's pixels with margins; all else is the photo's."""
    alpha = None if photo.alpha is None else widened(photo.alpha, margin)
    return replace(photo, pixels=widened(photo.pixels, margin), alpha=alpha)


def wide_estimate(estimate: Estimate) -> tuple[Estimate, float]:
    """An estimate of the photo with margins of about :data:`DEPTH_MARGIN`, and their exact share
    of its width: a whole number of its columns.
    """
    values, person, salient = estimate.disparity.values, estimate.person, estimate.salient
    margin = round(values.shape[1] * DEPTH_MARGIN)
    share = margin / values.shape[1]
    wide = Estimate(
        replace(estimate.disparity, values=widened(values, margin)),
        None if person is None else widened(person, margin),
        None if salient is None else widened(salient, round(salient.shape[1] * share)),
    )
    return wide, share


def narrow_map(values: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """A map of the photo itself from one of :func:`wide_photo`.

    Args:
        values: h×w of the wide photo, any size.
        share: of the photo's width that each margin has.
    """
    return narrowed(values, round(values.shape[1] * share / (1 + 2 * share)))

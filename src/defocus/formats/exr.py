"""OpenEXR for compositors: the result as linear light, and what it was made of as channels.

``R G B`` (and ``A``) are the result, ``original.R`` … the photo before the blur, both with Rec. 709
primaries; ``matte`` is the opacity of what is in focus, ``radius`` the signed blur radius in pixels
(positive in front), ``disparity`` 0 (far) to 1 (near), ``Z`` the distance in metres where that is
known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from defocus import colour
from defocus.errors import PhotoError
from defocus.formats import exr_file
from defocus.formats.codec import Header
from defocus.formats.parts import Parts, assemble
from defocus.formats.pixels import Picture, check_size
from defocus.transfer import SRGB

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.formats.codec import Content, Save
    from defocus.formats.layered import Layered
    from defocus.photo import Photo

# What is farther counts as that far: 1/0 is no number that a compositor likes.
_FARTHEST_M = 10_000.0


def peek(data: Content) -> Header:
    """See :mod:`defocus.formats`."""
    return Header(exr_file.layout(data).size_wh, 16)


def read(data: bytes, max_pixels: int) -> Photo:
    """See :mod:`defocus.formats`; light beyond white is clipped, and that is said."""
    check_size(*exr_file.layout(data).size_wh, max_pixels)
    planes = exr_file.read(data)
    grey = not {"R", "G", "B"} <= set(planes)
    names = ("Y",) * 3 if grey else ("R", "G", "B")
    if names[0] not in planes:
        raise PhotoError("the OpenEXR has neither R, G and B nor Y: name its channels so")
    light = np.stack([planes[name].astype(np.float32) for name in names], axis=2)
    light = np.nan_to_num(light, nan=0.0, posinf=1.0, neginf=0.0)
    notes = ["light beyond white is clipped"] if light.max() > 1 else []
    alpha = None
    if "A" in planes:
        opacity = np.clip(np.nan_to_num(planes["A"].astype(np.float32)), 0, 1)
        # Its colours are multiplied by it.
        light /= np.where(opacity > 0, opacity, 1)[..., None]
        alpha = np.rint(opacity * 65535).astype(np.uint16)
    picture = Picture(SRGB.codes(light, np.uint16), alpha, grey)
    return assemble(Parts(format="exr", picture=picture, notes=notes))


def write(target: BinaryIO, photo: Photo, save: Save) -> None:
    """See :mod:`defocus.formats`."""
    planes = _light(photo, "")
    if save.layered is not None:
        planes |= _light(save.layered.original, "original.") | _maps(save.layered)
    target.write(exr_file.encode(planes, {"comments": "made by defocus; Rec. 709 primaries"}))


def _light(photo: Photo, layer: str) -> dict[str, NDArray[Any]]:
    """Linear light, white 1, as channels of a layer; multiplied by its opacity."""
    levels = int(np.iinfo(photo.pixels.dtype).max)
    # Half floats have 11 bits.
    kind = np.float16 if levels == 255 else np.float32
    transfer = photo.transfer
    table = transfer.decode_table(levels + 1) / np.float32(transfer.white)
    light = table[photo.pixels]
    matrix = colour.to_rec709(photo.meta.icc, photo.meta.cicp)
    if matrix is not None:
        light = light @ matrix.T.astype(np.float32)
    planes: dict[str, NDArray[Any]] = {}
    if photo.alpha is not None:
        opacity = photo.alpha.astype(np.float32) / levels
        light *= opacity[..., None]
        planes[f"{layer}A"] = opacity.astype(kind)
    for index, name in enumerate("RGB"):
        planes[f"{layer}{name}"] = light[..., index].astype(kind)
    return planes


def _maps(parts: Layered) -> dict[str, NDArray[Any]]:
    disparity = parts.disparity
    planes: dict[str, NDArray[Any]] = {
        "matte": parts.matte.astype(np.float16),
        "radius": parts.radius_px,
        "disparity": disparity.values,
    }
    if disparity.kind == "metric":
        per_metre = disparity.unit.at_zero + disparity.unit.per_one * disparity.values
        planes["Z"] = (1 / np.maximum(per_metre, 1 / _FARTHEST_M)).astype(np.float32)
    return planes

"""OpenEXR for compositors: the result as linear light, and what it was made of as channels.

``R G B`` (and ``A``) are the result, ``original.R`` … the photo before the blur, both with Rec. 709
primaries; ``matte`` is the opacity of what is in focus, ``radius`` the signed blur radius in pixels
(positive in front), ``disparity`` 0 (far) to 1 (near), ``Z`` the distance in metres where that is
known.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from defocus import colour
from defocus.errors import PhotoError
from defocus.formats import coded_colour, exr_file, exr_packed
from defocus.formats.codec import Header
from defocus.formats.parts import Parts, assemble
from defocus.formats.pixels import Picture, check_size
from defocus.transfer import SRGB

if TYPE_CHECKING:
    from collections.abc import Set

    from numpy.typing import NDArray

    from defocus.formats.codec import Content, Save
    from defocus.formats.layered import Layered
    from defocus.photo import Photo

# Times as much as is stored; more is no picture of which a part was rendered, unless it is small.
_MOST_EMPTY = 16
_SMALL_PX = 1 << 20
_AS_SRGB = 1 / 2.2  # as PNG says that the curve is that of sRGB
_BEAUTY = ("combined", "rgba", "beauty")
# What is farther counts as that far: 1/0 is no number that a compositor likes.
_FARTHEST_M = 10_000.0


def peek(data: Content) -> Header:
    """See :mod:`defocus.formats`."""
    head, _ = _picked(exr_file.layouts(data))
    return Header(_shown_wh(head), 16)


def read(data: bytes, max_pixels: int) -> Photo:
    """See :mod:`defocus.formats`; light beyond white is clipped, and that is said."""
    parts = exr_file.layouts(data)
    head, layer = _picked(parts)
    check_size(*head.size_wh, max_pixels)
    check_size(*_shown_wh(head), max_pixels)
    grey = f"{layer}R" not in head.channels
    names = [f"{layer}{name}" for name in ("YYY" if grey else "RGB")]
    decode = exr_packed.read if head.needs_library else exr_file.read
    planes = decode(data, head, {*names, f"{layer}A"})
    light = np.stack([planes[name].astype(np.float32) for name in names], axis=2)
    light = np.nan_to_num(light, nan=0.0, posinf=1.0, neginf=0.0)
    notes = ["light beyond white is clipped"] if light.max() > 1 else []
    if len(parts) > 1:
        notes.append(f"of the {len(parts)} parts only {head.name!r} is kept")
    if layer:
        notes.append(f"of the layers only {layer.removesuffix('.')!r} is kept")
    alpha = None
    if f"{layer}A" in planes:
        opacity = np.clip(np.nan_to_num(planes[f"{layer}A"].astype(np.float32)), 0, 1)
        # Its colours are multiplied by it.
        light /= np.where(opacity > 0, opacity, 1)[..., None]
        alpha = np.rint(opacity * 65535).astype(np.uint16)
    picture = Picture(_shown(SRGB.codes(light, np.uint16), head), alpha, grey)
    if alpha is not None:
        picture = replace(picture, alpha=_shown(alpha, head))
    return assemble(Parts(format="exr", picture=picture, icc=_profile(head, grey), notes=notes))


def _profile(head: exr_file.Layout, grey: bool) -> bytes | None:
    """Of the colours that the file names, with the curve of our codes; None if they are sRGB's."""
    if head.colours is None or grey or not np.isfinite(head.colours).all():
        return None
    *colours, x, y = head.colours
    return coded_colour.from_png(_AS_SRGB, (x, y, *colours), grey=False)


def _shown_wh(head: exr_file.Layout) -> tuple[int, int]:
    """Size of the picture: of the display window, if what is stored is a fair part of it."""
    stored, shown = head.size_wh, head.display_wh
    is_fair = shown[0] * shown[1] <= max(_SMALL_PX, _MOST_EMPTY * stored[0] * stored[1])
    across, down = _overlaps(head)
    return shown if is_fair and across[0] < across[1] and down[0] < down[1] else stored


def _overlaps(head: exr_file.Layout) -> tuple[tuple[int, int], tuple[int, int]]:
    """From where to where, across and down, the display window has pixels, in its own places."""
    across, down = (
        (max(0, start), min(shown, start + stored))
        for start, stored, shown in zip(head.at, head.size_wh, head.display_wh, strict=True)
    )
    return across, down


def _shown(values: NDArray[np.uint16], head: exr_file.Layout) -> NDArray[np.uint16]:
    """Stored pixels in their place in the picture, black and transparent where there are none.

    Renderers store less than the picture where a part was rendered, or more around it.
    """
    wide, high = _shown_wh(head)
    if (wide, high) == head.size_wh and head.at == (0, 0):
        return values
    if (wide, high) != head.display_wh:
        return values
    out = np.zeros((high, wide, *values.shape[2:]), values.dtype)
    (left, right), (top, bottom) = _overlaps(head)
    x, y = head.at
    out[top:bottom, left:right] = values[top - y : bottom - y, left - x : right - x]
    return out


def _picked(parts: list[exr_file.Layout]) -> tuple[exr_file.Layout, str]:
    """The part that holds the picture, and its layer in there, with its dot.

    Raises:
        PhotoError: none has R, G and B, or Y, or it is of a kind that is not read.
    """
    flat = [part for part in parts if part.kind in (exr_file.LINES, exr_file.TILES)]
    if not flat:
        raise PhotoError("an OpenEXR of deep pixels is not read: flatten it in the compositor")
    layers = [(part, _layer(part.channels.keys())) for part in flat]
    found = [(part, layer) for part, layer in layers if layer is not None]
    if not found:
        raise PhotoError("the OpenEXR has neither R, G and B nor Y: name its channels so")
    named = (each for each in found if _is_beauty(each[0].name) or _is_beauty(each[1]))
    part, layer = next(named, found[0])
    if part.is_coarse:
        raise PhotoError("OpenEXR with subsampled channels is not read: save its colours as RGB")
    return part, layer


def _layer(channels: Set[str]) -> str | None:
    """The layer that holds the picture, with its dot; "" if the channels stand alone.

    Renderers write a file of many passes; what all of them add up to is called *Combined* in
    Blender, *rgba* or *beauty* elsewhere. Without such a name the first that has colours counts.
    """
    if "Y" in channels or channels >= {"R", "G", "B"}:
        return ""
    layers = sorted(name[:-1] for name in channels if name.endswith(".R"))
    whole = [each for each in layers if channels >= {f"{each}G", f"{each}B"}]
    return next((each for each in whole if _is_beauty(each)), whole[0] if whole else None)


def _is_beauty(name: str) -> bool:
    return name.lower().removesuffix(".").endswith(_BEAUTY)


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

"""From a photo and an edit to a portrait: the one way that library, CLI, studio and batch share.

:func:`~defocus.scene.prepare` does what depends on the picture alone (depth, refinement, subject)
and is slow; :func:`render_scene` does what depends on the choices and is fast; :func:`apply` is
both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus import gain
from defocus._maps import nearest
from defocus.aim import no_face
from defocus.edit.methods import find_method
from defocus.focus import FocalPlane, find_focus
from defocus.layers import make_layers, scene_gain_px
from defocus.methods import renderer
from defocus.phone_focus import resolved_focus
from defocus.progress import Progress, silent
from defocus.scene import Scene, prepare
from defocus.strokes import apply_strokes

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from defocus.edit import Edit
    from defocus.formats.codec import Format
    from defocus.formats.layered import Layered
    from defocus.photo import Photo
    from defocus.transfer import Transfer

__all__ = [
    "Result",
    "Scene",
    "apply",
    "focal_plane",
    "prepare",
    "refocusable",
    "render_scene",
    "write_portrait",
]


# Blur radius in pixels up to which a pixel is all in focus, and from which it is not at all: half a
# pixel is what no eye sees; a pixel more or less moves only rims of surfaces that slope away.
_SHARP_PX = 0.5, 1.5


@dataclass(frozen=True, eq=False, slots=True)
class Result:
    """What :func:`apply` made.

    Attributes:
        photo: the portrait.
        scene: the photo with its depth, ready for another edit.
        plane: where the focus went.
    """

    photo: Photo
    scene: Scene
    plane: FocalPlane


def focal_plane(scene: Scene, edit: Edit) -> FocalPlane:
    """Where the edit's focus puts the focal plane in this scene."""
    values = apply_strokes(scene.disparity.values, edit.strokes, scene.photo)
    focus = resolved_focus(scene, edit.focus)
    subject = scene.subject
    if subject is None:
        return find_focus(values, focus)
    return find_focus(values, focus, subject.weight, subject.faces, leads=subject.leads)


def render_scene(scene: Scene, edit: Edit, *, progress: Progress | None = None) -> Photo:
    """Render the edit's method, focus and lens.

    Returns:
        A photo with new pixels; all else of it is the original's.
    """
    return _render(scene, edit, focal_plane(scene, edit), progress)


def _render(scene: Scene, edit: Edit, plane: FocalPlane, progress: Progress | None) -> Photo:
    report = progress or silent
    report("render", 0.0)
    photo = scene.photo
    pixels = photo.pixels
    if photo.alpha is not None:
        pixels = _fill_transparent(pixels, photo.alpha)
    out = renderer(edit.method)(scene, edit, plane, pixels, report)
    gain_map = photo.gain_map
    if gain_map is not None:
        # The HDR picture goes the same way; what it has more than the result is the new map.
        bright = gain.hdr_rendition(replace(photo, pixels=pixels))
        beside = replace(scene, photo=bright)
        blurred = renderer(edit.method)(beside, edit, plane, bright.pixels, silent)
        gain_map = gain.for_result(photo, out, bright, blurred)
    report("render", 1.0)
    return replace(photo, pixels=out, gain_map=gain_map)


def apply(photo: Photo, edit: Edit, *, progress: Progress | None = None) -> Result:
    """Depth, focus and lens in one call: the whole product.

    Example:
        >>> import defocus
        >>> photo = defocus.read_photo("photo.jpg")             # doctest: +SKIP
        >>> result = defocus.apply(photo, defocus.Edit())       # doctest: +SKIP
    """
    refined = find_method(edit.method).refined
    scene = prepare(photo, edit, refined=refined, progress=progress)
    plane = focal_plane(scene, edit)
    return Result(_render(scene, edit, plane, progress), scene, plane)


def write_portrait(
    photo: Photo,
    target: str | Path,
    edit: Edit,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
    tell: Callable[[str], None] | None = None,
) -> Path:
    """Apply an edit and write the result: what ``defocus blur`` and ``defocus batch`` do.

    Args:
        photo: the photo.
        target: the file to write; its suffix decides about the format unless the edit does.
        edit: all choices, those of the output too.
        overwrite: replace an existing file.
        progress: as in :func:`apply`.
        tell: called with a line for people where something asked for was not found.

    Raises:
        DefocusError: no depth can be had, or the result not be written.
    """
    from defocus.formats.writing import write_photo

    portrait, embed = _to_write(photo, edit, Path(target).suffix.lower(), progress, tell)
    return write_photo(portrait, target, output=edit.output, overwrite=overwrite, **embed)


def encode_portrait(
    photo: Photo,
    chosen: Format,
    edit: Edit,
    *,
    progress: Progress | None = None,
    tell: Callable[[str], None] | None = None,
) -> memoryview:
    """The bytes of the file that :func:`write_portrait` would write in this format."""
    from defocus.formats.writing import encode_photo

    portrait, embed = _to_write(photo, edit, chosen.suffixes[0], progress, tell)
    return encode_photo(portrait, chosen, output=edit.output, **embed)


def _to_write(
    photo: Photo,
    edit: Edit,
    suffix: str,
    progress: Progress | None,
    tell: Callable[[str], None] | None,
) -> tuple[Photo, dict[str, Any]]:
    result = apply(photo, edit, progress=progress)
    missing = no_face(result.scene, edit.focus)
    if missing is not None and tell is not None and edit.method == "lens":
        tell(missing)
    return result.photo, companions(result.scene, edit, result.plane, suffix)


def companions(scene: Scene, edit: Edit, plane: FocalPlane, suffix: str) -> dict[str, Any]:
    """What :func:`defocus.write_photo` takes beside the portrait.

    Args:
        scene, edit, plane: of the portrait.
        suffix: of the file, for an edit that names no format.
    """
    from defocus.formats import holds_layers

    embed = refocusable(scene, edit, plane) if edit.output.embed_disparity else {}
    if holds_layers(edit.output.format, suffix) and edit.method == "lens":
        embed["layered"] = layered(scene, edit, plane)
    return embed


def layered(scene: Scene, edit: Edit, plane: FocalPlane) -> Layered:
    """What the lens made the portrait of."""
    from defocus.formats.layered import Layered

    parts = make_layers(scene, edit, plane)
    full, none = np.float32(_SHARP_PX[0]), np.float32(_SHARP_PX[1])
    sharpness = np.clip((none - np.abs(parts.radius_px)) / (none - full), 0, 1)
    background, behind = parts.colour, parts.behind
    if behind is not None:
        alpha, transfer = behind.alpha, scene.photo.transfer
        background = _not_sharp(parts.colour, behind.colour, alpha, sharpness, transfer)
        sharpness *= alpha.astype(np.float32) / 255
    return Layered(
        scene.photo, parts.colour, background, sharpness, parts.radius_px, scene.disparity
    )


def _not_sharp(
    front: NDArray[Any],
    behind: NDArray[Any],
    alpha: NDArray[np.uint8],
    sharpness: NDArray[np.float32],
    transfer: Transfer,
) -> NDArray[Any]:
    """Colours of all that is not in focus: the second samples, and what of the first is blurred."""
    background = np.where(alpha[..., None] < 255, behind, front)
    at = np.flatnonzero((alpha > 0) & (alpha < 255) & (sharpness < 1))
    light = transfer.decode_table(int(np.iinfo(front.dtype).max) + 1)
    near, far = (light[each.reshape(-1, 3)[at]] for each in (front, behind))
    a, s = alpha.ravel()[at, None] / np.float32(255), sharpness.ravel()[at, None]
    mixed = ((1 - s) * a * near + (1 - a) * far) / (1 - s * a)
    background.reshape(-1, 3)[at] = transfer.codes(mixed, front.dtype)
    return background


def refocusable(scene: Scene, edit: Edit, plane: FocalPlane) -> dict[str, Any]:
    """What :func:`defocus.write_photo` embeds so that the result can be focused again."""
    unit = scene.disparity.unit
    infinity = -unit.at_zero / unit.per_one if scene.disparity.kind == "metric" else 0.0
    radius = abs(scene_gain_px(scene, edit, plane) * (infinity - plane.disparity))
    return {
        "disparity": scene.source,
        "original": scene.photo,
        "focus_disparity": unit.of(plane.disparity),
        "blur_at_infinity": radius / math.hypot(*scene.photo.size_wh),
    }


def _fill_transparent(pixels: NDArray[Any], alpha: NDArray[Any]) -> NDArray[Any]:
    """Give fully transparent pixels the colour of the nearest visible one, so none bleeds black."""
    hidden = alpha == 0
    if not hidden.any() or hidden.all():
        return pixels
    filled = pixels.copy()
    filled[hidden] = pixels.reshape(-1, 3)[nearest(~hidden)[hidden]]
    return filled

"""From a photo and an edit to a portrait: the one way that library, CLI, studio and batch share.

:func:`prepare` does what depends on the picture alone (depth, refinement) and is slow;
:func:`render_scene` does what depends on the choices and is fast; :func:`apply` is both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus.camera import camera_of
from defocus.disparity import Disparity
from defocus.focus import FocalPlane, find_focus
from defocus.optics import radius_px, relative_gain_px, thin_lens_gain_px_m
from defocus.progress import Progress, silent
from defocus.scene import Scene, prepare
from defocus.strokes import apply_strokes

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from defocus.edit import Edit
    from defocus.photo import Photo
    from defocus.render import Behind

__all__ = [
    "Result",
    "Scene",
    "apply",
    "focal_plane",
    "gain_px",
    "prepare",
    "refocusable",
    "render_scene",
    "signed_radius_px",
    "write_portrait",
]


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
    values = apply_strokes(scene.disparity.values, edit.strokes)
    return find_focus(Disparity(values), edit.focus, scene.subject)


def gain_px(scene: Scene, edit: Edit, plane: FocalPlane) -> float:
    """K: pixels of blur radius per unit of normalised disparity.

    With metric disparity and a known focal length this is the thin lens in front of a full frame
    that sees the same field; otherwise the convention of :func:`relative_gain_px`.
    """
    camera = camera_of(scene.photo.meta.exif)
    if scene.source.kind != "metric" or camera is None:
        return relative_gain_px(scene.photo.size_wh, edit.lens.f_number)
    low, per_unit = scene.unit
    focus_per_m = max(low + per_unit * plane.disparity, 1e-4)
    focal_px = camera.focal_35mm / 36.0 * max(scene.photo.size_wh)
    return per_unit * thin_lens_gain_px_m(
        focal_px, camera.focal_35mm / 1000, edit.lens.f_number, 1 / focus_per_m
    )


def signed_radius_px(scene: Scene, edit: Edit, plane: FocalPlane) -> NDArray[np.float32]:
    """H×W float32 signed blur radius of the photo's pixels, positive in front of the plane."""
    values = apply_strokes(scene.disparity.values, edit.strokes)
    return _held(_radius(values, scene, edit, plane), scene, plane)


def render_scene(scene: Scene, edit: Edit, *, progress: Progress | None = None) -> Photo:
    """Render the edit's focus and lens.

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
    if edit.method == "mask":
        from defocus.classic import full_size
        from defocus.render import render_mask

        flat = full_size(scene.source.values, photo.size_wh)
        out = render_mask(pixels, apply_strokes(flat, edit.strokes), edit.mask)
    else:
        from defocus.render import render_lens

        samples = _samples(scene, edit, plane, pixels)
        report("matte", 1.0)
        out = render_lens(
            samples.colour,
            samples.radius_px,
            edit.lens,
            behind=samples.behind,
            transfer=photo.transfer,
            progress=progress,
        )
    report("render", 1.0)
    return replace(photo, pixels=out)


def apply(photo: Photo, edit: Edit, *, progress: Progress | None = None) -> Result:
    """Depth, focus and lens in one call: the whole product.

    Example:
        >>> import defocus
        >>> photo = defocus.read_photo("photo.jpg")             # doctest: +SKIP
        >>> result = defocus.apply(photo, defocus.Edit())       # doctest: +SKIP
    """
    # The mask method takes the network's map as it is, as the original does.
    scene = prepare(photo, edit, refined=edit.method != "mask", progress=progress)
    plane = focal_plane(scene, edit)
    return Result(_render(scene, edit, plane, progress), scene, plane)


@dataclass(frozen=True, eq=False, slots=True)
class _Samples:
    """What the renderer is given: one sample a pixel, and a second one behind soft edges."""

    colour: NDArray[Any]
    radius_px: NDArray[np.float32]
    behind: Behind | None = None


def _samples(scene: Scene, edit: Edit, plane: FocalPlane, pixels: NDArray[Any]) -> _Samples:
    values = apply_strokes(scene.disparity.values, edit.strokes)
    matte = None
    if edit.matte:
        from defocus.matte import subject_matte

        matte = subject_matte(
            pixels,
            values,
            plane.disparity,
            subject=scene.subject if plane.holds_subject else None,
            portrait_matte=scene.photo.embedded.mattes.get("portrait"),
            quality=edit.quality,
        )
    if matte is None:
        return _Samples(pixels, _held(_radius(values, scene, edit, plane), scene, plane))
    from defocus.render import Behind

    radius = _held(_radius(matte.disparity, scene, edit, plane), scene, plane)
    back = np.zeros_like(radius)
    soft = np.flatnonzero(matte.alpha < 255)
    back.flat[soft] = _radius(matte.background_disparity.ravel()[soft], scene, edit, plane)
    return _Samples(matte.foreground, radius, Behind(matte.alpha, matte.background, back))


def _held(radius: NDArray[np.float32], scene: Scene, plane: FocalPlane) -> NDArray[np.float32]:
    """The same, with the subject sharp as a whole if the plane asks for it."""
    if plane.holds_subject and scene.subject is not None:
        for row, held in zip(radius, scene.subject, strict=True):  # row by row: no large temporary
            row *= 1 - held
    return radius


def _radius(
    values: NDArray[np.float32], scene: Scene, edit: Edit, plane: FocalPlane
) -> NDArray[np.float32]:
    return radius_px(
        values,
        plane.disparity,
        gain_px(scene, edit, plane),
        focus_range=plane.range,
        foreground=edit.foreground,
    )


def write_portrait(
    photo: Photo,
    target: str | Path,
    edit: Edit,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Apply an edit and write the result: what ``defocus blur`` and ``defocus batch`` do.

    Args:
        photo: the photo.
        target: the file to write; its suffix decides about the format unless the edit does.
        edit: all choices, those of the output too.
        overwrite: replace an existing file.
        progress: as in :func:`apply`.

    Raises:
        DefocusError: no depth can be had, or the result not be written.
    """
    from defocus.formats.writing import write_photo

    result = apply(photo, edit, progress=progress)
    embed = refocusable(result.scene, edit, result.plane) if edit.output.embed_disparity else {}
    return write_photo(result.photo, target, output=edit.output, overwrite=overwrite, **embed)


def refocusable(scene: Scene, edit: Edit, plane: FocalPlane) -> dict[str, Any]:
    """What :func:`defocus.write_photo` embeds so that the result can be focused again."""
    low, per_unit = scene.unit
    infinity = -low / per_unit if scene.source.kind == "metric" else 0.0
    radius = abs(gain_px(scene, edit, plane) * (infinity - plane.disparity))
    return {
        "disparity": scene.source,
        "original": scene.photo,
        "focus_disparity": low + per_unit * plane.disparity,
        "blur_at_infinity": radius / math.hypot(*scene.photo.size_wh),
    }


def _fill_transparent(pixels: NDArray[Any], alpha: NDArray[Any]) -> NDArray[Any]:
    """Give fully transparent pixels the colour of the nearest visible one, so none bleeds black."""
    import cv2

    hidden = alpha == 0
    if not hidden.any() or hidden.all():
        return pixels
    _, labels = cv2.distanceTransformWithLabels(
        hidden.astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    colour_of_label = np.zeros((int(labels.max()) + 1, 3), pixels.dtype)
    colour_of_label[labels[~hidden]] = pixels[~hidden]
    filled = pixels.copy()
    filled[hidden] = colour_of_label[labels[hidden]]
    return filled

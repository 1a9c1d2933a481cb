"""What the renderer is given, once the focal plane is known: samples, each with its blur radius.

This is the one place where the choices about depth (strokes, the subject held in focus, soft edges)
meet the lens. Behind it is pure optics.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from defocus.camera import camera_of
from defocus.edit import Focus, Mask, Output
from defocus.optics import Lens, gain_px, radius_px
from defocus.strokes import apply_strokes

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from defocus.edit import Edit
    from defocus.focus import FocalPlane
    from defocus.matte import Matte
    from defocus.render import Behind
    from defocus.scene import Scene


@dataclass(frozen=True, eq=False, slots=True)
class Layers:
    """One sample a pixel, and a second one behind it where an edge is soft.

    Attributes:
        colour: H×W×3 like the photo's pixels; of the front samples.
        radius_px: H×W float32, signed blur radius of the front samples, positive in front of the
            focal plane.
        behind: the second samples, or None.
    """

    colour: NDArray[Any]
    radius_px: NDArray[np.float32]
    behind: Behind | None = None

    def each(self, change: Callable[[NDArray[Any]], NDArray[Any]]) -> Layers:
        """Every map changed in the same way: cut, or widened.

        Args:
            change: of an H×W or H×W×C array; all must come out with one height and width.
        """
        behind = self.behind
        if behind is not None:
            from defocus.render import Behind

            behind = Behind(change(behind.alpha), change(behind.colour), change(behind.radius_px))
        return Layers(change(self.colour), change(self.radius_px), behind)


@dataclass(frozen=True, eq=False, slots=True)
class View:
    """What is seen of a scene, all of it or a part, at one size; its soft edges are sought here.

    Attributes:
        pixels: H×W×3, encoded.
        unheld: H×W, normalised disparity with the strokes.
        values: the same, the subject held in focus.
        weight: H×W of the subject, or None if it is not held.
        scale: its pixels over the photo's.
    """

    pixels: NDArray[Any]
    unheld: NDArray[np.float32]
    values: NDArray[np.float32]
    weight: NDArray[np.float32] | None
    scale: float = 1.0

    @classmethod
    def of(
        cls,
        plane: FocalPlane,
        pixels: NDArray[Any],
        unheld: NDArray[np.float32],
        weight: NDArray[np.float32] | None,
        scale: float = 1.0,
    ) -> View:
        """With the subject of that weight held, if the plane holds it."""
        if weight is None or not plane.holds_subject:
            return cls(pixels, unheld, unheld, None, scale)
        return cls(pixels, unheld, hold(unheld, weight, plane), weight, scale)


# The last layers of each scene of at most so many pixels, and what they were made for: another
# shape of the aperture, or a file with layers after the portrait, need no other ones. 15 bytes a
# pixel.
_KEPT_PX = 4_000_000
_KEPT: WeakKeyDictionary[Scene, tuple[FocalPlane, Edit, Layers]] = WeakKeyDictionary()


def make_layers(
    scene: Scene, edit: Edit, plane: FocalPlane, pixels: NDArray[Any] | None = None
) -> Layers:
    """Fold strokes, subject and soft edges into samples with a radius.

    Those of a small scene may be the same object as before: nobody may write into them.

    Args:
        scene: a prepared photo.
        edit: its strokes, lens, foreground, mattes and quality are used here.
        plane: of focus.
        pixels: in place of the photo's own (see-through parts filled), same shape and dtype.
    """
    own = scene.photo.pixels
    if own.shape[0] * own.shape[1] > _KEPT_PX or not (pixels is None or pixels is own):
        return _made(scene, edit, plane, own if pixels is None else pixels)
    # What the lens does with layers makes no other ones.
    bare = Lens(edit.lens.f_number)
    choices = replace(edit, focus=Focus(), lens=bare, grain=0.0, mask=Mask(), output=Output())
    kept = _KEPT.get(scene)
    if kept is not None and kept[:2] == (plane, choices):
        return kept[2]
    layers = _made(scene, edit, plane, own)
    _KEPT[scene] = plane, choices, layers
    return layers


def _made(scene: Scene, edit: Edit, plane: FocalPlane, pixels: NDArray[Any]) -> Layers:
    subject = scene.subject
    view = View.of(
        plane,
        pixels,
        apply_strokes(scene.disparity.values, edit.strokes, scene.photo),
        None if subject is None else subject.weight,
    )
    gain = scene_gain_px(scene, edit, plane)

    def radius(disparity: NDArray[np.float32]) -> NDArray[np.float32]:
        return radius_px(
            disparity,
            plane.disparity,
            gain,
            focus_range=plane.range,
            foreground=edit.foreground,
        )

    matte = None
    if edit.matte:
        from defocus.matte.networks import told_matte

        told = told_matte(scene.photo, edit.matte_model)
        portrait = None if subject is None else subject.matte
        matte = soft_edges(scene, edit, plane, view, portrait=portrait, told=told)
    if matte is None:
        return Layers(view.pixels, radius(view.values))
    from defocus.render import Behind

    back = np.zeros_like(matte.disparity)
    soft = np.flatnonzero(matte.alpha < 255)
    back.flat[soft] = radius(matte.background_disparity.ravel()[soft])
    behind = Behind(matte.alpha, matte.background, back)
    return Layers(matte.foreground, radius(matte.disparity), behind)


def soft_edges(
    scene: Scene,
    edit: Edit,
    plane: FocalPlane,
    view: View,
    *,
    portrait: NDArray[np.float32] | None,
    told: NDArray[np.float32] | None,
) -> Matte | None:
    """The matte of what is in focus, or None if nothing in focus has soft edges.

    Args:
        scene: that is seen.
        edit: its lens, amount and quality matter here.
        plane: of focus.
        view: what of the scene is seen.
        portrait: a phone's matte of what is seen, of any size, or None.
        told: a network's, likewise.
    """
    from defocus.matte import subject_matte

    return subject_matte(
        view.pixels,
        view.values,
        plane.disparity,
        scene_gain_px(scene, edit, plane) * view.scale,
        focus_range=plane.range,
        subject=view.weight,
        unheld=view.unheld,
        portrait_matte=portrait,
        told=told,
        transfer=scene.photo.transfer,
        quality=edit.quality,
    )


def hold(
    values: NDArray[np.float32], weight: NDArray[np.float32], plane: FocalPlane
) -> NDArray[np.float32]:
    """Disparity with what has weight drawn to the band that is sharp.

    With x = d − d_f outside of the band of half width b, d + w·(d_f ± b − d) leaves a distance of
    (1 − w)·(x ∓ b) to it: the radius of every pixel is exactly 1 − w times its own.

    Args:
        values: h×w, normalised.
        weight: h×w in 0..1.
        plane: the focal plane and its band.

    Returns:
        A new map.
    """
    low = np.float32(plane.disparity - plane.range / 2)
    high = np.float32(plane.disparity + plane.range / 2)
    held = np.empty_like(values)
    for row, value, share in zip(held, values, weight, strict=True):  # no large temporary
        np.clip(value, low, high, out=row)
        row -= value
        row *= share
        row += value
    return held


def scene_gain_px(scene: Scene, edit: Edit, plane: FocalPlane) -> float:
    """K of the edit's lens in this scene: pixels of radius per unit of normalised disparity."""
    return edit.amount * gain_px(
        scene.disparity,
        plane.disparity,
        edit.lens.f_number,
        size_wh=scene.photo.size_wh,
        camera=camera_of(scene.photo.meta.exif),
        closeness=scene.closeness if edit.by_distance else 1.0,
    )

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
from defocus.optics import Lens, gain_px, radius_px
from defocus.strokes import apply_strokes

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from defocus.edit import Edit, Stroke
    from defocus.focus import FocalPlane
    from defocus.matte import Edges, Matte
    from defocus.quality import Quality
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


# Soft edges are cut for a lens as wide as this one, and serve as well where there is less blur,
# down to a quarter: another f-number or amount, the slider's next step, asks for no other ones.
_CUT_F_NUMBER = 1.4
_SERVES = 4.0
# A matte of so many pixels is kept with its scene, 15 bytes a pixel; of a larger one what was found
# at its working size.
_KEPT_PX = 4_000_000
_CACHED = 1 << 15  # values at a time that stay in the processor's cache


@dataclass(frozen=True, eq=False, slots=True)
class _Cut:
    """The last soft edges of a scene.

    Attributes:
        asked: what they were made for.
        edges: None if nothing in focus has soft edges.
        matte: at the photo's size, or None if there are none or it is too large to be kept.
    """

    asked: tuple[FocalPlane, float, tuple[Stroke, ...], Quality, str]
    edges: Edges | None
    matte: Matte | None


_KEPT: WeakKeyDictionary[Scene, _Cut] = WeakKeyDictionary()


def make_layers(
    scene: Scene, edit: Edit, plane: FocalPlane, pixels: NDArray[Any] | None = None
) -> Layers:
    """Fold strokes, subject and soft edges into samples with a radius.

    Colours may be the same arrays as before: nobody may write into them.

    Args:
        scene: a prepared photo.
        edit: its strokes, lens, foreground, mattes and quality are used here.
        plane: of focus.
        pixels: in place of the photo's own (see-through parts filled), same shape and dtype.
    """
    gain = scene_gain_px(scene, edit, plane)

    def radius(disparity: NDArray[np.float32]) -> NDArray[np.float32]:
        return radius_px(
            disparity,
            plane.disparity,
            gain,
            focus_range=plane.range,
            foreground=edit.foreground,
        )

    own = scene.photo.pixels
    pixels = own if pixels is None else pixels
    matte = _matte(scene, edit, plane, pixels) if edit.matte else None
    if matte is None:
        return Layers(pixels, radius(_view(scene, edit, plane, pixels).values))
    from defocus.render import Behind

    back = np.zeros_like(matte.disparity)
    soft = np.flatnonzero(matte.alpha < 255)
    back.flat[soft] = radius(matte.background_disparity.ravel()[soft])
    behind = Behind(matte.alpha, matte.background, back)
    return Layers(matte.foreground, radius(matte.disparity), behind)


def _view(scene: Scene, edit: Edit, plane: FocalPlane, pixels: NDArray[Any]) -> View:
    subject = scene.subject
    return View.of(
        plane,
        pixels,
        apply_strokes(scene.disparity.values, edit.strokes, scene.photo),
        None if subject is None else subject.weight,
    )


def _matte(scene: Scene, edit: Edit, plane: FocalPlane, pixels: NDArray[Any]) -> Matte | None:
    asked = plane, cut_gain_px(scene, edit, plane), edit.strokes, edit.quality, edit.matte_model
    own = pixels is scene.photo.pixels
    kept = _KEPT.get(scene) if own else None
    if kept is not None and kept.asked == asked:
        if kept.edges is None or kept.matte is not None:
            return kept.matte
        edges: Edges | None = kept.edges
        view = _view(scene, edit, plane, pixels)
    else:
        from defocus.matte.networks import told_matte

        view = _view(scene, edit, plane, pixels)
        told = told_matte(scene.photo, edit.matte_model)
        portrait = None if scene.subject is None else scene.subject.matte
        edges = soft_edges(scene, edit, plane, view, portrait=portrait, told=told)
    matte = None
    if edges is not None:
        matte = edges.at_full_size(pixels, view.values, view.weight, scene.photo.transfer)
    if own:
        is_small = pixels.shape[0] * pixels.shape[1] <= _KEPT_PX
        _KEPT[scene] = _Cut(asked, edges, matte if is_small else None)
    return matte


def soft_edges(
    scene: Scene,
    edit: Edit,
    plane: FocalPlane,
    view: View,
    *,
    portrait: NDArray[np.float32] | None,
    told: NDArray[np.float32] | None,
) -> Edges | None:
    """The edges of what is in focus, or None if nothing in focus has soft ones.

    Args:
        scene: that is seen.
        edit: its lens, amount and quality matter here.
        plane: of focus.
        view: what of the scene is seen.
        portrait: a phone's matte of what is seen, of any size, or None.
        told: a network's, likewise.
    """
    from defocus.matte import Plane, find_edges

    gain = cut_gain_px(scene, edit, plane) * view.scale
    return find_edges(
        view.pixels,
        view.values,
        Plane(plane.disparity, gain, plane.range),
        subject=view.weight,
        unheld=view.unheld,
        portrait_matte=portrait,
        told=told,
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
    rows = max(1, _CACHED // max(1, values.shape[1]))
    for top in range(0, len(values), rows):  # no large temporary
        some = np.s_[top : top + rows]
        out, value = held[some], values[some]
        np.clip(value, low, high, out=out)
        out -= value
        out *= weight[some]
        out += value
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


def cut_gain_px(scene: Scene, edit: Edit, plane: FocalPlane) -> float:
    """K for which soft edges are sought: that of a wide lens, if this one's is not far from it."""
    gain = scene_gain_px(scene, edit, plane)
    wide = scene_gain_px(scene, replace(edit, amount=1.0, lens=Lens(_CUT_F_NUMBER)), plane)
    return wide if wide / _SERVES < gain <= wide else gain

"""The lens: from disparity to the signed blur radius of every pixel.

For a thin lens of focal length f at f-number N focused at z_f, a point at depth z draws a disc of
diameter c = (f²/N) · (z_f/(z_f − f)) · |1/z − 1/z_f| on the sensor (e.g. Potmesil & Chakravarty
1981, "A lens and aperture camera model for synthetic image generation"): linear in disparity 1/z.
So in pixels the signed radius is r = K · (d − d_f), positive in front of the focal plane, and a
relative disparity gives exact blur up to the one number K.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from defocus.constants import FULL_FRAME_WIDTH_MM, RADIUS_PER_DIAGONAL
from defocus.errors import EditError
from defocus.numbers import is_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.camera import Camera
    from defocus.disparity import Disparity


@dataclass(frozen=True, slots=True)
class Lens:
    """The lens to imitate: how far it opens and what its aperture looks like.

    Attributes:
        f_number: 0.5 to 64; smaller blurs more.
        blades: 0 for a round aperture, or 3 to 16 for a polygon.
        rotation_deg: turns the polygon, counter-clockwise.
        roundness: 0 (straight blades) to 1 (a circle).
        cat_eye: 0 to 1: how much the barrel clips the aperture towards the corners of the picture.
        squeeze: 0.5 to 2: width of the aperture over its height (anamorphic lenses: about 0.75).
        ring: −1 to 1: light gathered at the rim (soap bubbles) or, negative, at the centre (cream).
        highlights: 0 to 1: how strongly clipped lights are given back the energy that the sensor
            lost, so that bokeh balls glow instead of turning grey; 0 leaves every value exact. None
            leaves it to who uses the lens: an :class:`~defocus.edit.Edit` takes a portrait's usual
            amount, :func:`~defocus.render.render_lens` 0.
        highlight_threshold: 0.5 to 1: encoded value above which a pixel counts as a highlight.
    """

    f_number: float = 2.0
    blades: int = 0
    rotation_deg: float = 0.0
    roundness: float = 0.0
    cat_eye: float = 0.0
    squeeze: float = 1.0
    ring: float = 0.0
    highlights: float | None = None
    highlight_threshold: float = 0.92

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None and field.name == "highlights":
                continue
            if not is_number(value):
                raise EditError(f"lens {field.name} must be a finite number, got {value!r}")
        if self.blades != 0 and (self.blades != int(self.blades) or not 3 <= self.blades <= 16):
            raise EditError(f"lens blades must be 0 (round) or 3 to 16, got {self.blades}")
        for name, (low, high) in LENS_RANGES.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise EditError(f"lens {name} must be {low:g} to {high:g}, got {value:g}")


_CACHED = 32_768  # values worked on at a time

LENS_RANGES: dict[str, tuple[float, float]] = {
    "f_number": (0.5, 64.0),
    "rotation_deg": (-360.0, 360.0),
    "roundness": (0.0, 1.0),
    "cat_eye": (0.0, 1.0),
    "squeeze": (0.5, 2.0),
    "ring": (-1.0, 1.0),
    "highlights": (0.0, 1.0),
    "highlight_threshold": (0.5, 1.0),
}


def relative_gain_px(size_wh: tuple[int, int], f_number: float) -> float:
    """K for a disparity normalised to 0..1: pixels of radius per unit of disparity.

    Args:
        size_wh: width and height of the picture in pixels.
        f_number: of the imitated lens.
    """
    return RADIUS_PER_DIAGONAL * math.hypot(*size_wh) / f_number


def thin_lens_gain_px_m(focal_px: float, focal_m: float, f_number: float, focus_m: float) -> float:
    """K for a metric disparity in 1/m: pixels of radius per 1/m, times metre.

    Args:
        focal_px: focal length in pixels, = width_px · focal_mm / sensor_width_mm.
        focal_m: focal length in metres.
        f_number: of the imitated lens.
        focus_m: distance of the focal plane in metres, beyond ``focal_m``.
    """
    # Diameter on the sensor c = (f²/N) · z_f/(z_f − f) · |Δd|; radius in pixels = c/2 · focal_px/f.
    return focal_px * focal_m / (2 * f_number) * focus_m / max(focus_m - focal_m, 1e-6)


def gain_px(
    disparity: Disparity,
    focal_disparity: float,
    f_number: float,
    *,
    size_wh: tuple[int, int],
    camera: Camera | None = None,
    closeness: float = 1.0,
) -> float:
    """K for a map's own values: pixels of blur radius per one of them.

    With metric disparity and a known field of view this is the thin lens in front of a full frame
    that sees the same field; otherwise the convention of :func:`relative_gain_px`, less by
    ``closeness``, for which see :mod:`defocus.closeness`.

    Args:
        disparity: the map; its kind and unit are used.
        focal_disparity: of the focal plane, in the map's values.
        f_number: of the imitated lens.
        size_wh: of the photo in pixels.
        camera: that took it, or None.
        closeness: 0 to 1, of the scene.
    """
    if disparity.kind != "metric" or camera is None:
        return closeness * relative_gain_px(size_wh, f_number)
    focus_per_m = max(disparity.unit.of(focal_disparity), 1e-4)
    focal_px = camera.focal_35mm / FULL_FRAME_WIDTH_MM * max(size_wh)
    return disparity.unit.per_one * thin_lens_gain_px_m(
        focal_px, camera.focal_35mm / 1000, f_number, 1 / focus_per_m
    )


def radius_px(
    disparity: NDArray[np.float32],
    focal_disparity: float,
    gain_px: float,
    *,
    focus_range: float = 0.0,
    foreground: float = 1.0,
) -> NDArray[np.float32]:
    """Signed blur radius of every pixel: r = K · (d − d_f), with a dead band around d_f.

    Args:
        disparity: H×W, larger = nearer.
        focal_disparity: disparity of the focal plane, in the unit of ``disparity``.
        gain_px: K, from :func:`relative_gain_px` or :func:`thin_lens_gain_px_m`.
        focus_range: width of the band around ``focal_disparity`` that stays sharp, same unit.
        foreground: 0 to 1, factor on the blur of what is nearer than the focal plane.

    Returns:
        H×W float32, positive = in front of the focal plane.
    """
    out = np.empty(disparity.shape, np.float32)
    half = np.float32(focus_range / 2)
    # Some rows at a time stay in the processor's cache: a third of the time at 12 megapixels.
    rows = max(1, _CACHED // max(1, math.prod(disparity.shape[1:])))
    for top in range(0, len(disparity), rows):
        radius = np.subtract(
            disparity[top : top + rows], focal_disparity, out=out[top : top + rows]
        )
        if focus_range > 0:
            radius -= np.clip(radius, -half, half)
        radius *= np.float32(gain_px)
        if foreground != 1:
            np.multiply(radius, np.float32(foreground), out=radius, where=radius > 0)
    return out

"""The truth that the tests compare with: a thin lens, slowly and exactly.

The picture is cut into layers of equal blur radius. Each is convolved with the exact aperture of
its radius and laid under what is nearer, from front to back:

    C ← C + B(c·m) · min(1, T / B(m)),   T ← max(0, T − B(m))

where m is the layer's mask, c its light, B the blur by its aperture, T what is still uncovered. A
layer fills what is left (rather than being attenuated by it), because the layers of one slanted
surface complete each other; where two surfaces overlap, both rules agree wherever the nearer one is
opaque. In the end the light is divided by the coverage, which guesses what no layer shows. See
Kraus & Strengert 2007, "Depth-of-field rendering by pyramidal image processing", sections 2 and 3.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from defocus.constants import CAT_EYE_X, CAT_EYE_Y
from defocus.errors import EditError
from defocus.optics import Lens
from defocus.render.lamps import lit
from defocus.render.native import ring_copy
from defocus.transfer import SRGB

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.transfer import Transfer

_SUBSAMPLES = 9
_REACH = 2.3  # of a squeezed triangle, in radii of the disc of its area


def aperture(
    radius: float, lens: Lens = Lens(), shift: tuple[float, float] = (0, 0)
) -> NDArray[np.float64]:
    """What a point of light draws: every pixel's share, (2n+1)×(2n+1), summing to 1.

    The outline of n blades, at angle φ from the middle of one, lies at cos(π/n) / cos φ, or between
    that and 1 with roundness; it is given the area of the disc of this radius. A barrel clips it by
    that disc moved by ``shift`` (in radii; cat-eye). Squeezing keeps the area. A ring adds an inner
    copy with its share of the light, which may be negative.

    Args:
        radius: blur radius in pixels; 0 draws one pixel.
        lens: its blades, rotation, roundness, squeeze and ring count.
        shift: (x, y), x right, y down.
    """
    if lens.ring == 0:
        return _shape(radius, lens, shift, math.ceil(radius * _REACH))
    scale, share = ring_copy(lens.ring)
    n = math.ceil(radius * _REACH)
    inner = _shape(radius * scale, lens, shift, n)
    return (1 - share) * _shape(radius, lens, shift, n) + share * inner


def _shape(radius: float, lens: Lens, shift: tuple[float, float], n: int) -> NDArray[np.float64]:
    x, y, inside = _opening(radius, lens, n)
    if shift != (0, 0):
        size = max(radius, 1 / _SUBSAMPLES)
        inside = inside & (np.hypot(x - shift[0] * size, y - shift[1] * size) <= size)
    kernel = inside.reshape(2 * n + 1, _SUBSAMPLES, 2 * n + 1, _SUBSAMPLES).mean((1, 3))
    return np.asarray(kernel / kernel.sum(), np.float64)


@lru_cache(maxsize=2)
def _opening(radius: float, lens: Lens, n: int) -> tuple[NDArray[Any], ...]:
    """Fine samples before the squeeze, x and y, and which of them the blades let through."""
    steps = (np.arange((2 * n + 1) * _SUBSAMPLES) + 0.5) / _SUBSAMPLES - n - 0.5
    x, y = np.meshgrid(steps / math.sqrt(lens.squeeze), steps * math.sqrt(lens.squeeze))
    turn = np.linspace(0, 2 * np.pi, 7200, endpoint=False)
    mean = math.sqrt(np.mean(_outline(turn, lens) ** 2))
    outline = _outline(np.arctan2(y, x) + math.radians(lens.rotation_deg), lens) / mean
    return x, y, np.hypot(x, y) <= max(radius, 1 / _SUBSAMPLES) * outline


def _outline(angle: NDArray[np.float64], lens: Lens) -> NDArray[np.float64]:
    """Distance of the aperture's edge, 1 at the corners."""
    if lens.blades == 0:
        return np.ones_like(angle)
    half = math.pi / lens.blades
    straight = math.cos(half) / np.cos(angle % (2 * half) - half)
    return np.asarray(straight + lens.roundness * (1 - straight))


def render_reference(
    image: NDArray[Any],
    radius_px: NDArray[np.float32],
    lens: Lens = Lens(),
    *,
    step_px: float = 0.5,
    transfer: Transfer = SRGB,
) -> NDArray[Any]:
    """Render exactly, in time that only small pictures can afford.

    Args:
        image: H×W×3 uint8, uint16 (encoded by ``transfer``) or float32 (linear light).
        radius_px: H×W float32, signed, positive in front of the focal plane.
        lens: shape of the aperture. With cat-eye every pixel has a shape of its own: slower still.
        step_px: radii are rounded to multiples of this; one layer for each that occurs.
        transfer: the curve of encoded values.

    Returns:
        H×W×3 of the same dtype.

    Raises:
        EditError: the arguments do not fit together.
    """
    if image.ndim != 3 or image.shape[2] != 3 or radius_px.shape != image.shape[:2]:
        raise EditError(f"image {image.shape} and radius_px {radius_px.shape} do not fit together")
    top = 1 if image.dtype == np.float32 else np.iinfo(image.dtype).max
    light = image if top == 1 else lit(image, radius_px, lens, transfer)
    steps = np.rint(radius_px / step_px).astype(int)
    result = np.zeros((*steps.shape, 3))
    uncovered = np.ones(steps.shape)
    for step in np.unique(steps)[::-1]:  # the nearest first
        mask = (steps == step).astype(float)[..., None]
        layer = _blur(np.dstack([light * mask, mask]), abs(step) * step_px, lens)
        weight = layer[..., 3]
        used = np.minimum(weight, uncovered)
        result += layer[..., :3] * (used / np.maximum(weight, 1e-9))[..., None]
        uncovered -= used
    result /= np.maximum(1 - uncovered, 1e-9)[..., None]
    if top == 1:
        return result.astype(np.float32)
    return np.rint(transfer.encode(result.astype(np.float32)) * top).astype(image.dtype)


def _blur(layer: NDArray[np.float64], radius: float, lens: Lens) -> NDArray[np.float64]:
    """Scatter every pixel by its aperture, the frame continued by its edge."""
    kernel = aperture(radius, lens)
    if lens.cat_eye > 0 and radius > 0:
        n = kernel.shape[0] // 2
        return _scatter_each(np.pad(layer, ((n, n), (n, n), (0, 0)), mode="edge"), radius, lens, n)
    turned = kernel[::-1, ::-1]  # OpenCV gathers
    blurred = cv2.filter2D(layer, cv2.CV_64F, turned, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(blurred, np.float64)


def _scatter_each(
    padded: NDArray[np.float64], radius: float, lens: Lens, n: int
) -> NDArray[np.float64]:
    """The aperture clipped anew for every pixel: by a disc moved towards the picture's centre, by
    ``cat_eye`` radii in the corner of a 4:3 picture."""
    height, width = (length - 2 * n for length in padded.shape[:2])
    result = np.zeros((height + 4 * n, width + 4 * n, 4))
    for y, x in np.argwhere(padded.any(-1)):
        at_x, at_y = np.clip(x - n, 0, width - 1), np.clip(y - n, 0, height - 1)
        shift = (
            float(-lens.cat_eye * CAT_EYE_X * (2 * (at_x + 0.5) / width - 1)),
            float(-lens.cat_eye * CAT_EYE_Y * (2 * (at_y + 0.5) / height - 1)),
        )
        spot = aperture(radius, lens, shift)[..., None] * padded[y, x]
        result[y : y + 2 * n + 1, x : x + 2 * n + 1] += spot
    return result[2 * n : 2 * n + height, 2 * n : 2 * n + width]

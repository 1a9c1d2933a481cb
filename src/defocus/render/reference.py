"""The truth that the tests compare with: a thin lens, slowly and exactly.

The picture is cut into layers of equal blur radius. Each is convolved with the exact disc of its
radius and laid under what is nearer, from front to back:

    C ← C + B(c·m) · min(1, T / B(m)),   T ← max(0, T − B(m))

where m is the layer's mask, c its light, B the blur by its disc and T what is still uncovered. A
layer fills what is left (rather than being attenuated by it), because the layers of one slanted
surface complete each other; where two surfaces overlap, both rules agree wherever the nearer one is
opaque. In the end the light is divided by the coverage, which guesses what no layer shows. See
Kraus & Strengert 2007, "Depth-of-field rendering by pyramidal image processing", sections 2 and 3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from defocus.errors import EditError
from defocus.transfer import SRGB

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.transfer import Transfer

_SUBSAMPLES = 9


def disc(radius: float) -> NDArray[np.float64]:
    """A disc's share of every pixel, (2n+1)×(2n+1), summing to 1; one pixel for radius 0."""
    n = int(np.ceil(radius))
    steps = (np.arange((2 * n + 1) * _SUBSAMPLES) + 0.5) / _SUBSAMPLES - n - 0.5
    inside = np.hypot(*np.meshgrid(steps, steps)) <= max(radius, 1 / _SUBSAMPLES)
    kernel = inside.reshape(2 * n + 1, _SUBSAMPLES, 2 * n + 1, _SUBSAMPLES).mean((1, 3))
    return np.asarray(kernel / kernel.sum(), np.float64)


def render_reference(
    image: NDArray[Any],
    radius_px: NDArray[np.float32],
    *,
    step_px: float = 0.5,
    transfer: Transfer = SRGB,
) -> NDArray[Any]:
    """Render a round aperture exactly, in time that only small pictures can afford.

    Args:
        image: H×W×3 uint8, uint16 (encoded by ``transfer``) or float32 (linear light).
        radius_px: H×W float32, signed, positive in front of the focal plane.
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
    light = image if top == 1 else transfer.decode((image / top).astype(np.float32))
    steps = np.rint(radius_px / step_px).astype(int)
    result = np.zeros((*steps.shape, 3))
    uncovered = np.ones(steps.shape)
    for step in np.unique(steps)[::-1]:  # the nearest first
        mask = (steps == step).astype(float)[..., None]
        layer = _blur(np.dstack([light * mask, mask]), disc(abs(step) * step_px))
        weight = layer[..., 3]
        used = np.minimum(weight, uncovered)
        result += layer[..., :3] * (used / np.maximum(weight, 1e-9))[..., None]
        uncovered -= used
    result /= np.maximum(1 - uncovered, 1e-9)[..., None]
    if top == 1:
        return result.astype(np.float32)
    return np.rint(transfer.encode(result.astype(np.float32)) * top).astype(image.dtype)


def _blur(layer: NDArray[np.float64], kernel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convolve every channel, the frame continued by its edge."""
    n = kernel.shape[0] // 2
    height, width = layer.shape[:2]
    padded = np.pad(layer, ((n, n), (n, n), (0, 0)), mode="edge")
    result = np.zeros_like(layer)
    for (dy, dx), weight in np.ndenumerate(kernel):
        if weight > 0:
            result += weight * padded[dy : dy + height, dx : dx + width]
    return result

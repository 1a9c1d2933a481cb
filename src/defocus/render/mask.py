"""The blog post's second half: threshold the depth, clean the mask, box-blur what lies behind.

The literal steps, with OpenCV and NumPy, are::

    threshold = depth.min() + 0.6 * (depth.max() - depth.min())      # unless it is given
    mask = (depth < threshold).astype(np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    blurred = cv2.blur(image, (ksize, ksize))
    result = np.where(mask[..., None] == 1, blurred, image)

What is done here gives the same bits in a fraction of the time: open, then close, is erode, dilate,
dilate, erode, and two dilations by 5 are one by 9; bands of rows run in parallel and stay in the
cache; a band without background is copied.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from defocus.constants import MASK_THRESHOLD
from defocus.cpu import cpu_count
from defocus.errors import EditError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.edit import Mask

_MASK_REACH = 8  # of erosion by 5, dilation by 9 and erosion by 5 together
_BAND_ROWS = 256
_FIVE = np.ones((5, 5), np.uint8)
_NINE = np.ones((9, 9), np.uint8)


def render_mask(
    image: NDArray[Any], depth: NDArray[Any], mask: Mask, *, threshold: Any = None
) -> NDArray[Any]:
    """Blur the background by a hard mask.

    Args:
        image: H×W×C uint8 or uint16.
        depth: H×W of any real dtype, finite; larger = nearer. Taken as it is.
        mask: width of the box and the threshold.
        threshold: that of the mask as a NumPy scalar, whose dtype takes part in the comparison.

    Returns:
        A new image of the same shape and dtype, bit-identical to the literal steps above.

    Raises:
        EditError: shapes or dtypes do not fit, or the depth is not finite.
    """
    _check(image, depth)
    low, high = depth.min(), depth.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        raise EditError("the depth map holds NaN or inf: fill the gaps first")
    if threshold is None:
        threshold = mask.depth_threshold
    if threshold is None:
        threshold = low + MASK_THRESHOLD * (high - low)
    out = np.empty_like(image, order="C")
    step = max(_BAND_ROWS, 8 * mask.blur_ksize)  # bands overlap by the reach of the blur
    bands = [(top, min(top + step, len(image))) for top in range(0, len(image), step)]
    with ThreadPoolExecutor(min(cpu_count(), len(bands))) as pool:
        render = partial(_render_band, image, depth, threshold, mask.blur_ksize, out)
        list(pool.map(render, bands))
    return out


def _check(image: NDArray[Any], depth: NDArray[Any]) -> None:
    if image.ndim != 3 or image.size == 0 or image.dtype not in (np.uint8, np.uint16):
        raise EditError(f"the image must be H×W×3 uint8 or uint16, got {image.shape} {image.dtype}")
    if depth.shape != image.shape[:2]:
        raise EditError(f"depth map {depth.shape} and image {image.shape[:2]} differ in size")
    if depth.dtype.kind not in "fiu":
        raise EditError(f"a depth map must hold numbers, got {depth.dtype}")


def _render_band(
    image: NDArray[Any],
    depth: NDArray[Any],
    threshold: Any,
    ksize: int,
    out: NDArray[Any],
    band: tuple[int, int],
) -> None:
    top, bottom = band
    target = out[top:bottom]
    np.copyto(target, image[top:bottom])
    background = _background(depth, threshold, band)
    if not background.any():
        return
    y = max(top - ksize // 2, 0)
    around = np.ascontiguousarray(image[y : bottom + ksize // 2])
    blurred = cv2.blur(around, (ksize, ksize)).reshape(around.shape)
    cv2.copyTo(blurred[top - y : bottom - y], background, target)


def _background(depth: NDArray[Any], threshold: Any, band: tuple[int, int]) -> NDArray[np.uint8]:
    """Rows of the cleaned mask, 1 = background."""
    top, bottom = band
    y = max(top - _MASK_REACH, 0)
    mask = (depth[y : bottom + _MASK_REACH] < threshold).view(np.uint8)
    mask = cv2.erode(cv2.dilate(cv2.erode(mask, _FIVE), _NINE), _FIVE)
    return np.asarray(mask[top - y : bottom - y], np.uint8)

"""The blog post's method: threshold the depth, clean the mask, box-blur what lies behind.

The literal steps, with OpenCV and NumPy, are::

    depth = cv2.medianBlur(depth.astype(np.float32), 5)
    threshold = depth.min() + 0.6 * (depth.max() - depth.min())      # unless it is given
    mask = (depth < threshold).astype(np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    blurred = cv2.blur(image, (ksize, ksize))
    result = np.where(mask[..., None] == 1, blurred, image)

What is done here gives the same bits in a fraction of the time:

- A median commutes with a threshold: median < t wherever 13 of the 25 values are < t, so the filter
  becomes a count on bytes.
- The threshold needs only the least and greatest median. Tiles are searched in the order of
  their bounds, and all but a few are never filtered.
- Open, then close, is erode, dilate, dilate, erode; two dilations by 5 are one by 9.
- Bands of rows run in parallel and stay in the cache; a band without background is copied.
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

_MEDIAN_REACH = 2  # of the 5×5 median filter, in pixels
_MAJORITY = 13  # of its 25 values
_MASK_REACH = 10  # of median, erosion by 5, dilation by 9 and erosion by 5 together
_TILE = 128
_BAND_ROWS = 256
_FIVE = np.ones((5, 5), np.uint8)
_NINE = np.ones((9, 9), np.uint8)


def render_mask(
    image: NDArray[Any], disparity_values: NDArray[np.float32], mask: Mask
) -> NDArray[Any]:
    """Blur the background by a hard mask.

    Args:
        image: H×W×C uint8 or uint16.
        disparity_values: H×W of any real dtype, finite; larger = nearer.
        mask: width of the box and the threshold.

    Returns:
        A new image of the same shape and dtype, bit-identical to the literal steps above.

    Raises:
        EditError: shapes or dtypes do not fit, or the disparity is not finite.
    """
    _check(image, disparity_values)
    depth = disparity_values.astype(np.float32, copy=False)
    lows, highs = _tile_extremes(depth)
    if not (np.isfinite(lows).all() and np.isfinite(highs).all()):
        raise EditError("the depth map holds NaN or inf: fill the gaps first")
    given = mask.depth_threshold
    threshold = _blog_threshold(depth, lows, highs) if given is None else given
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


def _tile_extremes(
    depth: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Least and greatest value of each tile."""
    strips = [depth[top : top + _TILE] for top in range(0, depth.shape[0], _TILE)]
    columns = range(0, depth.shape[1], _TILE)
    lows = np.stack([strip.min(axis=0) for strip in strips])
    highs = np.stack([strip.max(axis=0) for strip in strips])
    return (
        np.minimum.reduceat(lows, columns, axis=1),
        np.maximum.reduceat(highs, columns, axis=1),
    )


def _blog_threshold(
    depth: NDArray[np.float32], lows: NDArray[np.float32], highs: NDArray[np.float32]
) -> np.floating[Any]:
    """d_min + 0.6 · (d_max − d_min) of the 5×5 median of the map."""
    least = _least_median(depth, lows, 1)
    greatest = -_least_median(depth, -highs, -1)  # an odd median commutes with the sign
    return least + MASK_THRESHOLD * (greatest - least)


def _least_median(
    depth: NDArray[np.float32], lows: NDArray[np.float32], sign: int
) -> np.floating[Any]:
    """The least value of ``cv2.medianBlur(sign * depth, 5)``, given the least of each tile."""
    # No median is below the least value that its windows see: those of the tile and its neighbours.
    bounds = cv2.erode(lows, np.ones((3, 3), np.uint8))
    best = np.float32(np.inf)
    for tile in np.argsort(bounds, axis=None):
        row, column = divmod(int(tile), bounds.shape[1])
        if bounds[row, column] >= best:
            break
        best = min(best, (sign * _tile_median(depth, row * _TILE, column * _TILE)).min())
    return best


def _tile_median(depth: NDArray[np.float32], top: int, left: int) -> NDArray[np.float32]:
    y, x = max(top - _MEDIAN_REACH, 0), max(left - _MEDIAN_REACH, 0)
    around = depth[y : top + _TILE + _MEDIAN_REACH, x : left + _TILE + _MEDIAN_REACH]
    filtered = cv2.medianBlur(np.ascontiguousarray(around), 5)
    return np.asarray(filtered[top - y : top - y + _TILE, left - x : left - x + _TILE], np.float32)


def _render_band(
    image: NDArray[Any],
    depth: NDArray[np.float32],
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


def _background(
    depth: NDArray[np.float32], threshold: Any, band: tuple[int, int]
) -> NDArray[np.uint8]:
    """Rows of the cleaned mask, 1 = background."""
    top, bottom = band
    y = max(top - _MASK_REACH, 0)
    far = (depth[y : bottom + _MASK_REACH] < threshold).view(np.uint8)
    votes = cv2.boxFilter(far, cv2.CV_8U, (5, 5), normalize=False, borderType=cv2.BORDER_REPLICATE)
    mask = (votes >= _MAJORITY).view(np.uint8)
    mask = cv2.erode(cv2.dilate(cv2.erode(mask, _FIVE), _NINE), _FIVE)
    return np.asarray(mask[top - y : bottom - y], np.uint8)

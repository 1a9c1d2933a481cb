"""The blog post's two functions, under their own names and with their own meaning.

>>> from defocus.classic import blur_background, depth_estimation
>>> depth = depth_estimation(img)                                    # doctest: +SKIP
>>> portrait = blur_background(img, depth)                           # doctest: +SKIP

RGB in, RGB out; the depth map is MiDaS's: larger = nearer. Each step stands where the blog has it,
and gives the same bits: ``--method mask`` is the two functions in a row. The product's own way is
:func:`defocus.apply`, which blurs by depth instead of cutting at a threshold.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus.edit import Mask
from defocus.errors import EditError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BAND_ROWS = 256


def depth_estimation(img: NDArray[np.uint8], model_type: str = "DPT_Large") -> NDArray[np.float32]:
    """Estimate a depth map as large as the image.

    Args:
        img: H×W×3 uint8, RGB.
        model_type: a MiDaS name (needs the extra ``torch``), ``builtin``, or any other model that
            :func:`defocus.depth.load_model` knows.

    Returns:
        H×W float32, relative inverse depth, larger = nearer: :func:`full_size` of what the model
        gives.

    Raises:
        EditError: not an image of that kind.
        ModelError, MissingExtraError: the model cannot be had.
    """
    from defocus.depth import load_model

    if img.ndim != 3 or img.shape[2] != 3 or img.size == 0 or img.dtype != np.uint8:
        raise EditError(f"the image must be H×W×3 uint8, got {img.shape} {img.dtype}")
    small = load_model(model_type).estimate(img).disparity.values
    return full_size(small, (img.shape[1], img.shape[0]))


def full_size(model_output: NDArray[np.float32], size_wh: tuple[int, int]) -> NDArray[np.float32]:
    """A model's map as large as the image, as the blog enlarges it.

    The literal steps are ``torch.nn.functional.interpolate(…, size, mode="bilinear",
    align_corners=False)`` and ``cv2.medianBlur(…, 5)``; the result is theirs to the bit.

    Args:
        model_output: h×w float32, finite.
        size_wh: of the image.
    """
    from defocus.bilinear import bilinear

    return _median_5x5(bilinear(model_output, size_wh))


def _median_5x5(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """``cv2.medianBlur(values, 5)``, which uses one thread, in bands of rows."""
    import cv2

    from defocus.cpu import cpu_count

    out = np.empty_like(values)
    height, reach = len(values), 2

    def band(top: int) -> None:
        start, bottom = max(top - reach, 0), min(top + _BAND_ROWS, height)
        out[top:bottom] = cv2.medianBlur(values[start : bottom + reach], 5)[top - start :][
            : bottom - top
        ]

    with ThreadPoolExecutor(cpu_count()) as pool:
        list(pool.map(band, range(0, height, _BAND_ROWS)))
    return out


def blur_background(
    img: NDArray[Any],
    depth_map: NDArray[Any],
    blur_ksize: int = 21,
    depth_threshold: float | None = None,
) -> NDArray[Any]:
    """Blur what lies behind a depth threshold with a box.

    Args:
        img: H×W×3 uint8 (or uint16), RGB.
        depth_map: H×W, finite, larger = nearer; taken as it is.
        blur_ksize: width of the box in pixels, at least 1.
        depth_threshold: depth below which a pixel is background; None is
            d_min + 0.6 · (d_max − d_min) of the map.

    Returns:
        A new image of the same shape and dtype. Each pixel is either untouched or wholly blurred,
        bit-identical to the literal steps that :mod:`defocus.render.mask` lists.

    Raises:
        EditError: a parameter makes no sense, or shapes and dtypes do not fit.
    """
    from defocus.render.mask import render_mask

    # NumPy's scalars, as d.mean() is one, are no part of an edit; here they count as they are.
    given: list[Any] = [blur_ksize, depth_threshold]
    plain = [value.item() if isinstance(value, np.generic) else value for value in given]
    return render_mask(img, depth_map, Mask(*plain), threshold=depth_threshold)

"""The blog post's two functions, under their own names and with their own meaning.

>>> from defocus.classic import blur_background, depth_estimation
>>> depth = depth_estimation(img)                                    # doctest: +SKIP
>>> portrait = blur_background(img, depth)                           # doctest: +SKIP

RGB in, RGB out; the depth map is MiDaS's: larger = nearer. The product's own way is
:func:`defocus.apply`, which blurs by depth instead of cutting at a threshold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from defocus.edit import Mask
from defocus.errors import EditError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def depth_estimation(img: NDArray[np.uint8], model_type: str = "DPT_Large") -> NDArray[np.float32]:
    """Estimate a depth map as large as the image.

    Args:
        img: H×W×3 uint8, RGB.
        model_type: a MiDaS name (needs the extra ``torch``), ``builtin``, or any other model that
            :func:`defocus.depth.load_model` knows.

    Returns:
        H×W float32, relative inverse depth, larger = nearer; enlarged bicubically as in MiDaS's
        own example.

    Raises:
        EditError: not an image of that kind.
        ModelError, MissingExtraError: the model cannot be had.
    """
    import cv2

    from defocus.depth import load_model

    if img.ndim != 3 or img.shape[2] != 3 or img.size == 0 or img.dtype != np.uint8:
        raise EditError(f"the image must be H×W×3 uint8, got {img.shape} {img.dtype}")
    small = load_model(model_type).estimate(img).values
    size_wh = (img.shape[1], img.shape[0])
    return np.asarray(cv2.resize(small, size_wh, interpolation=cv2.INTER_CUBIC), np.float32)


def blur_background(
    img: NDArray[Any],
    depth_map: NDArray[Any],
    blur_ksize: int = 21,
    depth_threshold: float | None = None,
) -> NDArray[Any]:
    """Blur what lies behind a depth threshold with a box.

    Args:
        img: H×W×3 uint8 (or uint16), RGB.
        depth_map: H×W, finite, larger = nearer.
        blur_ksize: width of the box in pixels, at least 1.
        depth_threshold: depth below which a pixel is background; None is
            d_min + 0.6 · (d_max − d_min) of the map after its 5×5 median filter.

    Returns:
        A new image of the same shape and dtype. Each pixel is either untouched or wholly blurred,
        bit-identical to the literal steps that :mod:`defocus.render.mask` lists.

    Raises:
        EditError: a parameter makes no sense, or shapes and dtypes do not fit.
    """
    from defocus.render.mask import render_mask

    return render_mask(img, depth_map, Mask(blur_ksize, depth_threshold))

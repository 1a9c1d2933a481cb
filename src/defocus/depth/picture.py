"""Depth as a picture to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from defocus.depth.file import written_whole
from defocus.errors import DepthError
from defocus.folders import expanded

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from defocus.disparity import Disparity


def grey_picture(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """H×W values of 0..1, clipped, as H×W uint8."""
    return np.asarray(np.rint(np.clip(values, 0, 1) * 255), np.uint8)


def colour_picture(disparity: Disparity) -> NDArray[np.uint8]:
    """H×W×3 uint8 RGB: near is bright yellow, far is black, evenly to the eye (inferno)."""
    import cv2

    grey = grey_picture(disparity.normalised().values)
    bgr = cv2.applyColorMap(grey, cv2.COLORMAP_INFERNO)
    return np.ascontiguousarray(bgr[..., ::-1], np.uint8)


def write_picture(
    pixels: NDArray[np.uint8],
    path: str | Path,
    *,
    overwrite: bool = False,
    like: Path | None = None,
) -> Path:
    """Write H×W or H×W×3 uint8 as PNG or JPEG beside its target and rename.

    Who cannot read the photo, ``like``, cannot read what is written.

    Raises:
        DepthError: another suffix, the file exists, or the system refuses.
    """
    from PIL import Image

    path = expanded(path)
    kinds = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
    kind = kinds.get(path.suffix.lower())
    if kind is None:
        raise DepthError(f"{path}: a picture is written as {', '.join(kinds)}")
    with written_whole(path, overwrite=overwrite, like=like) as target:
        Image.fromarray(pixels).save(target, kind)
    return path

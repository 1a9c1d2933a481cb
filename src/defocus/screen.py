"""A photo as a screen shows it: sRGB in eight bits, whatever the file holds."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from defocus.tone import as_sdr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.photo import Photo


def screen_pixels(photo: Photo, size_wh: tuple[int, int]) -> NDArray[np.uint8]:
    """The photo's pixels in sRGB.

    Args:
        photo: any.
        size_wh: of the result.

    Returns:
        h×w×3.
    """
    import cv2

    photo = as_sdr(photo)
    pixels = np.ascontiguousarray(photo.pixels)
    if pixels.dtype == np.uint16:
        pixels = cv2.convertScaleAbs(pixels, alpha=1 / 257)
    if size_wh != (pixels.shape[1], pixels.shape[0]):
        how = cv2.INTER_AREA if size_wh[0] < pixels.shape[1] else cv2.INTER_LINEAR
        pixels = cv2.resize(pixels, size_wh, interpolation=how)
    if photo.meta.icc is None or photo.meta.grey:
        return np.asarray(pixels, np.uint8)
    return _in_srgb(np.asarray(pixels, np.uint8), photo.meta.icc)


def _in_srgb(pixels: NDArray[np.uint8], icc: bytes) -> NDArray[np.uint8]:
    from PIL import Image, ImageCms

    image = Image.fromarray(pixels)
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"))
    except ImageCms.PyCMSError:  # an odd profile: shown as sRGB, kept in the export
        return pixels
    return pixels if converted is None else np.asarray(converted)

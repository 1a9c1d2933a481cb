"""JPEG 2000 of more than 8 bits a channel, in colour, by OpenCV's OpenJPEG.

Pillow reduces such codes to 8 bits and rounds up: the brightest become 256, which is 0. White would
be black.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from defocus.errors import PhotoError
from defocus.formats.pixels import Picture

# Both decoders round, and an irreversible transform leaves them a code apart.
_MOST_CODES = 2
_MOST_APART = 0.001


def deepened(data: bytes, bits: int, picture: Picture) -> Picture:
    """The picture in 16 bits.

    Args:
        data: the file that Pillow has read.
        bits: a channel.
        picture: as Pillow has it, H×W×3 uint8.

    Raises:
        PhotoError: OpenCV does not read it alike, and white may have become black in it.
    """
    values = _decoded(data)
    top = (1 << bits) - 1
    if values is not None and values.shape[:2] == picture.pixels.shape[:2]:
        table = (np.arange(65536, dtype=np.uint32) * 65535 + top // 2) // top
        deep = np.minimum(table, 65535).astype(np.uint16)[values]
        if _is_alike(deep[..., :3], picture.pixels):
            alpha = np.ascontiguousarray(deep[..., 3]) if deep.shape[2] > 3 else None
            if (alpha is None) is (picture.alpha is None):
                return Picture(np.ascontiguousarray(deep[..., :3]), alpha, grey=picture.grey)
    layers = [picture.pixels, *([] if picture.alpha is None else [picture.alpha])]
    if any((layer == 0).any() for layer in layers):
        raise PhotoError(
            f"a JPEG 2000 of {bits} bits in colours of this kind is not read: save it as TIFF or "
            "PNG, or with 8 bits"
        )
    return picture


def _decoded(data: bytes) -> np.ndarray[Any, np.dtype[Any]] | None:
    """H×W×3 or ×4 codes, red first; None if OpenCV does not read it."""
    import cv2

    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    finally:
        cv2.utils.logging.setLogLevel(level)
    if values is None or values.ndim != 3 or values.dtype != np.uint16:
        return None
    return values[..., [2, 1, 0, 3][: values.shape[2]]] if values.shape[2] in (3, 4) else None


def _is_alike(
    deep: np.ndarray[Any, np.dtype[np.uint16]], eight: np.ndarray[Any, np.dtype[np.uint8]]
) -> bool:
    """Are these the same colours, but for what is white in the one and black in the other?"""
    apart = np.abs((deep >> 8).astype(np.int16) - eight)
    wrapped = (deep >= 65535 - 2 * 257) & (eight == 0)
    off = ((apart > _MOST_CODES) & ~wrapped).any(axis=2)
    return float(off.mean()) <= _MOST_APART

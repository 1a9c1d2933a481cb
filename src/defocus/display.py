"""Pictures as a notebook shows them: small PNG files."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.transfer import Transfer

# As wide as a cell of a notebook on a large screen; a notebook's file stays small.
SIDE_PX = 1024


def png(
    pixels: NDArray[Any],
    alpha: NDArray[Any] | None = None,
    icc: bytes | None = None,
    hdr: Transfer | None = None,
) -> bytes:
    """A PNG of 8 bits with at most :data:`SIDE_PX` pixels a side.

    Args:
        pixels: H×W×3 uint8 or uint16.
        alpha: H×W, same dtype, or None.
        icc: their profile, which goes along.
        hdr: their curve, if that is one of HDR: light beyond white becomes white.
    """
    import cv2
    from PIL import Image

    from defocus._maps import fit
    from defocus.transfer import SRGB

    size_wh = fit((pixels.shape[1], pixels.shape[0]), SIDE_PX)
    layers = pixels if alpha is None else np.dstack([pixels, alpha])
    resized: NDArray[Any] = cv2.resize(layers, size_wh, interpolation=cv2.INTER_AREA)
    small = (resized / np.iinfo(pixels.dtype).max).astype(np.float32)
    if hdr is not None:
        light = hdr.decode(small[..., :3])
        small[..., :3] = SRGB.encode(light / np.float32(hdr.white))
    encoded = io.BytesIO()
    codes = np.rint(small * 255).astype(np.uint8)
    Image.fromarray(codes).save(encoded, "PNG", icc_profile=icc if hdr is None else None)
    return encoded.getvalue()

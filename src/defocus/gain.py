"""Gain maps: the HDR picture that a photo stands for, and the map of a result.

The HDR picture is blurred as the photo is, and the map made anew from the two: a lamp that glows on
a screen with room for it then glows as a disc, and nothing sharp changes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus.transfer import PQ

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.photo import GainMap, Photo

_BT2020_PQ = (9, 16)
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
_BAND_ROWS = 256
_LEAST = np.float32(2.0**-24)


def hdr_rendition(photo: Photo) -> Photo:
    """The photo as a screen with full room shows it: 16-bit PQ in the photo's own primaries.

    The code points name BT.2020; nothing but the curve is used of them.

    Raises:
        ValueError: the photo has no gain map.
    """
    if photo.gain_map is None:
        raise ValueError("a photo without a gain map has one rendition")
    curve = photo.transfer.decode_table(int(np.iinfo(photo.pixels.dtype).max) + 1)
    full = _full_size(photo.gain_map, photo.size_wh)
    low, high, gamma, offset_sdr, offset_hdr = _parameters(photo.gain_map)
    out = np.empty(photo.pixels.shape, np.uint16)
    for top in range(0, len(out), _BAND_ROWS):
        rows = slice(top, top + _BAND_ROWS)
        stops = low + (high - low) * full[rows] ** (1 / gamma)
        light = (curve[photo.pixels[rows]] + offset_sdr) * np.exp2(stops) - offset_hdr
        out[rows] = PQ.codes(light * np.float32(PQ.white), np.uint16)
    meta = replace(photo.meta, icc=None, cicp=_BT2020_PQ)
    alpha = None if photo.alpha is None else _sixteen_bit(photo.alpha)
    return replace(photo, pixels=out, alpha=alpha, meta=meta, gain_map=None)


def for_result(
    photo: Photo, pixels: NDArray[Any], hdr: Photo, blurred: NDArray[np.uint16]
) -> GainMap:
    """The gain map that turns a result into the blurred HDR picture.

    Args:
        photo: before the blur.
        pixels: of the result.
        hdr: the photo's :func:`hdr_rendition`.
        blurred: of that. Where both are as they were, so are the map's codes; a lamp that is white
            in a blurred photo as before is darker in light.

    Raises:
        ValueError: the photo has no gain map.
    """
    import cv2

    found = photo.gain_map
    if found is None:
        raise ValueError("there is no gain map to make anew")
    size_wh = found.codes.shape[1], found.codes.shape[0]
    curve = photo.transfer.decode_table(int(np.iinfo(pixels.dtype).max) + 1)
    before = cv2.resize(curve[pixels], size_wh, interpolation=cv2.INTER_AREA)
    bright = PQ.decode_table(65536) / np.float32(PQ.white)
    after = cv2.resize(bright[blurred], size_wh, interpolation=cv2.INTER_AREA)
    if found.codes.shape[2] == 1:
        before, after = (before @ _LUMA)[..., None], (after @ _LUMA)[..., None]
    low, high, gamma, offset_sdr, offset_hdr = (
        values[: found.codes.shape[2]] for values in _parameters(found)
    )
    ratio = np.maximum(after + offset_hdr, _LEAST) / np.maximum(before + offset_sdr, _LEAST)
    span = np.where(high > low, high - low, 1)
    share = np.clip((np.log2(ratio) - low) / span, 0, 1)
    codes = np.rint(255 * share**gamma).astype(np.uint8)
    changed = (pixels != photo.pixels).any(axis=2) | (blurred != hdr.pixels).any(axis=2)
    touched = cv2.resize(changed.astype(np.float32), size_wh, interpolation=cv2.INTER_AREA) > 0
    return replace(found, codes=np.where(touched[..., None], codes, found.codes))


def _parameters(found: GainMap) -> tuple[NDArray[np.float32], ...]:
    fields = (found.low, found.high, found.gamma, found.offset_sdr, found.offset_hdr)
    return tuple(np.array(values, np.float32) for values in fields)


def _full_size(found: GainMap, size_wh: tuple[int, int]) -> NDArray[np.float32]:
    """The codes as H×W×1 or H×W×3 float32 in 0..1."""
    import cv2

    scaled = cv2.resize(found.codes, size_wh, interpolation=cv2.INTER_LINEAR)
    return (scaled.reshape(*size_wh[::-1], -1) / np.float32(255)).astype(np.float32)


def _sixteen_bit(alpha: NDArray[Any]) -> NDArray[np.uint16]:
    return alpha if alpha.dtype == np.uint16 else alpha.astype(np.uint16) * np.uint16(257)

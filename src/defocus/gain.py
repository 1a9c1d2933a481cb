"""Gain maps: the HDR picture that a photo stands for, and the map of a result.

The HDR picture is blurred as the photo is, and the map made anew from the two: a lamp that glows on
a screen with room for it then glows as a disc, and nothing sharp changes.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus.transfer import PQ

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from defocus.photo import GainMap, Photo
    from defocus.transfer import Transfer

_BT2020_PQ = (9, 16)
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
_BAND_ROWS = 256
_LEAST = np.float32(2.0**-24)
# A blurred light may be shown .05 stops off, by as many pixels in a thousand as one: what is left
# there is the result's own 8 bits. Darker than the offset that maps have by default, a stop is less
# than a code.
_NEAR = np.float32(2.0**0.05)
_MOST_APART = 0.001
_DARK = np.float32(1 / 64)


def hdr_rendition(photo: Photo) -> Photo:
    """The photo as a screen with full room shows it: 16-bit PQ in the photo's own primaries.

    The code points name BT.2020; nothing but the curve is used of them.

    Raises:
        ValueError: the photo has no gain map.
    """
    if photo.gain_map is None:
        raise ValueError("a photo without a gain map has one rendition")
    curve = photo.transfer.decode_table(int(np.iinfo(photo.pixels.dtype).max) + 1)
    full = _resized(photo.gain_map.codes.astype(np.float32) / 255, photo.size_wh)
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

    It has the size and the channels of the photo's map where these hold the blurred lights, and
    grows where they do not: the edge of a bright disc is as sharp as the picture, and two lamps of
    different colour that run into one need a factor for each channel.

    Args:
        photo: before the blur.
        pixels: of the result.
        hdr: the photo's :func:`hdr_rendition`.
        blurred: of that. Where both are as they were, so are the map's codes; a lamp that is white
            in a blurred photo as before is darker in light.

    Raises:
        ValueError: the photo has no gain map.
    """
    found = photo.gain_map
    if found is None:
        raise ValueError("there is no gain map to make anew")
    changed = (pixels != photo.pixels).any(axis=2) | (blurred != hdr.pixels).any(axis=2)
    if not changed.any():
        return found
    wanted = _Wanted(found, photo.transfer, pixels, blurred)
    allowed = _MOST_APART * np.count_nonzero(changed)
    for size_wh, channels in _ways(found, photo.size_wh):
        made = _drawn(found, wanted, changed, size_wh, channels)
        if wanted.is_held(made, allowed):
            break
    return made


class _Wanted:
    """The light that a result has, and the light that its map shall make of it."""

    def __init__(
        self,
        found: GainMap,
        transfer: Transfer,
        pixels: NDArray[Any],
        blurred: NDArray[np.uint16],
    ) -> None:
        self._curve = transfer.decode_table(int(np.iinfo(pixels.dtype).max) + 1)
        self._bright = PQ.decode_table(65536) / np.float32(PQ.white)
        self._pixels, self._blurred = pixels, blurred
        self._parameters = _parameters(found)
        self._codes: dict[int, NDArray[np.uint16]] = {}

    def _bands(self) -> Iterator[tuple[slice, NDArray[np.float32], NDArray[np.float32]]]:
        for top in range(0, len(self._pixels), _BAND_ROWS):
            rows = slice(top, top + _BAND_ROWS)
            yield rows, self._curve[self._pixels[rows]], self._bright[self._blurred[rows]]

    def codes(self, channels: int) -> NDArray[np.uint16]:
        """The map that a picture's size and 16 bits would hold; of one channel, for the luma."""
        if channels not in self._codes:
            low, high, gamma, offset_sdr, offset_hdr = (p[:channels] for p in self._parameters)
            out = np.empty((*self._pixels.shape[:2], channels), np.uint16)
            span = np.where(high > low, high - low, 1)
            for rows, before, after in self._bands():
                if channels == 1:
                    before, after = (before @ _LUMA)[..., None], (after @ _LUMA)[..., None]
                ratio = np.maximum(after + offset_hdr, _LEAST)
                ratio /= np.maximum(before + offset_sdr, _LEAST)
                share = np.clip((np.log2(ratio) - low) / span, 0, 1)
                out[rows] = np.rint(65535 * share**gamma)
            self._codes[channels] = out
        return self._codes[channels]

    def is_held(self, made: GainMap, allowed: float) -> bool:
        """Whether a map misses at most so many pixels' light, in any channel, by a visible step."""
        low, high, gamma, offset_sdr, offset_hdr = self._parameters
        steps = np.arange(256, dtype=np.float32)[:, None] / 255
        factors = np.exp2(low + (high - low) * steps ** (1 / gamma))
        full = _resized(made.codes, self._pixels.shape[1::-1])
        floor = np.maximum(offset_hdr, _DARK)
        for rows, before, right in self._bands():
            codes = np.broadcast_to(full[rows], before.shape)
            shown = (before + offset_sdr) * factors[codes, np.arange(3)] - offset_hdr + floor
            right += floor
            off = (shown > right * _NEAR) | (right > shown * _NEAR)
            allowed -= float(np.count_nonzero(off.any(axis=2)))
            if allowed < 0:
                return False
        return True


def _ways(found: GainMap, size_wh: tuple[int, int]) -> list[tuple[tuple[int, int], int]]:
    """Sizes and channels that a map may get, with the fewest codes first; the last holds all."""
    height, width, channels = found.codes.shape
    sizes = [(width, height)]
    while sizes[-1][0] < size_wh[0] or sizes[-1][1] < size_wh[1]:
        wide, high = sizes[-1]
        sizes.append((min(2 * wide, size_wh[0]), min(2 * high, size_wh[1])))
    ways = [(size, count) for size in sizes for count in sorted({channels, 3})]
    return sorted(ways, key=lambda way: math.prod(way[0]) * way[1])


def _drawn(
    found: GainMap,
    wanted: _Wanted,
    changed: NDArray[np.bool_],
    size_wh: tuple[int, int],
    channels: int,
) -> GainMap:
    """The map at this size and with these channels; as it was where nothing changed."""
    grown = size_wh != found.codes.shape[1::-1] or channels != found.codes.shape[2]
    before = _resized(found.codes, size_wh)
    codes = np.rint(_resized(wanted.codes(channels), size_wh) / np.float32(257)).astype(np.uint8)
    touched = _resized(changed.astype(np.float32), size_wh) > 0
    codes = np.where(touched, codes, before)
    # Tables of a small map are made for few codes; a larger one is written finely.
    return replace(found, codes=codes, jpeg=None if grown else found.jpeg)


def _resized(values: NDArray[Any], size_wh: tuple[int, int]) -> NDArray[Any]:
    """h×w×c values at another size, as screens enlarge maps; the mean of the area where smaller."""
    import cv2

    smaller = size_wh[0] < values.shape[1] or size_wh[1] < values.shape[0]
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return cv2.resize(values, size_wh, interpolation=how).reshape(*size_wh[::-1], -1)


def _parameters(found: GainMap) -> tuple[NDArray[np.float32], ...]:
    fields = (found.low, found.high, found.gamma, found.offset_sdr, found.offset_hdr)
    return tuple(np.array(values, np.float32) for values in fields)


def _sixteen_bit(alpha: NDArray[Any]) -> NDArray[np.uint16]:
    return alpha if alpha.dtype == np.uint16 else alpha.astype(np.uint16) * np.uint16(257)

"""HDR pictures as an ordinary screen shows them: for eyes, networks and files without HDR."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

import numpy as np

from defocus.primaries import PRIMARIES, rgb_to_xyz
from defocus.transfer import HDR, HLG, SRGB

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.photo import Photo

_BT709 = 1
# BT.2100: how a screen of 1,000 cd/m² shows the light of an HLG scene, and its white paper.
_SYSTEM_GAMMA, _HLG_PEAK = 1.2, 1000 / 203
# Up to here light stays as it is; what is brighter bends towards white, and never reaches it.
_KNEE = 0.7
_BAND_ROWS = 256

# Photo → what it was toned to, for as long as somebody holds that.
_known: WeakKeyDictionary[Photo, ref[Photo]] = WeakKeyDictionary()


def as_sdr(photo: Photo) -> Photo:
    """The photo in sRGB if it is an HDR one, else itself; same dtype.

    Up to the grey of skin light stays as it is; what is brighter bends into the last third of the
    range, white paper to 0.89 of it; hues stay. Whoever asks while another holds the answer gets
    the same one: stages that each look at the photo do not each make it.
    """
    points = photo.meta.cicp
    if points is None:
        return photo
    known = _known.get(photo)
    toned = None if known is None else known()
    if toned is None:
        toned = _toned(photo, *points)
        _known[photo] = ref(toned)
    return toned


def _toned(photo: Photo, primaries: int, transfer: int) -> Photo:
    out = np.empty_like(photo.pixels)
    for top in range(0, len(out), _BAND_ROWS):
        band = photo.pixels[top : top + _BAND_ROWS]
        out[top : top + _BAND_ROWS] = _mapped(band, primaries, transfer)
    return replace(photo, pixels=out, meta=replace(photo.meta, cicp=None, levels=()))


def _mapped(codes: NDArray[Any], primaries: int, transfer: int) -> NDArray[Any]:
    curve, full = HDR[transfer], np.iinfo(codes.dtype).max
    to_xyz, from_xyz = rgb_to_xyz(PRIMARIES[primaries]), rgb_to_xyz(PRIMARIES[_BT709])
    if to_xyz is None or from_xyz is None:
        raise AssertionError("the table of primaries spans space")
    light = curve.decode_table(full + 1)[codes]
    if curve is HLG:
        luminance = light @ to_xyz[1].astype(np.float32)
        light *= (_HLG_PEAK * luminance ** np.float32(_SYSTEM_GAMMA - 1))[..., None]
    else:
        light /= np.float32(curve.white)
    light = light @ (np.linalg.inv(from_xyz) @ to_xyz).T.astype(np.float32)
    brightest = np.maximum(light.max(axis=2), np.float32(1e-9))
    above = np.maximum(brightest - _KNEE, 0) / (1 - _KNEE)
    bent = np.where(brightest > _KNEE, _KNEE + (1 - _KNEE) * (1 - np.exp(-above)), brightest)
    return SRGB.codes(light * (bent / brightest)[..., None], codes.dtype)

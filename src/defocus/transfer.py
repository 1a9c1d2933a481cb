"""Transfer functions: between the code values in a file and light.

Blur mixes light, not code values, so every photo is decoded with the curve of its own colour
profile, blended, and encoded with the same curve. Mixing is linear, so the primaries of the
profile do not matter and colours outside sRGB survive untouched.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SAMPLES = 4096


_Function = Callable[["NDArray[np.floating]"], "NDArray[np.floating]"]


@dataclass(frozen=True, eq=False, slots=True)
class Transfer:
    """One curve for all three channels.

    Attributes:
        name: for people, such as ``"sRGB"`` or ``"gamma 2.2"``.
        samples: (N,) float32, monotone, from 0 to 1: light at code value k/(N − 1).
        formula: the same exactly, (decode, encode), where samples would be coarse near black.
        white: light of a sheet of white paper; beyond it an HDR picture has its lights.
    """

    name: str
    samples: NDArray[np.float32]
    formula: tuple[_Function, _Function] | None = None
    white: float = 1.0

    @property
    def is_hdr(self) -> bool:
        """Has it room for lights that are brighter than white?"""
        return self.white < 1

    def decode_table(self, levels: int) -> NDArray[np.float32]:
        """Light for each of ``levels`` code values (256 or 65536), (levels,) float32."""
        return self._decoded(np.linspace(0, 1, levels))

    def decode(self, encoded: NDArray[np.float32]) -> NDArray[np.float32]:
        """Encoded values 0..1 of any shape to linear light."""
        return self._decoded(encoded)

    def _decoded(self, codes: NDArray[np.floating]) -> NDArray[np.float32]:
        if self.formula is not None:
            return np.asarray(self.formula[0](codes), np.float32)
        grid = np.linspace(0, 1, len(self.samples))
        return np.asarray(np.interp(codes, grid, self.samples), np.float32)

    def encode(self, light: NDArray[np.float32]) -> NDArray[np.float32]:
        """Linear light to encoded values, clipped to 0..1."""
        light = np.clip(light, 0, 1)
        if self.formula is not None:
            return np.asarray(self.formula[1](light), np.float32)
        grid = np.linspace(0, 1, len(self.samples))
        return np.interp(light, self.samples, grid).astype(np.float32)

    def codes(self, light: NDArray[np.float32], dtype: Any) -> NDArray[Any]:
        """Linear light as uint8 or uint16 codes, to about half a code of 16 bits.

        For whole pictures: looked up by the bits of the floats, with equal steps in each octave.
        """
        table = _code_table(self, np.dtype(dtype).name)
        clipped = np.clip(light, np.float32(_DARKEST), np.float32(1)).astype(np.float32, copy=False)
        places = (clipped.view(np.int32) - (_FIRST_BITS - (1 << _DROP - 1))) >> _DROP
        return np.asarray(table[places], dtype)


# Down to where the first code of 16-bit PQ lies; 16,384 steps in each octave.
_OCTAVES, _DROP = 40, 23 - 14
_DARKEST = 2.0**-_OCTAVES
_FIRST_BITS = 127 - _OCTAVES << 23


@lru_cache(maxsize=8)
def _code_table(transfer: Transfer, dtype: str) -> NDArray[Any]:
    bits = np.arange((_OCTAVES << 23 - _DROP) + 1, dtype=np.int32) * (1 << _DROP) + _FIRST_BITS
    light = bits.astype(np.int32).view(np.float32)
    table = np.rint(transfer.encode(light).astype(np.float64) * np.iinfo(dtype).max).astype(dtype)
    table[0] = np.rint(float(transfer.encode(np.zeros(1, np.float32))[0]) * np.iinfo(dtype).max)
    return table


def _srgb_decode(v: NDArray[np.floating]) -> NDArray[np.floating]:
    # IEC 61966-2-1: x = v/12.92 for v ≤ 0.04045, else ((v + 0.055)/1.055)^2.4
    return np.where(v <= 0.04045, v / 12.92, ((np.maximum(v, 0) + 0.055) / 1.055) ** 2.4)


def _srgb_encode(x: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.maximum(x, 1e-9) ** (1 / 2.4) - 0.055)


# SMPTE ST 2084: PQ, in which code 1 is 10,000 cd/m².
_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32


def _pq_decode(v: NDArray[np.floating]) -> NDArray[np.floating]:
    power: NDArray[np.float64] = np.maximum(v, 0).astype(np.float64) ** (1 / _M2)
    light: NDArray[np.float64] = (np.maximum(power - _C1, 0) / (_C2 - _C3 * power)) ** (1 / _M1)
    return light


def _pq_encode(x: NDArray[np.floating]) -> NDArray[np.floating]:
    power: NDArray[np.float64] = np.maximum(x, 0).astype(np.float64) ** _M1
    code: NDArray[np.float64] = ((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2
    return code


# Recommendation ITU-R BT.2100: HLG, whose code values stand for the light of the scene.
_A = 0.17883277
_B, _C = 1 - 4 * _A, 0.5 - _A * math.log(4 * _A)


def _hlg_decode(v: NDArray[np.floating]) -> NDArray[np.floating]:
    light: NDArray[np.floating] = np.where(
        v <= 0.5, np.square(v) / 3, (np.exp((v - _C) / _A) + _B) / 12
    )
    return light


def _hlg_encode(x: NDArray[np.floating]) -> NDArray[np.floating]:
    high = _A * np.log(np.maximum(12 * x - _B, 1e-9)) + _C
    code: NDArray[np.floating] = np.where(x <= 1 / 12, np.sqrt(3 * x), high)
    return code


def _exact(name: str, decode: _Function, encode: _Function, white: float = 1.0) -> Transfer:
    samples = decode(np.linspace(0, 1, _SAMPLES)).astype(np.float32)
    return Transfer(name, samples, (decode, encode), white)


SRGB = _exact("sRGB", _srgb_decode, _srgb_encode)
# White paper has 203 cd/m² in PQ and 75 % in HLG (Report ITU-R BT.2408).
PQ = _exact("PQ", _pq_decode, _pq_encode, 0.0203)
HLG = _exact("HLG", _hlg_decode, _hlg_encode, float(_hlg_decode(np.array(0.75))))
# By the code points of ITU-T H.273, table 3.
HDR = {16: PQ, 18: HLG}


@cache
def gamma(exponent: float) -> Transfer:
    """A pure power curve, light = code^exponent (2.19921875 for Adobe RGB, 1.8 for ProPhoto)."""
    return Transfer(
        f"gamma {exponent:g}", (np.linspace(0, 1, _SAMPLES) ** exponent).astype(np.float32)
    )

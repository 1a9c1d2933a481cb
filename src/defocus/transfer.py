"""Transfer functions: between the code values in a file and light.

Blur mixes light, not code values, so every photo is decoded with the curve of its own colour
profile, blended, and encoded with the same curve. Mixing is linear, so the primaries of the
profile do not matter and colours outside sRGB survive untouched.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SAMPLES = 4096


@dataclass(frozen=True, eq=False, slots=True)
class Transfer:
    """One curve for all three channels.

    Attributes:
        name: for people, such as ``"sRGB"`` or ``"gamma 2.2"``.
        samples: (N,) float32, monotone, from 0 to 1: light at code value k/(N − 1).
    """

    name: str
    samples: NDArray[np.float32]

    def decode_table(self, levels: int) -> NDArray[np.float32]:
        """Light for each of ``levels`` code values (256 or 65536), (levels,) float32."""
        codes = np.linspace(0, 1, levels)
        if self is SRGB:  # exact near black, where 4,096 samples would be coarse
            return _srgb_decode(codes).astype(np.float32)
        grid = np.linspace(0, 1, len(self.samples))
        return np.interp(codes, grid, self.samples).astype(np.float32)

    def decode(self, encoded: NDArray[np.float32]) -> NDArray[np.float32]:
        """Encoded values 0..1 of any shape to linear light."""
        if self is SRGB:
            return _srgb_decode(encoded).astype(np.float32)
        grid = np.linspace(0, 1, len(self.samples))
        return np.interp(encoded, grid, self.samples).astype(np.float32)

    def encode(self, light: NDArray[np.float32]) -> NDArray[np.float32]:
        """Linear light to encoded values, clipped to 0..1."""
        light = np.clip(light, 0, 1)
        if self is SRGB:
            return _srgb_encode(light).astype(np.float32)
        grid = np.linspace(0, 1, len(self.samples))
        return np.interp(light, self.samples, grid).astype(np.float32)


def _srgb_decode(v: NDArray[np.floating]) -> NDArray[np.floating]:
    # IEC 61966-2-1: x = v/12.92 for v ≤ 0.04045, else ((v + 0.055)/1.055)^2.4
    return np.where(v <= 0.04045, v / 12.92, ((np.maximum(v, 0) + 0.055) / 1.055) ** 2.4)


def _srgb_encode(x: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.maximum(x, 1e-9) ** (1 / 2.4) - 0.055)


def _sampled_srgb() -> NDArray[np.float32]:
    return _srgb_decode(np.linspace(0, 1, _SAMPLES)).astype(np.float32)


SRGB = Transfer("sRGB", _sampled_srgb())


@cache
def gamma(exponent: float) -> Transfer:
    """A pure power curve, light = code^exponent (2.19921875 for Adobe RGB, 1.8 for ProPhoto)."""
    return Transfer(
        f"gamma {exponent:g}", (np.linspace(0, 1, _SAMPLES) ** exponent).astype(np.float32)
    )

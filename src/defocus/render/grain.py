"""Lay back the grain that the blur took away.

Real glass blurs light before the sensor adds its noise; a blur of the finished photo takes the
noise away with the detail, and the smooth background beside a grainy subject tells the fake. The
photo's own noise is measured where it is flat: how strong it is at each brightness in each channel,
how its channels go together, and how coarse it is. New noise of the same kind is laid over what was
blurred, by as much as the blur took. It is the same for the same photo, always.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _Floats = NDArray[np.float64]

_BLOCK = 32  # pixels: side of the squares that are looked at
_MOST_BLOCKS = 400  # spread evenly over the picture
_FLATTEST = 0.15  # share of the blocks of like brightness that is taken for flat
_BINS = 8  # of brightness
_COARSEST = 14.0  # standard deviation in codes of 0..255 beyond which it is texture, not noise
_TILE = 128  # side of the square of noise that is laid again and again, each time shifted
_ROUNDING = 2 / 12  # variance that rounding adds, of the blur and of the grain over it
_LAG = 5  # pixels: grain that goes together over more than that is shading


@dataclass(frozen=True, eq=False, slots=True)
class Grain:
    """A photo's noise.

    Attributes:
        tile: 128×128×3 float32, noise of variance 1 in each channel, periodic.
        sigma: 256×3 float32, standard deviation by code value (of 0..255) and channel, in such
            codes, without what rounding adds.
        area_px: noise of this kind keeps about area / (area + π r²) of its power in a disc of
            radius r.
    """

    tile: NDArray[np.float32]
    sigma: NDArray[np.float32]
    area_px: float


def measure(image: NDArray[Any]) -> Grain | None:
    """The noise of an H×W×3 uint8 or uint16 photo; None if there is none to be seen."""
    blocks = _blocks(image)
    if len(blocks) < _BINS:
        return None
    means, residuals = _flattened(blocks)
    variances = np.square(residuals).reshape(len(blocks), -1, 3).mean(axis=1, dtype=np.float64)
    flat = _flattest(means.mean(-1), variances.sum(-1))
    flat &= np.sqrt(variances.max(-1)) <= _COARSEST
    if flat.sum() < 4:
        return None
    means, residuals, variances = means[flat], residuals[flat], variances[flat]
    tile, area_px, spread = _synthesised(
        residuals / np.sqrt(variances.mean(-1))[:, None, None, None]
    )
    # The flattest of many blocks are so by chance too: as if 1.7 deviations below the mean.
    bias = 1 + 1.7 * math.sqrt(2 * spread) / _BLOCK
    variances = variances * bias - (_ROUNDING if image.dtype == np.uint8 else 0)
    sigma = np.stack([_by_code(means[:, c], variances[:, c]) for c in range(3)], -1)
    if sigma.max() < 0.2:
        return None
    return Grain(tile, sigma.astype(np.float32), area_px)


def lay(out: NDArray[Any], radius_px: NDArray[np.float32], grain: Grain, amount: float) -> None:
    """Add grain to a rendered picture, in place, where it is blurred.

    Args:
        out: H×W×3 uint8 or uint16.
        radius_px: H×W float32, signed blur radius; up to half a pixel nothing is changed.
        grain: of the photo.
        amount: 0 to 1, share of the photo's own.
    """
    from defocus.render import _core

    _core.lay_grain(out, radius_px, tile=grain.tile, sigma=grain.sigma * amount, area=grain.area_px)


def _blocks(image: NDArray[Any]) -> _Floats:
    """n×32×32×3 squares in codes of 0..255, none of them clipped."""
    height, width = image.shape[:2]
    down, across = height // _BLOCK, width // _BLOCK
    every = max(1, math.ceil(down * across / _MOST_BLOCKS))
    taken = []
    for index in range(0, down * across, every):
        y, x = divmod(index, across)
        block = image[y * _BLOCK : (y + 1) * _BLOCK, x * _BLOCK : (x + 1) * _BLOCK]
        taken.append(block)
    top = np.iinfo(image.dtype).max
    found = np.array(taken).reshape(-1, _BLOCK, _BLOCK, 3)
    clipped = ((found <= 0) | (found >= top)).reshape(-1, _BLOCK**2, 3).mean(axis=1).max(axis=-1)
    return np.asarray(found[clipped < 0.01] * np.float32(255 / top))


def _flattened(blocks: _Floats) -> tuple[_Floats, _Floats]:
    """Mean colours, and what a slanted plane leaves of each block."""
    means = blocks.mean(axis=(1, 2))
    ramp = np.arange(_BLOCK, dtype=np.float32) - np.float32((_BLOCK - 1) / 2)
    ramp /= np.sqrt((ramp**2).sum() * _BLOCK)
    down = np.einsum("nyxc,y->nc", blocks, ramp)
    across = np.einsum("nyxc,x->nc", blocks, ramp)
    rest = blocks - means[:, None, None]
    rest -= down[:, None, None] * ramp[:, None, None] + across[:, None, None] * ramp[:, None]
    return means, rest


def _flattest(brightness: _Floats, variances: _Floats) -> NDArray[np.bool_]:
    flat = np.zeros(len(brightness), bool)
    order = np.argsort(brightness)
    for part in np.array_split(order, _BINS):
        count = max(1, int(_FLATTEST * len(part)))
        flat[part[np.argsort(variances[part])[:count]]] = True
    # A bin without any flat place has only texture to offer.
    return np.asarray(flat & (variances <= 6 * np.median(variances[flat])))


def _by_code(means: _Floats, variances: _Floats) -> _Floats:
    """Standard deviation at every code, from that at some."""
    order = np.argsort(means)
    parts = [p for p in np.array_split(order, min(_BINS, len(order))) if len(p)]
    at = np.array([means[p].mean() for p in parts])
    value = np.array([np.median(variances[p]) for p in parts])
    return np.asarray(np.sqrt(np.maximum(np.interp(np.arange(256), at, value), 0)))


def _synthesised(residuals: _Floats) -> tuple[NDArray[np.float32], float, float]:
    """A periodic square of noise with the spectrum and the mixture of channels of flat blocks, its
    correlation's area, and that of the correlation's square.

    Along the axes on which the channels go apart (mostly brightness and two of colour) each has a
    spectrum of its own: colour noise is often coarser.
    """
    _, axes = np.linalg.eigh(np.cov(residuals.reshape(-1, 3).T))
    parts = residuals @ axes
    power = (np.abs(np.fft.fft2(parts, axes=(1, 2))) ** 2).mean(0) / _BLOCK**2
    correlation = np.fft.fftshift(np.fft.ifft2(power, axes=(0, 1)).real, axes=(0, 1))
    window = np.hanning(_BLOCK + 1)[:_BLOCK]
    correlation *= (window[:, None] * window)[..., None]
    whole = np.zeros((_TILE, _TILE, 3))
    at = (_TILE - _BLOCK) // 2
    whole[at : at + _BLOCK, at : at + _BLOCK] = correlation
    spectrum = np.fft.fft2(np.fft.ifftshift(whole, axes=(0, 1)), axes=(0, 1)).real
    white = np.random.default_rng(1).normal(size=(_TILE, _TILE, 3))
    shaped = np.fft.fft2(white, axes=(0, 1)) * np.sqrt(np.maximum(spectrum, 0))
    tile = np.fft.ifft2(shaped, axes=(0, 1)).real @ axes.T
    tile -= tile.mean((0, 1))
    tile /= np.maximum(tile.std((0, 1)), 1e-9)
    middle = _BLOCK // 2
    total = correlation.sum(-1)
    near = slice(middle - _LAG, middle + _LAG + 1)
    share = total[near, near] / total[middle, middle]
    return tile.astype(np.float32), max(float(share.sum()), 0.5), float((share**2).sum())

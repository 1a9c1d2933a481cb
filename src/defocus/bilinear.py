"""PyTorch's bilinear interpolation (``align_corners=False``), bit for bit, with NumPy.

The blog enlarges MiDaS's map by ``torch.nn.functional.interpolate`` and compares the result with a
threshold, so a last bit decides whether a pixel is blurred; OpenCV's own bilinear differs in it.
What PyTorch's processor kernels compute, found by comparing all orders of the operations:

- The place of output i in the input is fma(n_in / n_out, i + ½, −½), all in float32.
- Each axis is a blend of two neighbours, a·w0 + b·w1, as fma(w0, a, w1·b): along x, then along y.
- Where height and width of the result add up to 128 or less, another kernel takes the four
  neighbours at once: their weights are products w_y·w_x, added by fma in the order 01, 00, 10, 11.

A fused multiply-add rounds once. It is what PyTorch's builds for AVX2 and AVX-512 contain; on older
processors PyTorch itself rounds twice, and differs from this in last bits.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from defocus.cpu import cpu_count

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FOUR_AT_ONCE = 128  # height + width of the result, in pixels: PyTorch's own limit
_BAND_ROWS = 64  # stays in the cache
_BEYOND_FLOAT32 = np.int64((1 << 28) - 1)  # bits of a float64 below half a step of float32

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


def bilinear(values: NDArray[np.float32], size_wh: tuple[int, int]) -> NDArray[np.float32]:
    """``interpolate(values[None, None], (height, width), mode="bilinear")[0, 0]``.

    Args:
        values: h×w float32, finite.
        size_wh: of the result, larger or smaller.

    Returns:
        height×width float32.
    """
    width, height = size_wh
    if height + width <= _FOUR_AT_ONCE:
        return _four_at_once(values, size_wh)
    left, right, w_left, w_right = _neighbours(values.shape[1], width)
    rows = _blend(values[:, left], values[:, right], w_left, w_right)
    upper, lower, w_upper, w_lower = _neighbours(values.shape[0], height)
    out = np.empty((height, width), np.float32)

    def band(top: int) -> None:
        part = slice(top, top + _BAND_ROWS)
        weights = w_upper[part, None], w_lower[part, None]
        out[part] = _blend(rows[upper[part]], rows[lower[part]], *weights)

    with ThreadPoolExecutor(cpu_count()) as pool:
        list(pool.map(band, range(0, height, _BAND_ROWS)))
    return out


def _four_at_once(values: Floats, size_wh: tuple[int, int]) -> Floats:
    left, right, w_left, w_right = _neighbours(values.shape[1], size_wh[0])
    upper, lower, w_upper, w_lower = _neighbours(values.shape[0], size_wh[1])
    first, second = values[upper], values[lower]
    total = first[:, right] * (w_upper[:, None] * w_right)
    total = _fma(w_upper[:, None] * w_left, first[:, left], total)
    total = _fma(w_lower[:, None] * w_left, second[:, left], total)
    return _fma(w_lower[:, None] * w_right, second[:, right], total)


def _neighbours(n_in: int, n_out: int) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats, Floats]:
    """Of every output along an axis: the inputs before and after it, and their weights."""
    half = np.float32(0.5)
    centre = np.arange(n_out, dtype=np.float32) + half
    at = np.maximum(_fma(np.float32(n_in) / np.float32(n_out), centre, -half), np.float32(0))
    before = np.minimum(at.astype(np.intp), n_in - 1)
    after = np.minimum(before + 1, n_in - 1)
    share = np.clip(at - before.astype(np.float32), np.float32(0), np.float32(1))
    return before, after, np.float32(1) - share, share


def _blend(a: Floats, b: Floats, w_a: Floats, w_b: Floats) -> Floats:
    return _fma(w_a, a, w_b * b)


def _fma(x: Floats | np.float32, y: Floats, z: Floats | np.float32) -> Floats:
    """x·y + z, rounded to float32 once.

    The product of two float32 is exact in float64. The sum may round, and rounding it again could
    go wrong only where the first rounding hit the middle between two float32: there a nudge by one
    step of float64, to the side where the true sum lies, puts it right (Boldo and Melquiond 2008).
    """
    product = np.multiply(x, y, dtype=np.float64)
    total = product + z
    doubtful = (total.view(np.int64) & _BEYOND_FLOAT32) == 0
    if doubtful.any():
        p = product[doubtful]
        s = total[doubtful]
        c = np.broadcast_to(np.asarray(z, np.float64), total.shape)[doubtful]
        away = s - p  # Knuth's two-sum: the error of the addition, exact
        error = (p - (s - away)) + (c - away)
        total[doubtful] = np.where(error == 0, s, np.nextafter(s, np.copysign(np.inf, error)))
    return np.asarray(total, np.float32)

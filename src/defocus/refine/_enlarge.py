"""From working pixels to the photo's, tile by tile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from defocus._maps import Window, bounds, in_parallel, linear_in_colour, ramp, tiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus._maps import Floats
    from defocus.progress import Progress

_PHOTO_NOISE = 1e-4  # variance of colours 0..1 that means nothing, at the working size
_TILE_PX = 512


def enlarge_by_tiles(
    work: Floats, picture: Floats, guide: NDArray[Any], step: float, report: Progress
) -> Floats:
    """From the working size to the photo's, tile by tile; tiles without steps are interpolated."""
    size_wh = guide.shape[1], guide.shape[0]
    low, high = bounds(work, 1)
    layers = np.dstack([work, low, high, ramp(high - low, step)])
    model = linear_in_colour(work, picture, _PHOTO_NOISE)
    unit = np.float32(1 / np.iinfo(guide.dtype).max)
    out = np.empty((size_wh[1], size_wh[0]), np.float32)

    def enlarge(window: Window) -> None:
        values, least, most, trust = np.moveaxis(window.of(layers), -1, 0)
        if trust.any():
            fit, colours = window.of(model), guide[window.slices]
            fitted = fit[..., 3] + sum(fit[..., k] * (colours[..., k] * unit) for k in range(3))
            values = values + trust * (np.clip(fitted, least, most) - values)
        out[window.slices] = values

    for done in in_parallel(enlarge, tiles(size_wh, _TILE_PX)):
        report("refine", 0.6 + 0.4 * done)
    return out

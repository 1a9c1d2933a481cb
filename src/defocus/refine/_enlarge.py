"""From working pixels to the photo's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from defocus._maps import bounds, linear_in_colour, ramp

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus._maps import Floats

_PHOTO_NOISE = 1e-4  # variance of colours 0..1 that means nothing, at the working size


def enlarge_by_colour(work: Floats, picture: Floats, guide: NDArray[Any], step: float) -> Floats:
    """From the working size to the photo's: linear in colour at steps, interpolated elsewhere."""
    from defocus._maps_core import enlarge_fitted

    low, high = bounds(work, 1)
    trust = ramp(high - low, step)
    model = linear_in_colour(work, picture, _PHOTO_NOISE, trust > 0)
    out = np.empty(guide.shape[:2], np.float32)
    photo = np.ascontiguousarray(guide)
    enlarge_fitted(layers=np.dstack([work, low, high, trust]), model=model, photo=photo, out=out)
    return out

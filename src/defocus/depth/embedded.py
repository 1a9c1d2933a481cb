"""Depth that the phone stored in the photo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from defocus.disparity import Disparity
    from defocus.photo import Photo


def embedded_disparity(photo: Photo) -> Disparity | None:
    """The photo's own disparity; None if there is none or it has no relief."""
    disparity = photo.embedded.disparity
    if disparity is None or float(np.ptp(disparity.values)) == 0:
        return None
    return disparity

"""Depth that the phone stored in the photo."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from defocus.disparity import Disparity
    from defocus.photo import Photo


def embedded_disparity(photo: Photo) -> Disparity | None:
    """The photo's own disparity with its portrait matte as subject; None if there is no relief."""
    disparity = photo.embedded.disparity
    if disparity is None or float(np.ptp(disparity.values)) == 0:
        return None
    matte = photo.embedded.mattes.get("portrait")
    if matte is None or disparity.subject is not None:
        return disparity
    import cv2

    subject = cv2.resize(matte, disparity.size_wh, interpolation=cv2.INTER_AREA)
    return replace(disparity, subject=np.clip(subject, 0, 1))

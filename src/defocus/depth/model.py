"""The contract of a depth backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from defocus.disparity import Estimate
    from defocus.quality import Quality


class DepthModel(Protocol):
    """What a backend must offer."""

    name: str

    def estimate(self, pixels: NDArray[np.uint8], quality: Quality = "default") -> Estimate:
        """What it says of an upright picture, H×W×3 uint8 sRGB, at its own output size."""
        ...

"""A portrait as a depth network sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def portrait() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Disparity of a person (0.7, collar 0.55) left of the middle, far wall 0.1, near table corner
    1.0; and how likely a network thinks each pixel a person's.
    """
    values = np.full((120, 160), 0.1, np.float32)
    values[30:120, 40:90] = 0.7
    values[60:70, 45:85] = 0.55
    values[105:, 130:] = 1.0
    person = np.zeros_like(values)
    person[30:120, 40:90] = 0.95
    person[60:70, 45:85] = 0.3  # the network is unsure about the collar
    return values, person


def painted(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """A picture, h×w×3, in which what is as far has one colour."""
    grey = np.clip(values * 200, 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)

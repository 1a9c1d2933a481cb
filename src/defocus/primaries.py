"""The primaries of colour spaces, by the code points of ITU-T H.273, and what they are in XYZ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Primaries = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
D65 = (0.3127, 0.3290)
# H.273 table 2, those with white D65: BT.709, PAL, NTSC, BT.2020, Display P3.
PRIMARIES: dict[int, Primaries] = {
    1: ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060)),
    5: ((0.640, 0.330), (0.290, 0.600), (0.150, 0.060)),
    6: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
}


def xyz(x: float, y: float) -> NDArray[np.float64]:
    """A chromaticity at luminance 1."""
    return np.array([x / y, 1.0, (1 - x - y) / y])


def rgb_to_xyz(
    primaries: Primaries, white: tuple[float, float] = D65
) -> NDArray[np.float64] | None:
    """3×3: linear RGB to XYZ, scaled so that all three together give white.

    None if the primaries span no space.
    """
    columns = np.array([(x, y, 1 - x - y) for x, y in primaries]).T  # at whatever luminance
    if abs(np.linalg.det(columns)) < 1e-6:
        return None
    scaled: NDArray[np.float64] = columns * np.linalg.solve(columns, xyz(*white))
    return scaled

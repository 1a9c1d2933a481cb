"""Rims and bars that are drawn around a picture: they belong to the file, not to the scene.

A white line at the edge of a scan, a letterbox bar, a drawn frame: continued beyond the edge and
blurred, one or two such rows become a band as wide as the blur. They are recognised, kept as they
are, and the picture inside is blurred as if they were not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# All in code values of 0..255.
_EVEN = 6  # a line's standard deviation, at most: compression leaves a drawn line that even
_STEP = 24  # between a line and the next one inside, in the mean over those that differ
_ALONG = 0.8  # share of the line along which it differs by half of that step
_EXTREME = 12  # what is thicker than a rim is a bar, and bars are black or white, within this
_RIM_PX = 3
_THICKEST = 0.25  # share of the height or width


@dataclass(frozen=True, slots=True)
class Frame:
    """Lines at each edge, in pixels, that are no part of the scene."""

    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0

    def __bool__(self) -> bool:
        return self != Frame()

    def inside(self, values: NDArray[Any]) -> NDArray[Any]:
        """The part of an H×W… array that shows the scene: a view."""
        height, width = values.shape[:2]
        return values[self.top : height - self.bottom, self.left : width - self.right]


def find_frame(image: NDArray[Any]) -> Frame:
    """Look for rims and bars at the four edges of an H×W×3 uint8 or uint16 picture."""
    height = len(image)
    scale = 255 / np.iinfo(image.dtype).max
    top, bottom = (_thickness(lines, scale) for lines in (image, image[::-1]))
    rows = image[top : height - bottom].swapaxes(0, 1)
    left, right = (_thickness(lines, scale) for lines in (rows, rows[::-1]))
    return Frame(top, bottom, left, right)


def _thickness(lines: NDArray[Any], scale: float) -> int:
    """How many of the first lines are one drawn colour, with a step after them."""
    most = int(_THICKEST * len(lines))
    if most == 0 or lines.shape[1] < 16:
        return 0
    colour = np.median(lines[0], axis=0) * scale
    is_extreme = colour.max() <= _EXTREME or colour.min() >= 255 - _EXTREME
    for count in range(most if is_extreme else min(most, _RIM_PX)):
        line = lines[count] * scale
        if line.std(axis=0).max() > _EVEN or np.abs(line.mean(axis=0) - colour).max() > _EVEN:
            if count == 0 or not _is_step(lines[count - 1], lines[count], scale):
                return 0
            return count + _is_mixed(*(lines[k] * scale for k in (count - 1, count, count + 1)))
    return 0


def _is_mixed(outer: NDArray[Any], line: NDArray[Any], inner: NDArray[Any]) -> bool:
    """Whether a line lies between the drawn ones and the scene: resampling has mixed both."""
    share = np.sum((line - inner) * (outer - inner)) / max(np.sum((outer - inner) ** 2), 1)
    return bool(0.15 < share < 0.95)


def _is_step(outer: NDArray[Any], inner: NDArray[Any], scale: float) -> bool:
    difference = np.abs(outer * scale - inner * scale).max(axis=-1)
    differs = difference > _STEP / 2
    return bool(differs.mean() >= _ALONG and difference[differs].mean() >= _STEP)

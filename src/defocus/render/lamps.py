"""Which clipped pixels are lamps, and which are only bright.

A lamp at night is far brighter than the white that it was clipped to, and its blur is a glowing
disc. A sunlit shirt, bench, face, wall or cloud is clipped too, but hardly brighter than white:
lifted, it is blown out. A lamp is small, compact and much brighter than what lies around it; by
night more of them are lamps, and they outshine white by more, than by day.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus import constants

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.optics import Lens
    from defocus.transfer import Transfer

_CELL = 0.0008  # of the diagonal: side of the cells that lamps are found in, about
_TINTED = 0.5  # share of a lamp's colour that its halo decides; its own pixels are clipped to white
_HELD = 0.3  # share of a lamp beside what is sharp, from which on it is a part of that


@dataclass(frozen=True, eq=False, slots=True)
class Lamps:
    """How much of the lost light is given back, by cells of the picture.

    Attributes:
        cells: h×w×4 uint8: the light's colour (red, green, blue, the largest 255), and how much of
            the full gain counts, 255 = all. All zeros where no lamp is.
        cell_px: side of a cell, a power of two; cells cover the picture from its upper left corner.
    """

    cells: NDArray[np.uint8]
    cell_px: int


def find_lamps(
    image: NDArray[Any],
    transfer: Transfer,
    threshold: float,
    radius_px: NDArray[np.float32] | None = None,
) -> Lamps | None:
    """Look for lamps.

    Args:
        image: H×W×3 uint8 or uint16, encoded by ``transfer``.
        transfer: the curve of code values.
        threshold: code value, of 1, above which a pixel counts as a highlight.
        radius_px: H×W signed blur radius. Lights that lie along what is sharp are its rims and
            glints, and no lamps. None: all of it is blurred.

    Returns:
        The lamps, or None if there are none.
    """
    import cv2

    top = int(np.iinfo(image.dtype).max)
    height, width = image.shape[:2]
    diagonal = math.hypot(width, height)
    cell_px = 1 << max(0, round(math.log2(_CELL * diagonal)))
    dimmer = math.ceil(threshold * top) - 1
    clipped = _any(cv2.bitwise_not(cv2.inRange(image, (0, 0, 0), (dimmer,) * 3)), cell_px)
    if not clipped.any():
        return None
    count, labels, found, _ = cv2.connectedComponentsWithStats(clipped, connectivity=8)
    stats = np.asarray(found, np.int32)
    codes, decode = _means(image, cell_px), transfer.decode_table(top + 1)
    weight = _lamplike(decode.take(_largest(codes)), stats[1:], cell_px / diagonal)
    if radius_px is not None:
        sharp_px = constants.GLOW_BEGINS * constants.GLOW_RADIUS * diagonal
        near = cv2.inRange(radius_px, -sharp_px, sharp_px)
        beside = cv2.dilate(_any(near, cell_px), np.ones((3, 3), np.uint8)) > 0
        share = np.bincount(labels[beside], minlength=count)[1:] / stats[1:, cv2.CC_STAT_AREA]
        weight[share >= _HELD] = 0
    if not weight.any():
        return None
    values = np.zeros((count, 4), np.uint8)
    values[1:, :3] = np.rint(255 * _colours(decode.take(codes), stats[1:]))
    values[1:, 3] = np.rint(255 * weight)
    values[values[:, 3] == 0] = 0
    words = values.view(np.uint32).ravel().take(np.asarray(labels, np.int32))  # four bytes at once
    return Lamps(words.view(np.uint8).reshape(*words.shape, 4), cell_px)


@lru_cache(maxsize=8)
def highlight_gain(highlights: float, threshold: float, levels: int) -> NDArray[np.float32]:
    """Factor on a pixel's light by its largest code value: 1 up to the threshold, then a smooth
    rise to what a clipped light is taken for.
    """
    code = np.linspace(0, 1, levels)
    t = np.clip((code - threshold) / max(1 - threshold, 1e-6), 0, 1)
    if threshold >= 1:
        t = (code >= 1).astype(float)
    return (1 + constants.HIGHLIGHT_GAIN * highlights * t * t * (3 - 2 * t)).astype(np.float32)


def lit(
    image: NDArray[Any], radius_px: NDArray[np.float32], lens: Lens, transfer: Transfer
) -> NDArray[np.float32]:
    """A picture's linear light with its lamps lit again, plainly: what the core does as it reads.

    Args:
        image: H×W×3 uint8 or uint16, encoded by ``transfer``.
        radius_px: H×W float32, signed blur radius.
        lens: its highlights and their threshold.
        transfer: the curve of code values.

    Returns:
        H×W×3 float32, 1 = white.
    """
    levels = int(np.iinfo(image.dtype).max) + 1
    light = np.asarray(transfer.decode((image / (levels - 1)).astype(np.float32)), np.float32)
    lamps = find_lamps(image, transfer, lens.highlight_threshold, radius_px)
    if lamps is None or not lens.highlights:
        return light
    height, width = radius_px.shape
    rows, columns = np.arange(height) // lamps.cell_px, np.arange(width) // lamps.cell_px
    cells = lamps.cells[rows[:, None], columns] / np.float32(255)
    glow_px = constants.GLOW_RADIUS * math.hypot(width, height)
    begins = constants.GLOW_BEGINS
    t = np.clip((np.abs(radius_px) / glow_px - begins) / (1 - begins), 0, 1)
    gain = highlight_gain(lens.highlights, lens.highlight_threshold, levels)
    extra = (gain[image.max(-1)] - 1) * cells[..., 3] * t * t * (3 - 2 * t)
    return np.asarray(light * (1 + extra[..., None] * cells[..., :3]), np.float32)


def _any(mask: Any, cell_px: int) -> NDArray[np.uint8]:
    """Cells that hold any pixel of a mask of 0 and 255, as 0 or 1."""
    return (_means(mask, cell_px) > 0).view(np.uint8)


def _means(image: Any, cell_px: int) -> NDArray[Any]:
    import cv2

    padded = _padded(image, cell_px)
    size_wh = padded.shape[1] // cell_px, padded.shape[0] // cell_px
    return np.asarray(cv2.resize(padded, size_wh, interpolation=cv2.INTER_AREA))


def _largest(codes: NDArray[Any]) -> NDArray[Any]:
    """The largest of each cell's three channels."""
    import cv2

    red, green, blue = cv2.split(codes)
    return np.asarray(cv2.max(cv2.max(red, green), blue))


def _padded(values: NDArray[Any], cell_px: int) -> NDArray[Any]:
    """Repeated at the right and lower edge to whole cells."""
    import cv2

    down, right = (-length % cell_px for length in values.shape[:2])
    if down == right == 0:
        return values
    return np.asarray(cv2.copyMakeBorder(values, 0, down, 0, right, cv2.BORDER_REPLICATE))


def _lamplike(
    brightest: NDArray[np.float32], stats: NDArray[np.int32], share: float
) -> NDArray[np.float64]:
    """How much of the full gain counts for each clipped region, 0 to 1.

    Args:
        brightest: h×w light by cells, of the largest channel.
        stats: OpenCV's for each region (left, top, width, height, area).
        share: side of a cell as a share of the picture's diagonal.
    """
    night = _fall(float(np.percentile(brightest, 80)), constants.NIGHT_LIGHT, constants.DAY_LIGHT)
    longest = np.maximum(stats[:, 2], stats[:, 3])
    small = _fall(longest * share / (1 + night), constants.LAMP_SIZE, constants.LAMP_SIZE * 2.5)
    # By day a long thin one is a rim, a slat or a fold; by night it may be a tube or a sign.
    elongation = longest**2 / stats[:, 4] / (1 + night)
    compact = np.where(longest <= 2, 1, _fall(elongation, 2.5, 5))
    reach = np.maximum(longest // 2, round(constants.AROUND_REACH / 2 / share)) + 1
    sums = _integral(brightest)
    around = (_box(sums, stats, reach) - _box(sums, stats, 1)) / np.maximum(
        _area(sums, stats, reach) - _area(sums, stats, 1), 1
    )
    dark = _fall(around, constants.DARK_AROUND, constants.BRIGHT_AROUND)
    return np.asarray(
        small * compact * dark * (constants.DAY_GAIN + (1 - constants.DAY_GAIN) * night)
    )


def _colours(light: NDArray[np.float32], stats: NDArray[np.int32]) -> NDArray[np.float64]:
    """The colour of each lamp, its largest channel 1: white, tinted by its halo."""
    sums = _integral(light)
    colours = np.maximum(_box(sums, stats, 2) - _box(sums, stats, 0), 0)
    colours /= np.maximum(colours.max(-1, keepdims=True), 1e-6)
    mixed = 1 - _TINTED + _TINTED * colours
    return np.asarray(mixed / mixed.max(-1, keepdims=True))


def _fall(value: Any, full: float, none: float) -> Any:
    """1 up to ``full``, 0 from ``none`` on, smooth between."""
    t = np.clip((none - value) / (none - full), 0, 1)
    return t * t * (3 - 2 * t)


def _integral(values: NDArray[np.float32]) -> NDArray[np.float64]:
    import cv2

    return np.asarray(cv2.integral(values, sdepth=cv2.CV_64F), np.float64)


def _corners(sums: NDArray[np.float64], stats: NDArray[np.int32], grow: Any) -> tuple[Any, ...]:
    left, top, width, height = (stats[:, k] for k in range(4))
    y, x = sums.shape[:2]
    return (
        np.maximum(top - grow, 0),
        np.minimum(top + height + grow, y - 1),
        np.maximum(left - grow, 0),
        np.minimum(left + width + grow, x - 1),
    )


def _box(sums: NDArray[np.float64], stats: NDArray[np.int32], grow: Any) -> NDArray[np.float64]:
    """Sums over the regions' boxes, grown by so many cells."""
    y0, y1, x0, x1 = _corners(sums, stats, grow)
    return np.asarray(sums[y1, x1] - sums[y0, x1] - sums[y1, x0] + sums[y0, x0])


def _area(sums: NDArray[np.float64], stats: NDArray[np.int32], grow: Any) -> NDArray[np.int64]:
    y0, y1, x0, x1 = _corners(sums, stats, grow)
    return np.asarray((y1 - y0) * (x1 - x0))

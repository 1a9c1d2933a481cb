"""Refinement: a coarse, soft disparity gets the photo's size, its steps the photo's edges.

A depth network sees a small picture: its map is a local *average* of the disparity, some fifteen
photo pixels wide. Three ideas turn it back, each only where the map itself has a step, so that
print on a shirt never becomes relief:

1. Averaging is linear. Where disparity is locally a linear function of colour, the fit on the
   coarse grid holds on the fine one too (the guided filter of He, Sun & Tang 2010 as an upsampler,
   "Fast guided filter", arXiv:1505.00996). This brings back wires much thinner than a coarse cell.
2. Around a step there are two surfaces. Each pixel belongs to the one whose colours it shares, or,
   if colours cannot tell, to the one the map says; then it takes that surface's disparity.
3. What is refined must average to what was given (back-projection, Irani & Peleg 1991): what is
   missing goes to the nearer surface's pixels, which is where averaging took it from.

This runs at a working size of about one megapixel; a last pass of idea 1 reaches the photo's size.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus._maps import reduced, shrink
from defocus.errors import DepthError
from defocus.progress import Progress, silent
from defocus.refine._enlarge import enlarge_by_colour
from defocus.refine._sharpen import Cells, back_project, raise_cells, split_surfaces

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus._maps import Floats
    from defocus.disparity import Disparity
    from defocus.quality import Quality

_STEP = 0.05  # of the map's range: a smaller difference is slope or noise, not a step
_CRISP = 0.64  # a map that is less crisp counts as one of half the size
_REACH_CELLS = 0.9  # how far the coarse map mixes two surfaces


@dataclass(frozen=True, slots=True)
class _Effort:
    """What a quality buys."""

    long_side_px: int  # of the working size
    rounds: int


_EFFORT: dict[str, _Effort] = {
    "fast": _Effort(640, 1),
    "default": _Effort(1152, 2),
    "high": _Effort(1600, 3),
}


def refine(
    disparity: Disparity,
    guide: NDArray[Any],
    *,
    quality: Quality = "default",
    progress: Progress | None = None,
) -> Disparity:
    """Bring a disparity map to the photo's size, its steps on the photo's edges.

    Args:
        disparity: of any size; its unit is kept.
        guide: the photo, H×W×3 uint8 or uint16, encoded.
        quality: ``fast`` (12 megapixels in about half a second), ``default`` or ``high``.
        progress: stage ``refine``.

    Returns:
        H×W. Values stay within the range of those given. A map that is as large as the photo is
        returned as it is.

    Raises:
        DepthError: ``guide`` is not a colour picture.
    """
    report = progress or silent
    if guide.ndim != 3 or guide.shape[2] != 3 or guide.dtype not in (np.uint8, np.uint16):
        raise DepthError(
            f"the guide must be H×W×3 uint8 or uint16, got {guide.shape} {guide.dtype}"
        )
    size_wh = guide.shape[1], guide.shape[0]
    span = float(np.ptp(np.percentile(disparity.values, (0.5, 99.5))))
    coarse = _cells(disparity.values)
    if span == 0 or coarse.shape[1] >= size_wh[0]:
        return disparity.resized(size_wh)
    effort = _EFFORT[quality]
    step = _STEP * span
    work_wh = _working_size(size_wh, coarse, effort)
    picture = reduced(guide, work_wh)
    reach_px = max(2, round(_REACH_CELLS * work_wh[0] / coarse.shape[1]))
    report("refine", 0.1)
    cells = Cells.of(coarse)
    fine = raise_cells(cells, picture, step)
    back_project(fine, cells, reach_px, step)
    for done in range(effort.rounds):
        report("refine", 0.2 + 0.5 * done / effort.rounds)
        fine = split_surfaces(fine, picture, reach_px, step)
        back_project(fine, cells, reach_px, step)
    report("refine", 0.7)
    values = fine if work_wh == size_wh else enlarge_by_colour(fine, picture, guide, step)
    return replace(disparity, values=values)


def _cells(values: Floats) -> Floats:
    """The map on a grid whose cells can be taken for means of the truth.

    A measured map, or one that was reduced, is as sharp as its grid. A network's is softer, and
    its steps lie a cell or two beside the truth: it counts as a map of half the size.
    """
    height, width = values.shape
    if min(height, width) < 8 or _crispness(values) > _CRISP:
        return values
    half_wh = (width // 2, height // 2)
    return shrink(values, half_wh)


def _crispness(values: Floats) -> float:
    """How much of a step over two cells lies between only two of them: 0.25 (a ramp) to 1, squared.

    A step at a random place, averaged over each cell, has 7/12 on average.
    """
    least = 0.1 * float(np.ptp(np.percentile(values, (1, 99))))
    steepest = total = 0.0
    for rows in (values, values.T):
        one = np.diff(rows, axis=1)
        two = rows[:, 2:] - rows[:, :-2]
        larger = np.maximum(one[:, 1:] ** 2, one[:, :-1] ** 2)
        is_step = np.abs(two) > least
        steepest += float(larger[is_step].sum())
        total += float((two[is_step] ** 2).sum())
    return steepest / total if total else 1.0


def _working_size(size_wh: tuple[int, int], coarse: Floats, effort: _Effort) -> tuple[int, int]:
    """At most eight pixels a cell: colours cannot place an edge finer than that."""
    width, height = size_wh
    cells = max(coarse.shape)
    scale = min(1.0, effort.long_side_px / max(size_wh), 8 * cells / max(size_wh))
    return max(1, round(width * scale)), max(1, round(height * scale))

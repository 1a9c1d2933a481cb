"""What one looks at first: the things of a map of what is salient, as regions.

The map is a network's, taught on photos whose one thing people have outlined. Where it is decided,
and the thing stands before what is around it, the picture is of that thing. Else it is a scene, in
which what the map is sure of stays sharp, wherever the plane lies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from defocus._maps import resized
from defocus.subject._evidence import evidence
from defocus.subject._holes import mistaken
from defocus.subject._region import even_out, inside, lab_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus._maps import Floats

_LIKELY = 0.5  # of the map: more likely than not
_CRUMB = 0.02  # of the largest piece: smaller ones are chance
_LEAST, _MOST = 0.01, 0.75  # of the picture: a speck tells nothing, nor does all of it
_DOUBT = 0.02  # trust in even odds
_AT_ALL = 0.1  # of the map, to be asked how decided it is
_DECIDED = 0.74  # 0 even odds, 1 certain: most things have .85 and more, most views .7 and less
_AROUND = 0.05  # of the long side: so far around a thing it is asked what it stands before,
_SOME = 25  # percent of that: beside the ground that leads up to it; a nave stands before nothing
_FLAT = 0.02  # normalised disparity: what lies flat on a table is a thing too


def telling(salient: Floats | None, size_wh: tuple[int, int]) -> Floats | None:
    """The map at another size; None if it says nothing: no map, or nothing is salient."""
    if salient is None or np.mean(salient > _LIKELY) < _LEAST:
        return None
    return resized(salient, size_wh)


def salient_region(
    values: Floats, salient: Floats, pixels: NDArray[np.uint8] | NDArray[np.uint16]
) -> tuple[Floats, bool] | None:
    """What is salient, each thing whole, and whether the picture is of it.

    Args:
        values: h×w disparity, normalised to 0..1.
        salient: h×w in 0..1, how likely a pixel belongs to what one looks at first.
        pixels: H×W×3 of the photo, any size.

    Returns:
        h×w float32 in 0..1, 1 inside, 0 outside, soft at the rim, and False for a scene; or None.
    """
    import cv2

    likely = salient > _LIKELY
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        likely.astype(np.uint8), connectivity=8
    )
    areas = stats[:, cv2.CC_STAT_AREA]
    areas[0] = 0
    own = np.asarray((areas >= max(1, _CRUMB * areas.max()))[labels], np.bool_)
    if not own.any() or own.mean() > _MOST:
        return None
    odds = evidence(values, salient, own, likely & ~own)
    trust = np.asarray(np.abs(2 * odds - 1) + _DOUBT, np.float32)
    lab = lab_of(pixels, (values.shape[1], values.shape[0]))
    region = even_out(odds, trust, values, lab) > 0.5
    count, labels = cv2.connectedComponents(region.astype(np.uint8), connectivity=4)
    mean = np.bincount(labels.ravel(), salient.ravel(), count) / np.bincount(labels.ravel())
    keep = mean > _LIKELY
    keep[0] = False
    region = np.asarray(keep[labels], np.bool_)
    if not region.any():
        return None
    sure = float(np.abs(2 * salient - 1)[salient > _AT_ALL].mean())
    is_thing = sure > _DECIDED and _stands_out(values, own)
    return inside(region | mistaken(region, lab)), bool(is_thing)


def _stands_out(values: Floats, own: NDArray[np.bool_]) -> bool:
    """Whether it is as near as some of what is around it, at least."""
    import cv2

    reach_px = max(1, round(_AROUND * max(values.shape)))
    kernel = np.ones((2 * reach_px + 1,) * 2, np.uint8)
    around = (cv2.dilate(own.astype(np.uint8), kernel) > 0) & ~own
    if not around.any():
        return False
    return bool(np.median(values[own]) > np.percentile(values[around], _SOME) - _FLAT)

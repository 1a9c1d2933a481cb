"""Who of those whom the network sees the picture is of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus._maps import Floats

_LIKELY = 0.5  # of a person's probability
_MIN_AREA = 0.004  # of the picture, for the main region
_COMPANION_AREA = 0.25  # of the main region's score, for others in the group
_COMPANION_OFFSET = (0.18, 0.38)  # normalised disparity between a group's members, small to equal
_AS_NEAR = 0.6  # of the main person's face: whose is as large is in the group at any disparity
_SALIENT = 0.5  # of what is salient: more likely than not


def group(
    values: Floats, probability: Floats, seen_heads: Floats, salient: Floats | None = None
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]] | None:
    """The likely pixels of the main person and of who belongs to them, and those of others.

    Args:
        values: h×w disparity, normalised to 0..1.
        probability: h×w in 0..1, of a person.
        seen_heads: h×w, how large the head is that a pixel lies in, else 0: likely somebody,
            whatever the network says; see :func:`defocus.subject._heads.heads`.
        salient: h×w in 0..1, or None: who is looked at first is in the group.

    Returns:
        Two h×w maps, or None if nobody is seen.
    """
    import cv2

    height, width = values.shape
    likely = (probability > _LIKELY) | (seen_heads > 0)
    count, labels, stats, centres = cv2.connectedComponentsWithStats(
        likely.astype(np.uint8), connectivity=8
    )
    if count < 2:
        return None
    area = stats[1:, cv2.CC_STAT_AREA] / values.size
    off_centre = np.hypot(centres[1:, 0] / width - 0.5, (centres[1:, 1] / height - 0.5) * 0.6)
    score = np.sqrt(area) * np.exp(-((off_centre / 0.4) ** 2))
    main = 1 + int(np.argmax(score))
    if area[main - 1] < _MIN_AREA:
        return None
    median = float(np.median(values[labels == main]))
    keep, middle = np.zeros(count, bool), np.zeros(count, np.float32)
    for label in range(1, count):
        middle[label] = np.median(values[labels == label])
        offset = abs(float(middle[label]) - median)
        size = score[label - 1] / score[main - 1]
        # Who is as large is about as near, whatever the network says.
        limit = np.interp(size, (_COMPANION_AREA, 1), _COMPANION_OFFSET)
        keep[label] = size >= _COMPANION_AREA and offset < limit
    largest = np.zeros(count, np.float32)
    np.maximum.at(largest, np.asarray(labels.ravel(), np.intp), seen_heads.ravel())
    if largest[main] > 0:
        keep[1:] |= largest[1:] >= _AS_NEAR * largest[main]
    if salient is not None:
        seen = np.bincount(labels.ravel(), salient.ravel(), count) / np.bincount(labels.ravel())
        keep[1:] |= seen[1:] > _SALIENT
    keep[main] = True
    # Who is seen over somebody's shoulder is of one piece with him, but not as far.
    joined = np.abs(values - middle[labels]) < _COMPANION_OFFSET[1]
    return np.asarray(keep[labels] & joined), np.asarray(likely & ~keep[labels])

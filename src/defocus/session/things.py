"""All things of a photo that a click may hold, as a small map of labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from defocus._maps import fit
from defocus.screen import screen_pixels
from defocus.subject.things import components, evened_evidence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus._maps import Floats
    from defocus.scene import Scene

_THING = 0.5  # of the evened evidence: so sure that something stands there
_STEP = 0.035  # normalised disparity between neighbours: two things meet
_LEAST, _MOST = (
    0.002,
    0.6,
)  # share of the picture: smaller is nothing to aim at, larger is all of it
_SEEN_PX = 448  # of the photo's long side: as many as the evidence is found in, twice
_MOST_COUNT = 250  # labels are bytes


def thing_labels(scene: Scene) -> NDArray[np.uint8]:
    """Which thing each place belongs to.

    A thing stands out from the ground and what is behind it, and is parted from others by a step of
    depth.

    Returns:
        h×w of a small size: 0 for none, then the things from the largest on.
    """
    values = scene.disparity.values
    subject = None if scene.subject is None else scene.subject.weight
    pixels = screen_pixels(scene.photo, fit(scene.photo.size_wh, _SEEN_PX))
    evened, disparity = evened_evidence(values, subject, pixels)
    inner = (evened > _THING) & ~_steps(disparity)
    count, labels = components(inner)
    sizes = np.bincount(labels.ravel(), minlength=count)
    sizes[0] = 0
    whole = (sizes >= _LEAST * labels.size) & (sizes <= _MOST * labels.size)
    for one, other in ((labels[0], labels[-1]), (labels[:, 0], labels[:, -1])):
        whole[np.intersect1d(one, other)] = False  # from border to border goes a wall
    ordered = [label for label in np.argsort(-sizes, kind="stable") if whole[label]][:_MOST_COUNT]
    renamed = np.zeros(count, np.uint8)
    renamed[ordered] = np.arange(1, len(ordered) + 1)
    return _up_to_the_rim(renamed[labels], evened > _THING, disparity)


def _steps(disparity: Floats) -> NDArray[np.bool_]:
    """Where neighbours are of another depth: both sides of each step."""
    steps = np.zeros(disparity.shape, np.bool_)
    down = np.abs(np.diff(disparity, axis=0)) > _STEP
    right = np.abs(np.diff(disparity, axis=1)) > _STEP
    steps[1:] |= down
    steps[:-1] |= down
    steps[:, 1:] |= right
    steps[:, :-1] |= right
    return steps


def _up_to_the_rim(
    labels: NDArray[np.uint8], evident: NDArray[np.bool_], disparity: Floats
) -> NDArray[np.uint8]:
    """What lies on a step goes to the neighbour that is as deep as it."""
    for _ in range(2):
        best = np.full(labels.shape, np.inf, np.float32)
        grown = labels.copy()
        open_ = evident & (labels == 0)
        for axis, by in ((0, 1), (0, -1), (1, 1), (1, -1)):
            there, depth = np.roll(labels, by, axis), np.roll(disparity, by, axis)
            away = np.abs(depth - disparity)
            take = open_ & (there > 0) & (away < best)
            grown[take], best[take] = there[take], away[take]
        labels = grown
    return labels

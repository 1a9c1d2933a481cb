"""What a phone's portrait was focused on: automatic focus follows it.

A phone that stores depth also tells where it focused, by a disparity of its map (``GFocus``) or by
a place in the picture (EXIF's SubjectArea). Nobody knows better, unless the depth comes from
somewhere else: then the numbers mean nothing, and it is no portrait.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from defocus._maps import fit, resized
from defocus.constants import MIN_FOCUS_RANGE

if TYPE_CHECKING:
    from defocus.edit import Focus
    from defocus.scene import Scene

_WORK_PX = 384
_BEYOND = 0.1  # of the map's range, by which a stored plane may lie outside of it
_MIDDLE = 0.02  # of the picture: nearer to the centre than this nothing was chosen


def resolved_focus(scene: Scene, focus: Focus) -> Focus:
    """The same focus, but ``auto`` as the phone had it, if it said so.

    Args:
        scene: a prepared photo.
        focus: any choice; its range is kept.
    """
    embedded = scene.photo.embedded
    if focus.mode != "auto" or embedded.disparity is None:
        return focus
    if scene.source is not embedded.disparity:  # another model, or inverted
        return focus
    if embedded.focus_disparity is not None:
        unit = scene.disparity.unit
        value = (embedded.focus_disparity - unit.at_zero) / unit.per_one
        if -_BEYOND <= value <= 1 + _BEYOND:
            return _at_disparity(scene, focus, value)
    at = embedded.focus_at
    if at is not None and max(abs(at[0] - 0.5), abs(at[1] - 0.5)) > _MIDDLE:
        return replace(focus, mode="point", at=at)
    return focus


def _at_disparity(scene: Scene, focus: Focus, value: float) -> Focus:
    """The subject, if it stands there, so that it is held as a whole; else the plane alone."""
    subject = scene.subject
    if subject is not None:
        size_wh = fit(scene.photo.size_wh, _WORK_PX)
        values, weight = resized(scene.disparity.values, size_wh), resized(subject.weight, size_wh)
        inside = weight > 0.5
        if inside.any():
            low, high = np.percentile(values[inside], (5, 95))
            if low - MIN_FOCUS_RANGE <= value <= high + MIN_FOCUS_RANGE:
                away = np.where(inside, np.abs(values - np.float32(value)), np.inf)
                y, x = np.unravel_index(int(np.argmin(away)), away.shape)
                at = ((float(x) + 0.5) / size_wh[0], (float(y) + 0.5) / size_wh[1])
                return replace(focus, mode="point", at=at)
    return replace(focus, mode="disparity", at=(value,))

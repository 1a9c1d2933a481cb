"""Two opinions on who is a person, made one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from defocus._maps import Floats
    from defocus.faces import Face

_UNSURE = 0.02  # neither is ever surer than this
# What the two count for, in logits, in a figure that has a face and in a companion's without one.
_FACED, _COMPANION = (0.5, 0.75), (1.0, 0.5)
_CONSENT = 0.3  # of a companion's figure, seen by the first too


def joined(person: Floats, figure: Floats, faces: Sequence[Face]) -> Floats:
    """Who is a person, by both.

    Args:
        person: h×w float32 in 0..1.
        figure: h×w float32, logits.
        faces: of the picture.

    Returns:
        h×w float32 in 0..1, nowhere less than ``person``.
    """
    import cv2

    height, width = person.shape
    count, labels = cv2.connectedComponents((figure > 0).astype(np.uint8), connectivity=4)
    faced = np.zeros(count, bool)
    for face in faces:
        x, y = face.centre
        faced[labels[min(int(y * height), height - 1), min(int(x * width), width - 1)]] = True
    likely = np.bincount(labels[person > 0.5], minlength=count)
    companion = ~faced & (likely >= _CONSENT * np.bincount(labels.ravel()))
    counts = np.zeros((count, 2), np.float32)
    counts[companion], counts[faced] = _COMPANION, _FACED
    counts[0] = 0
    first, second = (each[labels] for each in counts.T)
    # Where they do not agree on somebody, the first is right: it knows what it does not know.
    both = 1 / (1 + np.exp(-(first * logit(person) + second * figure)))
    agreed = (second > 0) & (both > 0.5)
    return np.asarray(np.where(agreed, np.maximum(person, both), person), np.float32)


def logit(probability: Floats) -> Floats:
    """Of 0..1, with bounds."""
    p = np.clip(probability, _UNSURE, 1 - _UNSURE)
    return np.asarray(np.log(p / (1 - p)), np.float32)

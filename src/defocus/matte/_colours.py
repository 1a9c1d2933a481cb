"""The colours before and behind a soft edge, from the picture and alpha.

A mixed pixel shows α·F + (1 − α)·B. Fast multi-level foreground estimation (Germer, Uelwer,
Conrad & Harmeling 2020, arXiv:2006.14970) finds smooth F and B that explain it, from coarse to
fine; here each sweep, ``src/core/maps/colours.hpp``, updates all pixels at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

_SMOOTH = 5e-3  # pulls neighbours together even where alpha does not change
_SMOOTH_ACROSS = 0.1  # and more where it does
_COARSEST_PX = 4
# Up to this side a level is swept more often: it is cheap there, and everything rests on it.
_COARSE_PX = 32
_SWEEPS, _SWEEPS_FINE = 10, 2


def estimate_colours(picture: Floats, alpha: Floats) -> tuple[Floats, Floats]:
    """Foreground and background colours.

    Args:
        picture: h×w×3 float32 in 0..1.
        alpha: h×w float32 in 0..1.

    Returns:
        Two h×w×3 float32 in 0..1; each is meaningful where its own weight is above zero, and a
        smooth continuation elsewhere.
    """
    import cv2

    from defocus import _maps_core

    height, width = alpha.shape
    sizes = [(width, height)]
    while max(sizes[-1]) > _COARSEST_PX:
        sizes.append((-(-sizes[-1][0] // 2), -(-sizes[-1][1] // 2)))
    start: Floats = picture.mean((0, 1), keepdims=True)
    front, back = start, start
    for size_wh in reversed(sizes):
        small = np.asarray(cv2.resize(picture, size_wh, interpolation=cv2.INTER_AREA), np.float32)
        weight = np.asarray(cv2.resize(alpha, size_wh, interpolation=cv2.INTER_AREA), np.float32)
        front, back = (
            np.ascontiguousarray(
                cv2.resize(each, size_wh, interpolation=cv2.INTER_NEAREST), np.float32
            ).reshape(small.shape)
            for each in (front, back)
        )
        _maps_core.sweep_colours(
            picture=small,
            alpha=weight,
            sweeps=_SWEEPS if max(size_wh) <= _COARSE_PX else _SWEEPS_FINE,
            smooth=_SMOOTH,
            across=_SMOOTH_ACROSS,
            front=front,
            back=back,
        )
    return front, back

"""The colours before and behind a soft edge, from the picture and alpha.

A mixed pixel shows α·F + (1 − α)·B. Fast multi-level foreground estimation (Germer, Uelwer,
Conrad & Harmeling 2020, arXiv:2006.14970) finds smooth F and B that explain it, from coarse to
fine; here each sweep updates all pixels at once.
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

    height, width = alpha.shape
    sizes = [(width, height)]
    while max(sizes[-1]) > _COARSEST_PX:
        sizes.append((-(-sizes[-1][0] // 2), -(-sizes[-1][1] // 2)))
    start: Floats = picture.mean((0, 1), keepdims=True)
    front, back = start, start
    for size_wh in reversed(sizes):
        small = np.asarray(cv2.resize(picture, size_wh, interpolation=cv2.INTER_AREA), np.float32)
        weight = np.asarray(cv2.resize(alpha, size_wh, interpolation=cv2.INTER_AREA), np.float32)
        front = np.asarray(cv2.resize(front, size_wh, interpolation=cv2.INTER_NEAREST), np.float32)
        back = np.asarray(cv2.resize(back, size_wh, interpolation=cv2.INTER_NEAREST), np.float32)
        front, back = front.reshape(small.shape), back.reshape(small.shape)
        sweeps = 10 if max(size_wh) <= 32 else 2
        for _ in range(sweeps):
            front, back = _sweep(small, weight, front, back)
    return front, back


def _sweep(picture: Floats, alpha: Floats, front: Floats, back: Floats) -> tuple[Floats, Floats]:
    """One Jacobi sweep: each pixel's F and B from the picture and its four neighbours'."""
    total = np.zeros_like(alpha)
    front_sum, back_sum = np.zeros_like(front), np.zeros_like(back)
    padded = np.pad(alpha, 1, mode="edge")
    front_padded = np.pad(front, ((1, 1), (1, 1), (0, 0)), mode="edge")
    back_padded = np.pad(back, ((1, 1), (1, 1), (0, 0)), mode="edge")
    height, width = alpha.shape
    for dy, dx in ((0, 1), (2, 1), (1, 0), (1, 2)):
        there = np.s_[dy : dy + height, dx : dx + width]
        weight = _SMOOTH + _SMOOTH_ACROSS * np.abs(alpha - padded[there])
        total += weight
        front_sum += weight[..., None] * front_padded[there]
        back_sum += weight[..., None] * back_padded[there]
    a, b = alpha, 1 - alpha
    # (a² + W) F + a b B = a I + ΣwF,   a b F + (b² + W) B = b I + ΣwB
    f = a[..., None] * picture + front_sum
    g = b[..., None] * picture + back_sum
    aa, ab, bb = a * a + total, a * b, b * b + total
    scale = (1 / (aa * bb - ab * ab))[..., None]
    new_front = (bb[..., None] * f - ab[..., None] * g) * scale
    new_back = (aa[..., None] * g - ab[..., None] * f) * scale
    return np.clip(new_front, 0, 1), np.clip(new_back, 0, 1)

"""Closed-form matting (Levin, Lischinski & Weiss 2008, doi:10.1109/TPAMI.2007.1177), matrix-free.

The matting Laplacian asks that alpha be locally linear in colour. Its product with a vector p is
p minus the guided filter of p (He, Sun & Tang 2010, "Fast matting using large kernel matting
Laplacian matrices"), so conjugate gradients need box filters only and no sparse matrix. The loop
itself, over the unknown pixels alone, is ``src/core/maps/matting.hpp``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

_EPSILON = 1e-5  # variance of colours 0..1 that means nothing
_TOLERANCE = 1e-3  # of the residual, relative to its start


def solve_alpha(
    picture: Floats,
    unknown: NDArray[np.bool_],
    known: Floats,
    guess: Floats,
    trust: Floats,
    *,
    radius_px: int,
    iterations: int,
) -> Floats:
    """Alpha that is locally linear in colour, fixed where known, drawn to a guess elsewhere.

    Args:
        picture: h×w×3 float32 in 0..1.
        unknown: h×w, where alpha is sought.
        known: h×w in 0..1, read outside ``unknown``.
        guess: h×w in 0..1, read inside: where the search starts and what it is drawn to.
        trust: h×w ≥ 0, how strongly; the Laplacian itself weighs about 1.
        radius_px: of the Laplacian's windows of (2r + 1)² pixels.
        iterations: at most, of conjugate gradients.

    Returns:
        h×w float32 in 0..1.
    """
    from defocus import _maps_core

    alpha = np.where(unknown, guess, known).astype(np.float32)
    _maps_core.solve_alpha(
        picture,
        unknown.astype(np.uint8),
        guess=guess,
        trust=trust,
        radius=radius_px,
        epsilon=_EPSILON,
        iterations=iterations,
        tolerance=_TOLERANCE,
        alpha=alpha,
    )
    return np.clip(alpha, 0, 1)

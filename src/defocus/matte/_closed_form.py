"""Closed-form matting (Levin, Lischinski & Weiss 2008, doi:10.1109/TPAMI.2007.1177), matrix-free.

The matting Laplacian asks that alpha be locally linear in colour. Its product with a vector p is
p minus the guided filter of p (He, Sun & Tang 2010, "Fast matting using large kernel matting
Laplacian matrices"), so conjugate gradients need box filters only and no sparse matrix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Mask = NDArray[np.bool_]

_EPSILON = 1e-5  # variance of colours 0..1 that means nothing
_TOLERANCE = 1e-3  # of the residual, relative to its start
_SYMMETRIC = 2  # cv2.BORDER_REFLECT: the one border that keeps a box filter symmetric


class Laplacian:
    """The matting Laplacian of a picture, divided by the window's area.

    Args:
        picture: h×w×3 in 0..1.
        radius_px: windows of (2r + 1)² pixels.
    """

    def __init__(self, picture: Floats, radius_px: int) -> None:
        self._size = (2 * radius_px + 1, 2 * radius_px + 1)
        self._rgb = [np.ascontiguousarray(picture[..., k]) for k in range(3)]
        self._mean = [self._box(plane) for plane in self._rgb]
        self._inverse = self._inverse_covariance()

    def __matmul__(self, p: Floats) -> Floats:
        mean_p = self._box(p)
        c0, c1, c2 = (
            self._box(plane * p) - mean * mean_p
            for plane, mean in zip(self._rgb, self._mean, strict=True)
        )
        i00, i01, i02, i11, i12, i22 = self._inverse
        slopes = (
            i00 * c0 + i01 * c1 + i02 * c2,
            i01 * c0 + i11 * c1 + i12 * c2,
            i02 * c0 + i12 * c1 + i22 * c2,
        )
        shift = mean_p
        filtered = np.zeros_like(p)
        for slope, mean, plane in zip(slopes, self._mean, self._rgb, strict=True):
            shift = shift - slope * mean
            filtered += self._box(slope) * plane
        filtered += self._box(shift)
        return p - filtered

    def _box(self, plane: Floats) -> Floats:
        import cv2

        return np.asarray(cv2.blur(plane, self._size, borderType=_SYMMETRIC), np.float32)

    def _inverse_covariance(self) -> tuple[Floats, ...]:
        """Upper triangle of the inverse 3×3 matrices, by cofactors; float64 inside."""

        def cov(j: int, k: int) -> NDArray[np.float64]:
            product = self._box(self._rgb[j] * self._rgb[k]).astype(np.float64)
            return product - self._mean[j].astype(np.float64) * self._mean[k]

        rr, gg, bb = (np.maximum(cov(k, k), 0) + _EPSILON for k in range(3))
        rg, rb, gb = cov(0, 1), cov(0, 2), cov(1, 2)
        c00, c01, c02 = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
        c11, c12, c22 = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
        det = np.maximum(rr * c00 + rg * c01 + rb * c02, _EPSILON**3)
        return tuple((c / det).astype(np.float32) for c in (c00, c01, c02, c11, c12, c22))


def solve_alpha(
    picture: Floats,
    unknown: Mask,
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
        radius_px: of the Laplacian's windows.
        iterations: at most, of conjugate gradients.

    Returns:
        h×w float32 in 0..1.
    """
    laplacian = Laplacian(picture, radius_px)
    inside = unknown.astype(np.float32)
    alpha = np.where(unknown, guess, known).astype(np.float32)
    weight = trust * inside

    def apply(x: Floats) -> Floats:
        return inside * (laplacian @ x) + weight * x

    residual = weight * guess - inside * (laplacian @ alpha) - weight * alpha
    direction = residual.copy()
    energy = float((residual * residual).sum())
    enough = energy * _TOLERANCE**2
    for _ in range(iterations):
        if energy <= enough:
            break
        image = apply(direction)
        step = energy / max(float((direction * image).sum()), 1e-20)
        alpha += np.float32(step) * direction
        residual -= np.float32(step) * image
        previous, energy = energy, float((residual * residual).sum())
        direction = residual + np.float32(energy / previous) * direction
    return np.clip(alpha, 0, 1)

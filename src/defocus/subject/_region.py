"""What is one thing stays one thing: a region from soft evidence and the likeness of neighbours.

One linear system over a small map. Each pixel is drawn to what its own evidence says, as strongly
as that is sure, and to its four neighbours, as strongly as it is like them in disparity and colour
(Grady 2006, "Random walks for image segmentation", with the priors of his 2005 paper): it minimises

    Σ c (x − u)²  +  stiffness · Σ w (x_i − x_j)²,   w = exp(−|Δd|/σ_d − |ΔLab|/σ_c)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from defocus._maps import enlarged, reduced, shrink

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus._maps import Floats

_DEPTH_SIGMA = 0.03  # normalised disparity: a step of a few of these parts two things
_COLOUR_SIGMA = 0.06  # of L*a*b* in hundreds: a just noticeable difference is 0.02
_STIFFNESS = 10.0  # a neighbour alike against one's own evidence, sure
_BRIDGE = 1e-3  # weight that is left across any edge: the system stays regular
_COARSE_PX = 200  # long side of the smallest map: there things are joined, above only outlined
_ROUNDS, _FINE_ROUNDS = 100, 25

_RIM = (0.002, 0.007)  # of the long side: so far inside it may yet be, and is surely, the subject
_JUTS = 3  # of the latter: what reaches so far beyond all that is surely inside is a thin thing
_THIN = 0.8  # weight of it: its own width is that of the map's error


def even_out(evidence: Floats, trust: Floats, disparity: Floats, lab: Floats) -> Floats:
    """Soft evidence, the same all over each thing.

    Args:
        evidence: h×w in 0..1.
        trust: h×w, at least a bit more than 0: how much it counts.
        disparity: h×w, normalised.
        lab: h×w×3 colours, L*a*b* in hundreds, from :func:`lab_of`.

    Returns:
        h×w in 0..1.
    """
    height, width = evidence.shape
    if max(height, width) <= _COARSE_PX:
        return _solved(evidence, trust, disparity, lab, evidence, _ROUNDS)
    half_wh = max(1, width // 2), max(1, height // 2)
    coarse = even_out(*(shrink(each, half_wh) for each in (evidence, trust, disparity, lab)))
    start = enlarged(coarse, (width, height))
    return _solved(evidence, trust, disparity, lab, start, _FINE_ROUNDS)


def lab_of(pixels: NDArray[np.uint8] | NDArray[np.uint16], size_wh: tuple[int, int]) -> Floats:
    """A photo's colours at a small size: h×w×3 float32, L*a*b* in hundreds."""
    import cv2

    small = reduced(pixels, size_wh)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2LAB) / np.float32(100), np.float32)


def _solved(
    evidence: Floats, trust: Floats, disparity: Floats, lab: Floats, start: Floats, rounds: int
) -> Floats:
    """By conjugate gradients (Hestenes & Stiefel 1952), each pixel scaled by its own weight."""
    down, right = (
        np.float32(_STIFFNESS) * _likeness(np.diff(disparity, axis=a), np.diff(lab, axis=a))
        for a in (0, 1)
    )

    def spread(x: Floats) -> Floats:
        out = trust * x
        flow_down, flow_right = down * np.diff(x, axis=0), right * np.diff(x, axis=1)
        out[:-1] -= flow_down
        out[1:] += flow_down
        out[:, :-1] -= flow_right
        out[:, 1:] += flow_right
        return out

    diagonal = trust.copy()
    diagonal[:-1] += down
    diagonal[1:] += down
    diagonal[:, :-1] += right
    diagonal[:, 1:] += right
    x = start.copy()
    rest = trust * evidence - spread(x)
    scaled = rest / diagonal
    along, size = scaled, float((rest * scaled).sum())
    for _ in range(rounds):
        if size < 1e-7 * x.size:
            break
        pushed = spread(along)
        step = np.float32(size / float((along * pushed).sum()))
        x += step * along
        rest -= step * pushed
        scaled = rest / diagonal
        size, before = float((rest * scaled).sum()), size
        along = scaled + np.float32(size / before) * along
    return np.asarray(np.clip(x, 0, 1), np.float32)


def _likeness(depth_step: Floats, colour_step: Floats) -> Floats:
    far = np.abs(depth_step) / _DEPTH_SIGMA
    other = np.sqrt((colour_step**2).sum(-1)) / _COLOUR_SIGMA
    return np.asarray(_BRIDGE + np.exp(-far - other), np.float32)


def inside(region: NDArray[np.bool_]) -> Floats:
    """The weight of a region: 1 where a pixel is surely in it, less towards its rim, 0 outside.

    What is too thin to have an inside, a pole, a leg of a chair, a bow, is held as such.
    """
    import cv2

    # The frame's border is not a rim: what is cut by it stays sharp up to the border.
    pad = 1 + round(_RIM[1] * max(region.shape))
    framed = np.pad(region, pad, mode="edge").astype(np.uint8)
    depth_px = cv2.distanceTransform(framed, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    rim_px, sure_px = (share * max(region.shape) for share in _RIM)
    weight = np.clip((depth_px - rim_px) / (sure_px - rim_px), 0, 1)
    solid = (depth_px > sure_px).astype(np.uint8)
    from_solid_px = cv2.distanceTransform(1 - solid, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    rest = np.asarray(framed * (from_solid_px > sure_px + 1), np.uint8)
    count, labels = cv2.connectedComponents(rest, connectivity=8)
    farthest = np.zeros(count, np.float32)
    np.maximum.at(farthest, np.asarray(labels.ravel(), np.intp), from_solid_px.ravel())
    thin = farthest > _JUTS * sure_px
    thin[0] = False
    weight = np.maximum(weight, _THIN * thin[labels])
    return np.asarray(weight[pad:-pad, pad:-pad], np.float32)

"""Matte: hair, fur and mixed edge pixels of what is in focus become two samples a pixel.

A lens-blurred background must not keep the subject's old surroundings around its hair, and one
disparity a pixel cannot say that hair is sharp and what shines through it is not. So around every
step from the focal plane down to something farther,

1. a trimap is cut where the disparity's step makes a difference of blur that shows, takes back what
   sticks out of the subject before a smooth background, and grows along hair; or it is a phone's;
2. pairs of known colours from either side tell alpha, and how sure that is;
3. closed-form matting at a moderate size joins these guesses; what the ground's own pattern may
   have made is taken off;
4. foreground and background colours are parted;
5. all of it is brought to the photo's size: alpha as a linear function of colour; then, as the
   lens adds up light, alpha and colours mix in light to the very pixel of the photo. Alpha is
   never less than the subject is certain, and what nothing holds to the solid part goes back to
   what lies behind;
6. no small patch stays sharp alone among what is blurred, nor blurred alone among what is sharp.

Elsewhere, and wherever alpha is nearly 0 or 1, the photo stays one opaque sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus._maps import (
    bounds,
    linear_in_colour,
    reduced,
    resized,
    shrink,
    shrink_far,
)
from defocus.matte._around import nearby
from defocus.matte._closed_form import solve_alpha
from defocus.matte._clutter import without_clutter
from defocus.matte._colours import estimate_colours
from defocus.matte._crumbs import sweep
from defocus.matte._guess import belief, colour_range, guess_alpha, with_opinion
from defocus.matte._protrusions import with_protrusions
from defocus.matte._rim import Rim, rim_of
from defocus.matte._strands import with_strands
from defocus.matte._trimap import (
    Plane,
    Trimap,
    around,
    from_disparity,
    from_portrait,
    near_the_subject,
    pays_px,
)
from defocus.transfer import SRGB, Transfer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus import _maps_core
    from defocus._maps import Floats
    from defocus.quality import Quality

__all__ = ["Edges", "Matte", "Plane", "find_edges", "subject_matte"]

_CLEAR, _SOLID = 0.06, 0.94  # alpha beyond these is stretched to 0 and 1
_FAINT = 0.25  # alpha; what hangs on to the subject by fainter pixels only hangs in the air
_LIKELY, _CERTAIN = 0.75, 0.95  # of the subject's weight: alpha is at least 0 and 1 from there on
_LAPLACIAN_RADIUS_PX = 1
_PHOTO_NOISE = 1e-4  # variance of colours 0..1 that means nothing


@dataclass(frozen=True, slots=True)
class _Effort:
    """What a quality buys."""

    long_side_px: int  # of the size at which alpha is found
    iterations: int  # of the solver


_EFFORT: dict[str, _Effort] = {
    "fast": _Effort(416, 16),
    "default": _Effort(576, 24),
    "high": _Effort(768, 40),
}


@dataclass(frozen=True, eq=False, slots=True)
class Matte:
    """Two samples a pixel where the edge of what is in focus is soft.

    Attributes:
        alpha: H×W uint8, the front sample's share of light; 255 = one opaque sample, the ordinary
            case.
        foreground: H×W×3 like the picture; the front sample's colour, without the background's.
            The picture itself where alpha is 255.
        disparity: H×W float32, of the front sample; also corrected where the matte shows that a
            pixel lies on the other side of the edge than the map had it.
        background: H×W×3 like the picture; read only where alpha < 255.
        background_disparity: H×W float32; read only where alpha < 255.
    """

    alpha: NDArray[np.uint8]
    foreground: NDArray[Any]
    disparity: NDArray[np.float32]
    background: NDArray[Any]
    background_disparity: NDArray[np.float32]


def subject_matte(
    pixels: NDArray[Any],
    disparity: NDArray[np.float32],
    focal_disparity: float,
    gain_px: float,
    *,
    focus_range: float = 0.0,
    subject: NDArray[np.float32] | None = None,
    unheld: NDArray[np.float32] | None = None,
    portrait_matte: NDArray[np.float32] | None = None,
    told: NDArray[np.float32] | None = None,
    transfer: Transfer = SRGB,
    quality: Quality = "default",
) -> Matte | None:
    """Soft edges of what is in focus before something farther.

    Args:
        pixels: H×W×3 uint8 or uint16, encoded.
        disparity: H×W float32, refined, normalised to 0..1, the subject held (``layers.hold``).
        focal_disparity: of the focal plane, in the same unit.
        gain_px: K, pixels of blur radius (of ``pixels``) per unit of disparity: a soft edge is
            sought where what lies behind it blurs.
        focus_range: width of the band around ``focal_disparity`` that stays sharp, same unit.
        subject: H×W weight of what is held in focus whatever its disparity, or None: alpha is
            never less.
        unheld: H×W like ``disparity``, before the subject was drawn to the plane.
        portrait_matte: h×w float32 in 0..1, a phone's matte of any size; used if it covers what is
            in focus, instead of the disparity's steps.
        told: h×w float32 in 0..1, a network's matte of any size: a second opinion about pixels
            whose alpha is sought, where it knows front from back.
        transfer: the curve between the code values of ``pixels`` and light.
        quality: size and patience of the solver.

    Returns:
        None if nothing in focus stands before something that blurs.
    """
    edges = find_edges(
        pixels,
        disparity,
        Plane(focal_disparity, gain_px, focus_range),
        subject=subject,
        unheld=unheld,
        portrait_matte=portrait_matte,
        told=told,
        quality=quality,
    )
    if edges is None:
        return None
    return edges.at_full_size(pixels, disparity, subject, transfer)


def find_edges(
    pixels: NDArray[Any],
    disparity: NDArray[np.float32],
    plane: Plane,
    *,
    subject: NDArray[np.float32] | None = None,
    unheld: NDArray[np.float32] | None = None,
    portrait_matte: NDArray[np.float32] | None = None,
    told: NDArray[np.float32] | None = None,
    quality: Quality = "default",
) -> Edges | None:
    """The slow half of :func:`subject_matte`, from which a matte can be made again and again."""
    photo_wh = pixels.shape[1], pixels.shape[0]
    effort = _EFFORT[quality]
    scale = min(1.0, effort.long_side_px / max(photo_wh))
    work_wh = max(1, round(photo_wh[0] * scale)), max(1, round(photo_wh[1] * scale))
    picture = reduced(pixels, work_wh)
    depth = shrink_far(disparity, work_wh)
    weight = np.zeros_like(depth) if subject is None else shrink_far(subject, work_wh)
    around_held = around(weight)
    depth = np.where(around_held > 0, np.minimum(depth, plane.nearest), depth)
    pays = pays_px(max(photo_wh))
    trimap = None
    if portrait_matte is not None:
        prior = resized(np.asarray(portrait_matte, np.float32), work_wh)
        trimap = from_portrait(prior, depth, plane, pays_px=pays)
    if trimap is None:
        before = None if unheld is None else shrink_far(unheld, work_wh)
        trimap = from_disparity(depth, plane, before, pays_px=pays)
        if trimap is not None:
            if subject is not None:
                trimap = near_the_subject(trimap, weight)
            trimap = with_strands(picture, with_protrusions(picture, trimap))
    if trimap is None or not trimap.unknown.any():
        return None
    opinion = None if told is None else resized(np.asarray(told, np.float32), work_wh)
    rim = rim_of(weight, depth, plane, trimap)
    return Edges.of(plane, picture, depth, around_held, trimap, rim, opinion, effort)


@dataclass(frozen=True, eq=False, slots=True)
class Edges:
    """Soft edges at the working size, some 12 MB.

    Attributes:
        plane: of focus, its gain in pixels of the photo.
        maps: see ``src/core/maps/soften.hpp``.
    """

    plane: Plane
    maps: _maps_core.MatteMaps

    @classmethod
    def of(
        cls,
        plane: Plane,
        picture: Floats,
        depth: Floats,
        around_held: Floats,
        trimap: Trimap,
        rim: Rim,
        told: Floats | None,
        effort: _Effort,
    ) -> Edges:
        """Alpha and colours, found at the size of the picture."""
        from defocus import _maps_core

        guess, trust = guess_alpha(picture, trimap)
        believed = np.zeros_like(guess)
        if told is not None:
            believed = belief(told, trimap)
            guess, trust = with_opinion(guess, trust, told, believed)
        alpha = solve_alpha(
            picture,
            trimap.unknown,
            trimap.front,
            guess,
            trust,
            radius_px=_LAPLACIAN_RADIUS_PX,
            iterations=effort.iterations,
        )
        alpha = without_clutter(alpha, picture, trimap, believed)
        alpha = np.where(trimap.unknown, alpha, trimap.front)
        half_wh = max(1, alpha.shape[1] // 2), max(1, alpha.shape[0] // 2)
        front, back = estimate_colours(shrink(picture, half_wh), shrink(alpha, half_wh))
        sure_front = ~trimap.unknown & (trimap.front > 0.5)
        sure_back = ~trimap.unknown & (trimap.front < 0.5)
        unknown = trimap.unknown | trimap.protrusions | trimap.loose | rim.firm
        solid = bounds((sure_front & ~trimap.protrusions).astype(np.float32), 1)[1]
        edge = [unknown.astype(np.float32), *bounds(alpha, 1), solid]
        sides = [rim.front_disparity, nearby(depth, sure_back), around_held, np.zeros_like(alpha)]
        ranges = *colour_range(picture, sure_front), *colour_range(picture, sure_back)
        maps = _maps_core.MatteMaps(
            edge=np.dstack([*edge, *sides]),
            model=linear_in_colour(alpha, picture, _PHOTO_NOISE),
            smooth=_quads(front, back),
            range=_quads(*ranges),
        )
        return cls(plane, maps)

    def at_full_size(
        self,
        pixels: NDArray[Any],
        disparity: Floats,
        held: Floats | None,
        transfer: Transfer = SRGB,
    ) -> Matte:
        """Alpha follows the photo's colours within the bounds of its neighbourhood.

        Args:
            pixels: as :func:`find_edges` was given them, and so
            disparity: and
            held: its ``subject``.
            transfer: the curve between the code values of ``pixels`` and light.
        """
        from defocus import _maps_core

        matte = Matte(
            np.full(disparity.shape, 255, np.uint8),
            np.array(pixels, order="C"),
            np.array(disparity, np.float32, order="C"),
            np.zeros(pixels.shape, pixels.dtype),
            np.zeros(disparity.shape, np.float32),
        )
        stretch = _maps_core.MatteStretch(
            clear=_CLEAR, solid=_SOLID, faint=_FAINT, likely=_LIKELY, certain=_CERTAIN
        )
        layers = _maps_core.MatteLayers(
            alpha=matte.alpha,
            foreground=matte.foreground,
            disparity=matte.disparity,
            background=matte.background,
            background_disparity=matte.background_disparity,
        )
        photo = np.ascontiguousarray(pixels)
        weight = None if held is None else np.ascontiguousarray(held, np.float32)
        _maps_core.soften(
            photo=photo,
            held=weight,
            maps=self.maps,
            stretch=stretch,
            light=_curve(transfer, int(np.iinfo(pixels.dtype).max) + 1),
            out=layers,
        )
        sweep(photo, weight, self.plane, layers)
        return matte


@lru_cache(maxsize=8)
def _curve(transfer: Transfer, levels: int) -> _maps_core.LightCurve:
    """The lens adds up light, so that is what the samples have to mix to."""
    from defocus import _maps_core

    nodes = np.linspace(0, 1, _maps_core.CURVE_STEPS + 1, dtype=np.float32)
    return _maps_core.LightCurve(
        decode=transfer.decode_table(levels),
        encode=transfer.encode(nodes * nodes),
        white=transfer.white,
    )


def _quads(*colours: Floats) -> Floats:
    """h×w×3 each, as h×w×4n: the layout of the native loops."""
    quads = np.zeros((*colours[0].shape[:2], 4 * len(colours)), np.float32)
    for k, colour in enumerate(colours):
        quads[..., 4 * k : 4 * k + 3] = colour
    return quads

"""Layers for programs that mix code values, as Krita does and OpenRaster has it.

The matte, and the colours on both sides of it, are told for light, as a lens mixes them. Laid over
each other as code values they would give hair that is too dark before a bright sky, by up to 60
codes of 255. So the opacity is told anew for codes, and the colours are fitted to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.formats.layered import Layered

    Floats = NDArray[np.floating]

# Of all codes: where subject and background differ by less, their mix tells no opacity.
_TELLING = 0.04


@dataclass(frozen=True, eq=False, slots=True)
class CodeLayers:
    """Subject over background, mixed as code values, is the photo to one code.

    Attributes:
        subject, background: H×W×3, dtype and encoding of the photo. The background has the photo's
            own colours where nothing lies before it.
        opacity: H×W, same dtype, of the subject; full is opaque.
    """

    subject: NDArray[Any]
    background: NDArray[Any]
    opacity: NDArray[Any]


def code_layers(parts: Layered) -> CodeLayers:
    """The layers of a result for code values.

    With photo I, subject F, background B and opacity a, all as codes in 0..1: a is where I lies
    between B and F, or the matte's where the two are alike. The one of F and B that weighs less
    stays as it is, the other becomes what I asks for; where that were beyond 0..1, the lesser
    weight is less.
    """
    photo, matte = parts.original.pixels, parts.matte
    full = np.iinfo(photo.dtype).max
    opacity = np.rint(matte * np.float32(full)).astype(photo.dtype)
    subject, background = parts.subject.copy(), parts.background.copy()
    mixed = np.flatnonzero((opacity > 0) & (opacity < full))
    seen, front, behind = (
        each.reshape(-1, 3)[mixed].astype(np.float32) / full
        for each in (photo, subject, background)
    )
    across = front - behind
    spread, prior = np.square(across).sum(1), np.float32(_TELLING**2)
    told = ((seen - behind) * across).sum(1) + prior * matte.ravel()[mixed]
    told /= spread + prior
    leads = told >= 0.5
    less: Floats = np.clip(np.where(leads, 1 - told, told), 0, 1)
    light: Floats = np.where(leads[:, None], behind, front)
    less = np.floor(np.minimum(less, _most(light, seen)) * full) / np.float32(full)
    weight = less[:, None]
    heavy = np.clip((seen - weight * light) / (1 - weight), 0, 1)
    opacity.reshape(-1)[mixed] = np.rint(np.where(leads, 1 - less, less) * full)
    for colours, moves in ((subject, leads), (background, ~leads)):
        colours.reshape(-1, 3)[mixed[moves]] = np.rint(heavy[moves] * full)
    for colours, alone in ((subject, full), (background, 0)):
        colours[opacity == alone] = photo[opacity == alone]
    return CodeLayers(subject, background, opacity)


def _most(colours: Floats, seen: Floats) -> Floats:
    """The most that these can weigh in what is seen (both N×3 in 0..1), N in 0..1."""
    least = np.float32(1e-9)
    dark = seen / np.maximum(colours, least)
    bright = (1 - seen) / np.maximum(1 - colours, least)
    most: Floats = np.minimum(dark, bright).min(1)
    return most

"""The last look at a matte, at the photo's size.

A lone crumb that is sharp is seen at once, and so is a dot that is blurred inside fur or cloth.
Neither is wide enough to be a thing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus import _maps_core
    from defocus._maps import Floats
    from defocus.matte._trimap import Plane

_SHARP_PX, _BLURRED_PX = 2.0, 8.0  # of blur: a crumb is as sharp as that, all around so blurred
_HELD = 0.75  # of the subject's weight: what has more is no crumb
_CRUMB = 0.01  # of the long side, squared: what is smaller is a crumb,
_HOLE = 0.005  # and a hole in what is sharp; a wider one is a gap of the subject


def sweep(
    photo: NDArray[Any],
    weight: Floats | None,
    plane: Plane,
    layers: _maps_core.MatteLayers,
) -> None:
    """Lone sharp crumbs go to what is blurred around them, lone blurred holes become sharp.

    Args:
        photo: H×W×3 uint8 or uint16; both kinds get its colours back.
        weight: H×W of the subject, 0..1, or None.
        plane: of focus, its gain in pixels of the photo.
        layers: changed in place.
    """
    from defocus import _maps_core

    height, width = photo.shape[:2]
    rules = _maps_core.CrumbRules(
        focus=plane.disparity,
        gain_px=plane.gain_px,
        half_band=plane.band / 2,
        sharp_px=_SHARP_PX,
        blurred_px=_BLURRED_PX,
        held=_HELD,
        crumb_px=round((_CRUMB * max(height, width)) ** 2),
        hole_px=round((_HOLE * max(height, width)) ** 2),
    )
    _maps_core.sweep_crumbs(photo=photo, held=weight, rules=rules, out=layers)

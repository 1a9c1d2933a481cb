"""The lens, the curves and the lamps as the core takes them."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus import constants
from defocus.render.lamps import find_lamps, highlight_gain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.optics import Lens
    from defocus.render import _core
    from defocus.transfer import Transfer


def native_lens(lens: Lens) -> _core.Lens:
    """The lens' stamps; those of the last few lenses are kept."""
    return _lens_of(
        lens.blades, lens.rotation_deg, lens.roundness, lens.cat_eye, lens.squeeze, lens.ring
    )


@lru_cache(maxsize=16)
def _lens_of(
    blades: float,
    rotation_deg: float,
    roundness: float,
    cat_eye: float,
    squeeze: float,
    ring: float,
) -> _core.Lens:
    from defocus.render import _core

    ring_scale, ring_share = ring_copy(ring)
    return _core.Lens(
        blades=int(blades),
        rotation=math.radians(rotation_deg),
        roundness=roundness,
        cat_eye=cat_eye,
        squeeze=squeeze,
        ring_scale=ring_scale,
        ring_share=ring_share,
    )


def ring_copy(ring: float) -> tuple[float, float]:
    """Radius (relative) and share of light of an inner disc that, added, makes the ring profile.

    With the inner disc's light density q times that of the rim, its share of all light follows
    from w/s² + (1 − w) = q · (1 − w): negative for a bright rim, positive for a bright centre.
    """
    if ring == 0:
        return 0.0, 0.0
    if ring > 0:
        scale, density = constants.RIM_SCALE, 1 - constants.RIM_CONTRAST * ring
    else:
        scale, density = constants.CREAM_SCALE, 1 - constants.CREAM_CONTRAST * ring
    share = (density - 1) * scale**2
    return scale, share / (1 + share)


def curves(dtype: Any, transfer: Transfer) -> _core.Curves | None:
    """Light of every code and back, or None for light itself."""
    from defocus.render import _core

    if dtype == np.float32:
        return None
    levels = int(np.iinfo(dtype).max) + 1
    return _core.Curves(decode=transfer.decode_table(levels), encode=_encode_table(transfer))


@lru_cache(maxsize=8)
def _encode_table(transfer: Transfer) -> NDArray[np.float32]:
    """Encoded value of light at the nodes of the kernel's ``EncodeCurve``: equal steps within each
    octave below white.
    """
    from defocus.render import _core

    octaves = np.arange(-_core.ENCODE_OCTAVES, 0)
    within = 1 + np.arange(_core.ENCODE_PER_OCTAVE) / _core.ENCODE_PER_OCTAVE
    light = np.append((2.0 ** octaves[:, None] * within).ravel(), 1)
    return transfer.encode(light.astype(np.float32))


def lights(
    image: NDArray[Any], radius_px: NDArray[np.float32], lens: Lens, transfer: Transfer
) -> _core.Lights | None:
    """What the core needs to light lamps again. A bright spot that is hardly blurred, on skin
    perhaps, would only become a glint that the photo does not have.
    """
    from defocus.render import _core

    if image.dtype == np.float32 or not lens.highlights:
        return None
    lamps = find_lamps(image, transfer, lens.highlight_threshold, radius_px)
    if lamps is None:
        return None
    levels = int(np.iinfo(image.dtype).max) + 1
    return _core.Lights(
        gain=highlight_gain(lens.highlights, lens.highlight_threshold, levels),
        cells=lamps.cells,
        cell_px=lamps.cell_px,
        glow_px=constants.GLOW_RADIUS * math.hypot(*image.shape[:2]),
    )

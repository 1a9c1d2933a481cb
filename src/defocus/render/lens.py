"""The renderer: what glass does to light that is out of focus.

Every pixel spreads its light over the shape of the aperture, scaled by its own radius. What is
behind the focal plane, sharp, and in front of it are kept apart, so that a sharp subject never
bleeds into the background, while a blurred foreground covers the subject and lets what it hides
shine through. The work is done by ``src/core`` (C++); see the headers there.

References:
    Wadhwa et al. 2018, "Synthetic depth-of-field with a single-camera mobile phone",
    arXiv:1806.04171 (scatter by derivatives). Kraus & Strengert 2007, "Depth-of-field rendering by
    pyramidal image processing" (levels of resolution by radius).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus import constants
from defocus.constants import MAX_RADIUS_PX as MAX_RADIUS_PX
from defocus.errors import EditError
from defocus.optics import Lens
from defocus.render.lamps import find_lamps, highlight_gain
from defocus.transfer import SRGB, Transfer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.progress import Progress
    from defocus.render import _core

_DTYPES = (np.dtype(np.uint8), np.dtype(np.uint16), np.dtype(np.float32))


@dataclass(frozen=True, eq=False, slots=True)
class Behind:
    """A second sample per pixel, behind the first: what a soft matte sees through.

    Where hair, fur or a mixed edge pixel lets the background through, one RGBD pixel cannot say it.
    With ``Behind``, the picture's own pixel is the front sample with weight ``alpha`` (its colour
    already cleaned of the background), and this is the rest.

    Attributes:
        alpha: H×W uint8, weight of the front sample, 255 = opaque (the ordinary case).
        colour: H×W×3, same dtype and encoding as the picture; read only where alpha < 255.
        radius_px: H×W float32, signed blur radius of the back sample; read only where alpha < 255.
    """

    alpha: NDArray[np.uint8]
    colour: NDArray[Any]
    radius_px: NDArray[np.float32]


def render_lens(
    image: NDArray[Any],
    radius_px: NDArray[np.float32],
    lens: Lens = Lens(),
    *,
    behind: Behind | None = None,
    transfer: Transfer = SRGB,
    threads: int | None = None,
    progress: Progress | None = None,
) -> NDArray[Any]:
    """Render a shallow depth of field.

    The result does not depend on the number of threads or on the processor. Pixels whose radius is
    at most half a pixel, and that no blurred foreground or light covers, keep their value exactly.
    No colour of a sharp subject reaches any other pixel. Beyond the frame the picture is continued
    by its edge. Beside a depth step, what anti-aliasing mixed into a pixel is told apart from its
    own surface by the pixels around, so that rims neither bleed nor show as thin lines.

    Args:
        image: H×W×3, all in focus: uint8 or uint16 encoded by ``transfer``, or float32 linear light
            (0 = black, 1 = white, lights above it up to 32,768).
        radius_px: H×W float32, signed blur radius in pixels, positive in front of the focal plane,
            at most :data:`MAX_RADIUS_PX` in size (see :func:`defocus.optics.radius_px`).
        lens: shape of the aperture and treatment of highlights. ``lens.f_number`` has done its
            part in ``radius_px``; ``lens.highlights`` acts on uint8 and uint16 only, because light
            in float32 and in HDR curves is not clipped.
        behind: second samples for soft edges, or None.
        transfer: the curve between code values and light; ignored for float32.
        threads: at least 1; None takes every processor that this process may use.
        progress: called with ``("render", fraction)`` from the calling thread. An exception from it
            stops the render and is passed on.

    Returns:
        H×W×3 of the same dtype, a new array.

    Raises:
        EditError: an argument has a wrong shape or dtype, or holds NaN, infinity or absurd radii.
    """
    from defocus.render import _core

    image = _checked_image(image, "image")
    size = image.shape[:2]
    radius_px = _checked_plane(radius_px, np.float32, size, "radius_px")
    if threads is not None and (isinstance(threads, bool) or threads < 1):
        raise EditError(f"threads must be at least 1, got {threads!r}")
    out = np.empty_like(image)
    second = None if behind is None else _checked_behind(behind, image)
    renderer = _core.Renderer(threads=0 if threads is None else int(threads))
    try:
        renderer.render(
            _core.Frame(pixels=image, radius=radius_px, behind=second),
            _core_lens(
                lens.blades,
                lens.rotation_deg,
                lens.roundness,
                lens.cat_eye,
                lens.squeeze,
                lens.ring,
            ),
            out,
            largest_radius=MAX_RADIUS_PX,
            curves=_curves(image.dtype, transfer),
            lights=_lights(image, radius_px, lens, transfer),
            progress=None if progress is None else lambda done: progress("render", done),
        )
    except _core.BadRadius:
        raise EditError(_explain_radius(radius_px, behind)) from None
    return out


def _checked_image(image: NDArray[Any], name: str) -> NDArray[Any]:
    if not isinstance(image, np.ndarray) or image.dtype not in _DTYPES:
        kind = getattr(image, "dtype", type(image).__name__)
        raise EditError(f"{name} must be a uint8, uint16 or float32 array, got {kind}")
    if image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise EditError(f"{name} must be H×W×3 and not empty, got {image.shape}")
    if image.dtype == np.float32 and not np.isfinite(image).all():
        raise EditError(f"{name} holds NaN or infinite light")
    return np.ascontiguousarray(image)


def _checked_plane(plane: NDArray[Any], dtype: type, size: tuple[int, ...], name: str) -> Any:
    if not isinstance(plane, np.ndarray) or plane.shape != size:
        shape = getattr(plane, "shape", type(plane).__name__)
        raise EditError(f"{name} must be H×W like the image {size}, got {shape}")
    if plane.dtype != dtype:
        raise EditError(f"{name} must be {np.dtype(dtype)}, got {plane.dtype}")
    return np.ascontiguousarray(plane)


def _checked_behind(behind: Behind, image: NDArray[Any]) -> Any:
    from defocus.render import _core

    size = image.shape[:2]
    colour = _checked_image(behind.colour, "behind.colour")
    if colour.shape != image.shape or colour.dtype != image.dtype:
        raise EditError(
            f"behind.colour must be like the image, {image.dtype} {image.shape}; "
            f"got {colour.dtype} {colour.shape}"
        )
    return _core.Behind(
        alpha=_checked_plane(behind.alpha, np.uint8, size, "behind.alpha"),
        pixels=colour,
        radius=_checked_plane(behind.radius_px, np.float32, size, "behind.radius_px"),
    )


def _explain_radius(radius_px: NDArray[np.float32], behind: Behind | None) -> str:
    """What is wrong with the radii: the renderer only knows that something is."""
    maps = [("radius_px", radius_px)]
    if behind is not None:
        maps.append(("behind.radius_px", np.where(behind.alpha < 255, behind.radius_px, 0)))
    for name, values in maps:
        bad = np.argwhere(~(np.abs(values) <= MAX_RADIUS_PX))
        if len(bad):
            y, x = (int(v) for v in bad[0])
            return (
                f"{name} must be finite and at most {MAX_RADIUS_PX:g} pixels in size; {len(bad)} "
                f"values are not, the first is {values[y, x]} at x={x}, y={y}. Check the disparity "
                "and the gain that the radius was made from"
            )
    return "a blur radius is not finite"


@lru_cache(maxsize=16)
def _core_lens(
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


def _curves(dtype: Any, transfer: Transfer) -> _core.Curves | None:
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


def _lights(
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

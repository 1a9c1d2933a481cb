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

from typing import TYPE_CHECKING, Any

from defocus.constants import MAX_RADIUS_PX as MAX_RADIUS_PX
from defocus.optics import Lens
from defocus.render.renderer import Renderer, thread_count
from defocus.transfer import SRGB, Transfer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from defocus.progress import Progress
    from defocus.render.samples import Behind

# Renderers that wait for the next call, by their number of threads; at most so many of each.
_IDLE: dict[int, list[Renderer]] = {}
_KEPT = 2


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
    count = thread_count(threads)
    renderer = _take(count)
    try:
        return renderer.render(
            image, radius_px, lens, behind=behind, transfer=transfer, progress=progress
        )
    finally:
        _give(count, renderer)


# Lists take and give whole items without a lock, which a forked process might find closed.
def _take(threads: int) -> Renderer:
    try:
        return _IDLE[threads].pop()
    except (KeyError, IndexError):
        return Renderer(threads)


def _give(threads: int, renderer: Renderer) -> None:
    idle = _IDLE.setdefault(threads, [])
    if len(idle) < _KEPT:
        idle.append(renderer)

"""A renderer that owns its threads and its memory, for frame after frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from defocus.constants import MAX_RADIUS_PX
from defocus.errors import EditError
from defocus.optics import Lens
from defocus.render.native import curves, lights, native_lens
from defocus.render.samples import Behind, checked_frame, explain_radius
from defocus.transfer import SRGB, Transfer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.progress import Progress


class Renderer:
    """Renders as :func:`defocus.render.render_lens` does, which keeps some for all callers.

    It renders one frame at a time: a second caller waits. Several renderers may work at once. In a
    forked process it works on, with threads of its own.

    Args:
        threads: at least 1; None takes every processor that this process may use.
        portable: take the path for any processor, even where a faster one is there.
        shuffle: a seed: deal out pieces of work in another order. For tests, as the next.
        soil: fill memory with NaN before it is used again. No picture depends on any of these.

    Example:
        >>> renderer = Renderer()
        >>> for image, radius_px in frames:                     # doctest: +SKIP
        ...     renderer.render(image, radius_px)
    """

    def __init__(
        self,
        threads: int | None = None,
        *,
        portable: bool = False,
        shuffle: int = 0,
        soil: bool = False,
    ) -> None:
        from defocus.render import _core

        self._core = _core.Renderer(
            threads=thread_count(threads), portable=portable, shuffle=shuffle, soil=soil
        )

    def render(
        self,
        image: NDArray[Any],
        radius_px: NDArray[np.float32],
        lens: Lens = Lens(),
        *,
        behind: Behind | None = None,
        transfer: Transfer = SRGB,
        progress: Progress | None = None,
    ) -> NDArray[Any]:
        """Render one frame: see :func:`defocus.render.render_lens`."""
        from defocus.render import _core

        frame = checked_frame(image, radius_px, behind)
        out = np.empty(image.shape, image.dtype)
        try:
            self._core.render(
                frame,
                native_lens(lens),
                out,
                largest_radius=MAX_RADIUS_PX,
                curves=curves(image.dtype, transfer),
                lights=lights(image, radius_px, lens, transfer),
                progress=None if progress is None else lambda done: progress("render", done),
            )
        except _core.BadRadius:
            raise EditError(explain_radius(radius_px, behind)) from None
        return out


def thread_count(threads: int | None) -> int:
    """How many threads a choice means today."""
    from defocus.render import _core

    if threads is None:
        return _core.default_threads()
    if isinstance(threads, bool) or threads < 1:
        raise EditError(f"threads must be at least 1, got {threads!r}")
    return int(threads)

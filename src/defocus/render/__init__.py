"""Render a shallow depth of field.

``render_lens``
    the product's renderer: what glass does, at the speed of a box blur.
``Renderer``
    the same for frame after frame: it keeps its threads and its memory.
``render_reference``
    slow, exact, readable: the truth that the tests compare with.
``render_mask``
    the blog post's method: threshold, morphology, box blur.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from defocus._lazy import attach

if TYPE_CHECKING:
    from defocus.render.lens import render_lens as render_lens
    from defocus.render.mask import render_mask as render_mask
    from defocus.render.reference import render_reference as render_reference
    from defocus.render.renderer import Renderer as Renderer
    from defocus.render.samples import Behind as Behind

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Behind": "defocus.render.samples",
        "Renderer": "defocus.render.renderer",
        "render_lens": "defocus.render.lens",
        "render_mask": "defocus.render.mask",
        "render_reference": "defocus.render.reference",
    },
)

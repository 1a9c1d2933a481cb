"""The blog post's method on a photo's own disparity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from defocus.classic import full_size
from defocus.render.mask import render_mask
from defocus.strokes import apply_strokes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.edit import Edit
    from defocus.focus import FocalPlane
    from defocus.progress import Progress
    from defocus.scene import Scene


def render(
    scene: Scene, edit: Edit, plane: FocalPlane, pixels: NDArray[Any], progress: Progress
) -> NDArray[Any]:
    """See :class:`defocus.methods.Render`; neither plane nor lens mean anything here."""
    flat = full_size(scene.source.values, scene.photo.size_wh)
    return render_mask(pixels, apply_strokes(flat, edit.strokes, scene.photo), edit.mask)

"""The product's method: layers, then the lens renderer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from defocus.layers import make_layers
from defocus.render.lens import render_lens

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.edit import Edit
    from defocus.focus import FocalPlane
    from defocus.progress import Progress
    from defocus.scene import Scene


def render(
    scene: Scene, edit: Edit, plane: FocalPlane, pixels: NDArray[Any], progress: Progress
) -> NDArray[Any]:
    """See :class:`defocus.methods.Render`."""
    layers = make_layers(scene, edit, plane, pixels)
    progress("matte", 1.0)
    return render_lens(
        layers.colour,
        layers.radius_px,
        edit.lens,
        behind=layers.behind,
        transfer=scene.photo.transfer,
        progress=progress,
    )

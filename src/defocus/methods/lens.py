"""The product's method: layers, then the lens renderer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from defocus import panorama
from defocus.frame import find_frame
from defocus.layers import Layers, make_layers
from defocus.render.grain import lay, measure
from defocus.render.lens import render_lens
from defocus.render.samples import Behind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.edit import Edit
    from defocus.focus import FocalPlane
    from defocus.optics import Lens
    from defocus.progress import Progress
    from defocus.scene import Scene
    from defocus.transfer import Transfer

_BESIDE_PX = 64
_BAND_ROWS = 256


def render(
    scene: Scene, edit: Edit, plane: FocalPlane, pixels: NDArray[Any], progress: Progress
) -> NDArray[Any]:
    """See :class:`defocus.methods.Render`."""
    layers = make_layers(scene, edit, plane, pixels)
    progress("matte", 1.0)
    if panorama.goes_round(scene.photo):
        return _with_grain(_all_round(layers, scene, edit, progress), layers, scene, edit)
    frame = find_frame(pixels)
    if not frame:
        return _with_grain(_rendered(layers, scene, edit, progress), layers, scene, edit)
    inside = layers.each(lambda values: np.ascontiguousarray(frame.inside(values)))
    out = pixels.copy()
    blurred = _rendered(inside, scene, edit, progress)
    frame.inside(out)[:] = _with_grain(blurred, inside, scene, edit)
    return out


def _with_grain(out: NDArray[Any], layers: Layers, scene: Scene, edit: Edit) -> NDArray[Any]:
    grain = measure(scene.photo.pixels) if edit.grain > 0 else None
    if grain is not None:
        lay(out, layers.radius_px, grain, edit.grain)
    return out


def _all_round(layers: Layers, scene: Scene, edit: Edit, progress: Progress) -> NDArray[Any]:
    # Light goes as far as its radius; some pixels more are seen by the filling behind edges.
    reach = int(np.ceil(np.abs(layers.radius_px).max())) + _BESIDE_PX
    margin = min(reach, layers.radius_px.shape[1] // 2)
    # Continued beyond both edges by what lies across.
    beyond = layers.each(lambda values: panorama.widened(values, margin))
    wide = _rendered(beyond, scene, edit, progress)
    return np.ascontiguousarray(panorama.narrowed(wide, margin))


def _rendered(layers: Layers, scene: Scene, edit: Edit, progress: Progress) -> NDArray[Any]:
    transfer = scene.photo.transfer
    if transfer.is_hdr:
        return _in_light(layers, transfer, edit.lens, progress)
    return render_lens(
        layers.colour,
        layers.radius_px,
        edit.lens,
        behind=layers.behind,
        transfer=transfer,
        progress=progress,
    )


def _in_light(layers: Layers, transfer: Transfer, lens: Lens, progress: Progress) -> NDArray[Any]:
    """An HDR picture as floating-point light: what is beyond white is drawn light by light."""
    top = int(np.iinfo(layers.colour.dtype).max)
    table = transfer.decode_table(top + 1) / np.float32(transfer.white)
    light = table[layers.colour]
    behind = layers.behind
    if behind is not None:
        behind = Behind(behind.alpha, table[behind.colour], behind.radius_px)
    out = render_lens(light, layers.radius_px, lens, behind=behind, progress=progress)
    codes = np.empty_like(layers.colour)
    for first in range(0, len(codes), _BAND_ROWS):
        rows = slice(first, first + _BAND_ROWS)
        encoded = transfer.codes(out[rows] * np.float32(transfer.white), codes.dtype)
        # What is sharp keeps its code to the bit.
        codes[rows] = np.where(out[rows] == light[rows], layers.colour[rows], encoded)
    return codes

"""Depth models: photo pixels in, :class:`~defocus.disparity.Disparity` out, larger = nearer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from defocus.errors import DepthError
from defocus.progress import Progress, silent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.disparity import Disparity
    from defocus.edit import Quality
    from defocus.photo import Photo


class DepthModel(Protocol):
    """What a backend must offer."""

    name: str

    def estimate(self, pixels: NDArray[np.uint8], quality: Quality = "default") -> Disparity:
        """Disparity of an upright picture, H×W×3 uint8 sRGB, at the network's own output size."""
        ...


def load_model(name: str, **options: Any) -> DepthModel:
    """The backend behind a name, a path or a hub id; see :func:`defocus.depth.registry.load_model`.

    Raises:
        ModelError: no backend knows the name.
        MissingExtraError: the backend needs an extra that is not installed.
    """
    from defocus.depth import registry

    return registry.load_model(name, **options)


def estimate_disparity(
    photo: Photo,
    model: str = "auto",
    *,
    quality: Quality = "default",
    invert: bool = False,
    progress: Progress | None = None,
) -> Disparity:
    """The disparity of a photo, at the source's own size (see refine for full resolution).

    Args:
        photo: the photo; 16-bit pixels are reduced to 8 bits for a network.
        model: a name as in :func:`load_model`, or ``embedded`` (what the phone stored), or
            ``auto``: embedded depth if there is any, else the first of the store's models that was
            fetched before (see :data:`defocus.depth.store.MODELS`, best first), else ``builtin``.
            Nothing is ever downloaded by this order.
        quality: chooses the input size of networks that take any size.
        invert: the source stores larger = farther. A map file of floats then holds distances z and
            becomes 1/z; anything else is flipped within its range.
        progress: told of stage ``depth``.

    Returns:
        The map. ``subject`` is the built-in network's unless the source is a map file (which is
        taken as it is) or knows its own subject.

    Raises:
        DepthError, ModelError, MissingExtraError: no disparity can be had from that model.
    """
    from defocus.depth.embedded import embedded_disparity

    report = progress or silent
    report("depth", 0.0)
    own = embedded_disparity(photo) if model in ("auto", "embedded") else None
    if own is not None:
        disparity = _with_subject(own.inverted() if invert else own, photo, quality)
    elif model == "embedded":
        raise DepthError(
            f"{photo.path or 'the photo'} holds no depth of its own: use --model builtin"
        )
    else:
        disparity = _estimate(photo, model, quality, invert)
    report("depth", 1.0)
    return disparity


def _estimate(photo: Photo, model: str, quality: Quality, invert: bool) -> Disparity:
    from defocus.depth import registry

    if model == "auto":
        from defocus.depth.store import best_on_disk

        model = best_on_disk() or "builtin"
    pixels = _eight_bit(photo.pixels)
    if registry.is_map_file(model):
        return registry.load_model(model, invert=invert).estimate(pixels, quality)
    disparity = registry.load_model(model).estimate(pixels, quality)
    return _with_subject(disparity.inverted() if invert else disparity, photo, quality)


def _with_subject(disparity: Disparity, photo: Photo, quality: Quality) -> Disparity:
    """Let the built-in network tell the subject where the source of the disparity cannot."""
    if disparity.subject is not None:
        return disparity
    from defocus.depth.builtin import Builtin

    told = Builtin().estimate(_eight_bit(photo.pixels), quality)
    return replace(disparity, subject=told.resized(disparity.size_wh).subject)


def _eight_bit(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    if pixels.dtype == np.uint8:
        return pixels
    import cv2

    return np.asarray(cv2.convertScaleAbs(pixels, alpha=1 / 257), np.uint8)

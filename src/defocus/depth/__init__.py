"""Depth models: photo pixels in, :class:`~defocus.disparity.Estimate` out, larger = nearer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus.blame import blamed
from defocus.depth.model import DepthModel
from defocus.errors import DefocusError, DepthError, ModelError
from defocus.progress import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from defocus.disparity import Disparity, Estimate
    from defocus.photo import Photo
    from defocus.quality import Quality


__all__ = ["DepthModel", "eight_bit", "estimate", "estimate_disparity", "load_model"]


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
    """The disparity of a photo; arguments, result and errors are those of :func:`estimate`."""
    shown = cache(lambda: _shown(photo))
    return _estimate(photo, model, quality, invert, progress or silent, shown).disparity


def estimate(
    photo: Photo,
    model: str = "auto",
    *,
    quality: Quality = "default",
    invert: bool = False,
    progress: Progress | None = None,
) -> Estimate:
    """What a model says of a photo, at the source's own size (see refine for full resolution).

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
        The disparity, who is in the picture if that very model can tell, and, but for ``fast``,
        what the picture is of.

    Raises:
        DepthError, ModelError, MissingExtraError: no disparity can be had from that model.
    """
    shown = cache(lambda: _shown(photo))
    found = _estimate(photo, model, quality, invert, progress or silent, shown)
    if quality == "fast":
        return found
    from defocus.salience import find_salience

    return replace(found, salient=shown().back(find_salience(shown().pixels)))


def is_quick(photo: Photo, model: str) -> bool:
    """Whether :func:`estimate` of ``fast`` quality is soon made: by the built-in network."""
    from defocus.depth.embedded import embedded_disparity
    from defocus.depth.store import best_on_disk

    if model != "auto":
        return model == "builtin"
    return best_on_disk() is None and embedded_disparity(photo) is None


def _estimate(
    photo: Photo,
    model: str,
    quality: Quality,
    invert: bool,
    report: Progress,
    shown: Callable[[], _Shown],
) -> Estimate:
    from defocus.depth.embedded import embedded_disparity
    from defocus.disparity import Estimate

    report("depth", 0.0)
    own = embedded_disparity(photo) if model in ("auto", "embedded") else None
    if own is not None:
        found = Estimate(own.inverted() if invert else own)
    elif model == "embedded":
        raise DepthError(
            f"{photo.path or 'the photo'} holds no depth of its own: use --model builtin"
        )
    else:
        found = _by_model(photo, model, quality, invert, shown)
    report("depth", 1.0)
    return found


def _by_model(
    photo: Photo, model: str, quality: Quality, invert: bool, shown: Callable[[], _Shown]
) -> Estimate:
    from defocus.depth import registry
    from defocus.tone import as_sdr

    if model == "auto":
        from defocus.depth.store import best_on_disk

        model = best_on_disk() or "builtin"
    if registry.is_map_file(model):
        pixels = eight_bit(as_sdr(photo).pixels)
        return registry.load_model(model, invert=invert).estimate(pixels, quality)
    network = registry.load_model(model)
    try:
        found = shown().estimate_back(_checked(network.estimate(shown().pixels, quality)))
    except Exception as error:
        if registry.is_plugin(model) and not isinstance(error, DefocusError):
            raise blamed(error) or ModelError(
                f"the depth backend {model!r}, of an installed plugin, failed: "
                f"{type(error).__name__}: {error}"
            ) from error
        raise
    return replace(found, disparity=found.disparity.inverted()) if invert else found


@dataclass(frozen=True, slots=True)
class _Shown:
    """What networks are shown of a photo: of a full panorama also what lies across its edges, of a
    picture with a frame the inside alone.

    Attributes:
        pixels: H×W×3 uint8.
        back: a map of them, of any size, made one of the photo.
    """

    pixels: NDArray[np.uint8]
    back: Callable[[NDArray[np.float32]], NDArray[np.float32]]

    def estimate_back(self, found: Estimate) -> Estimate:
        """An estimate of them, made one of the photo."""
        values = self.back(found.disparity.values)
        person = None if found.person is None else self.back(found.person)
        return replace(found, disparity=replace(found.disparity, values=values), person=person)


def _shown(photo: Photo) -> _Shown:
    from defocus import panorama
    from defocus.frame import find_frame
    from defocus.tone import as_sdr

    pixels = eight_bit(as_sdr(photo).pixels)
    if panorama.goes_round(photo):
        width = pixels.shape[1]
        margin = round(width * panorama.DEPTH_MARGIN)
        wide = panorama.widened(pixels, margin)
        return _Shown(wide, lambda values: panorama.narrow_map(values, margin / width))
    frame = find_frame(pixels)
    if not frame:
        return _Shown(pixels, lambda values: values)
    inside = np.ascontiguousarray(frame.inside(pixels))
    return _Shown(inside, lambda values: frame.continued(values, photo.size_wh))


def _checked(given: object) -> Estimate:
    """What a backend gave, if it is what one must give. Raises TypeError."""
    from defocus.disparity import Estimate

    if not isinstance(given, Estimate):
        raise TypeError(f"its estimate is no Estimate but {type(given).__name__}")
    return given


def eight_bit(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """What networks take: uint16 reduced to uint8."""
    if pixels.dtype == np.uint8:
        return pixels
    import cv2

    return np.asarray(cv2.convertScaleAbs(pixels, alpha=1 / 257), np.uint8)

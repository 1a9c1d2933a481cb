"""Depth models: photo pixels in, :class:`~defocus.disparity.Disparity` out, larger = nearer.

(interface first; the registry is being written by this package's owner)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from defocus.disparity import Disparity
    from defocus.edit import Quality
    from defocus.photo import Photo
    from defocus.progress import Progress


class DepthModel(Protocol):
    """What a backend must offer."""

    name: str

    def estimate(self, pixels: NDArray[np.uint8], quality: Quality = "default") -> Disparity:
        """Disparity of an upright picture, H×W×3 uint8 sRGB, at the network's own output size."""
        ...


def load_model(name: str, **options: Any) -> DepthModel:
    """The backend behind a name, a path or a hub id. Raises ModelError, MissingExtraError."""
    raise NotImplementedError


def estimate_disparity(
    photo: Photo,
    model: str = "auto",
    *,
    quality: Quality = "default",
    invert: bool = False,
    progress: Progress | None = None,
) -> Disparity:
    """The disparity of a photo, at the source's own size (see refine for full resolution)."""
    raise NotImplementedError

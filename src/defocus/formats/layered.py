"""A result in parts, for formats that hold layers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from defocus.disparity import Disparity
    from defocus.photo import Photo


@dataclass(frozen=True, eq=False, slots=True)
class Layered:
    """What a result was made of. All maps have the height and width of ``original``.

    Mixed in light by ``matte``, subject over background is the photo.

    Attributes:
        original: the photo before the blur.
        subject: H×W×3 like its pixels: colours of what is in focus, without the background's.
        background: H×W×3: colours of all else; where ``matte`` is 1 nobody knows them.
        matte: H×W float32 in 0..1, opacity of what is in focus.
        radius_px: H×W float32, signed blur radius, positive in front of the focal plane.
        disparity: H×W, normalised to 0..1; its unit leads back to the source's.
    """

    original: Photo
    subject: NDArray[Any]
    background: NDArray[Any]
    matte: NDArray[np.float32]
    radius_px: NDArray[np.float32]
    disparity: Disparity

    def fitting(self, size_wh: tuple[int, int]) -> Layered:
        """The same in this size."""
        if size_wh == self.original.size_wh:
            return self
        import cv2
        import numpy as np

        def small(values: NDArray[Any]) -> NDArray[Any]:
            return cv2.resize(values, size_wh, interpolation=cv2.INTER_AREA)

        def small_where(known: NDArray[Any], colours: NDArray[Any]) -> NDArray[Any]:
            weight = np.maximum(known, np.float32(1e-4))
            mean = small(colours * weight[..., None]) / small(weight)[..., None]
            return np.asarray(np.rint(mean), colours.dtype)

        original = self.original
        alpha = None if original.alpha is None else small(original.alpha)
        scale = size_wh[0] / original.size_wh[0]
        return Layered(
            replace(original, pixels=small(original.pixels), alpha=alpha),
            small_where(self.matte, self.subject),
            small_where(1 - self.matte, self.background),
            small(self.matte),
            small(self.radius_px) * np.float32(scale),
            replace(self.disparity, values=small(self.disparity.values)),
        )

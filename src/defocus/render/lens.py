"""placeholder for the renderer's owner"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus.optics import Lens
from defocus.transfer import SRGB, Transfer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.progress import Progress


@dataclass(frozen=True, eq=False, slots=True)
class Behind:
    """A second sample per pixel, behind the first: what a soft matte sees through.

    Where hair, fur or a mixed edge pixel lets the background through, one RGBD pixel cannot say it.
    With ``Behind``, the picture's own pixel is the front sample with weight ``alpha`` (its colour
    already cleaned of the background), and this is the rest.

    Attributes:
        alpha: H×W uint8, weight of the front sample, 255 = opaque (the ordinary case).
        colour: H×W×3, same dtype and encoding as the picture; read only where alpha < 255.
        radius_px: H×W float32, signed blur radius of the back sample; read only where alpha < 255.
    """

    alpha: NDArray[np.uint8]
    colour: NDArray[Any]
    radius_px: NDArray[np.float32]


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
    raise NotImplementedError

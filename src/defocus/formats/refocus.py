"""What to embed in a result so that it can be focused again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from defocus.disparity import Disparity
    from defocus.photo import Photo


@dataclass(frozen=True, eq=False, slots=True)
class Refocus:
    """Disparity, focus and original of a result.

    Attributes:
        disparity: of the picture, any size.
        original: the picture before the blur, or None.
        focus_disparity: of the focal plane, in the unit of ``disparity``, or None.
        blur_at_infinity: blur radius over the picture's diagonal, or None.
    """

    disparity: Disparity
    original: Photo | None = None
    focus_disparity: float | None = None
    blur_at_infinity: float | None = None

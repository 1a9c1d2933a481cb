"""Photo: pixels, and everything else the file held.

(types first; reading and writing is being written by this module's owner)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.disparity import Disparity
    from defocus.edit import Output
    from defocus.transfer import Transfer


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the file held beside its pixels; carried to the result untouched.

    Attributes:
        format: ``jpeg``, ``png``, ``tiff``, ``webp``, ``heif``, ``avif`` or ``raw``.
        icc: the ICC profile, or None (then sRGB is meant).
        exif: a TIFF-structured EXIF block without the ``Exif\\0\\0`` prefix, its orientation
            already reset to 1, or None.
        xmp: the XMP packet, without any embedded depth payload, or None.
        dpi: (x, y) or None.
        grey: the file was grey; ``Photo.pixels`` has three equal channels.
        jpeg: what a JPEG needs to be written back with the same tables and subsampling, or None.
        notes: for people: what was converted or cannot be kept ("CMYK converted to sRGB", …).
    """

    format: str
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    grey: bool = False
    jpeg: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Layers:
    """What a phone stored beside the picture, turned upright like the pixels, at its own size.

    Attributes:
        disparity: the embedded map, or None.
        mattes: name (``portrait``, ``hair``, ``skin``, ``teeth``, ``glasses``, ``sky``) → h×w
            float32 in 0..1.
        simulated_f_number: the aperture chosen on the phone, or None.
        focus_disparity: focal plane stored with the map, in its unit, or None.
        dropped: for people: layers that will not survive ("HDR gain map", …).
    """

    disparity: Disparity | None = None
    mattes: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    simulated_f_number: float | None = None
    focus_disparity: float | None = None
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Photo:
    """A photo in memory, upright.

    Attributes:
        pixels: H×W×3 uint8 or uint16, encoded as its profile says (sRGB if there is none).
        alpha: H×W, same dtype, or None.
        meta: what the file held beside its pixels.
        layers: depth and mattes that a phone stored.
        path: where it came from, or None.
    """

    pixels: NDArray[Any]
    alpha: NDArray[Any] | None = None
    meta: Metadata = field(default_factory=lambda: Metadata("png"))
    layers: Layers = field(default_factory=Layers)
    path: Path | None = None

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @property
    def transfer(self) -> Transfer:
        """The transfer curve of the photo's colour profile."""
        raise NotImplementedError


def read_photo(path: str | Path, *, max_pixels: int = 300_000_000) -> Photo:
    """Read a photo upright, with all that the file held. Raises PhotoError, TooLargeError."""
    raise NotImplementedError


def write_photo(
    photo: Photo,
    path: str | Path,
    *,
    output: Output | None = None,
    disparity: Disparity | None = None,
    overwrite: bool = False,
) -> Path:
    """Write beside the target and rename. ``disparity`` is embedded when ``output`` asks for it."""
    raise NotImplementedError

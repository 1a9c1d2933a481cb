"""Photo: pixels, and everything else the file held. Files are for :mod:`defocus.formats`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from defocus.disparity import Disparity
    from defocus.transfer import Transfer


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the file held beside its pixels; carried to the result untouched.

    Attributes:
        format: name of a row in :data:`defocus.formats.FORMATS`: ``jpeg``, ``png``, …
        icc: the ICC profile, or None (then sRGB is meant).
        exif: a TIFF-structured EXIF block without the ``Exif\\0\\0`` prefix, its orientation
            already reset to 1, or None.
        xmp: the XMP packet, without any embedded depth payload, or None.
        dpi: (x, y) or None.
        aspect: where no unit is given, (x, y) samples along equal lengths, or None: their relation
            is the shape of a pixel.
        grey: the file was grey; ``Photo.pixels`` has three equal channels.
        jpeg: what a JPEG needs to be written back with the same tables and subsampling, or None.
        notes: for people: what was converted or cannot be kept ("CMYK converted to sRGB", …).
        text: PNG text chunks, (keyword, text).
        compressed: a TIFF was compressed, or a WebP lossless; None if that means nothing.
        photoshop: image resources (IPTC captions) of a JPEG or TIFF, without thumbnail, or None.
        comment: a plain comment of a JPEG, or None.
        cicp: (primaries, transfer) of ITU-T H.273 where the curve is PQ or HLG, or None. It takes
            the place of a profile.
        levels: how bright the screen was that an HDR picture was made on, and how bright it gets:
            PNG's chunks (name, body) ``mDCV`` and ``cLLI``.
        bits: a channel in the file, where that was neither 8 nor 16; the pixels have 16.
    """

    format: str
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    aspect: tuple[float, float] | None = None
    grey: bool = False
    jpeg: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()
    text: tuple[tuple[str, str], ...] = ()
    compressed: bool | None = None
    photoshop: bytes | None = None
    comment: bytes | None = None
    cicp: tuple[int, int] | None = None
    levels: tuple[tuple[bytes, bytes], ...] = ()
    bits: int | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Embedded:
    """What a phone stored beside the picture, turned upright like the pixels, at its own size.

    Attributes:
        disparity: the embedded map, or None.
        mattes: name (``portrait``, ``hair``, ``skin``, ``teeth``, ``glasses``, ``sky``) → h×w
            float32 in 0..1.
        simulated_f_number: the aperture chosen on the phone, or None.
        focus_disparity: focal plane stored with the map, in its unit, or None.
        focus_at: where the camera focused (EXIF's SubjectArea), x and y in 0..1, or None.
        dropped: for people: layers that will not survive ("HDR gain map", …).
        original: the picture before the blur, as an encoded JPEG (``GImage``), or None.
    """

    disparity: Disparity | None = None
    mattes: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    simulated_f_number: float | None = None
    focus_disparity: float | None = None
    focus_at: tuple[float, float] | None = None
    dropped: tuple[str, ...] = ()
    original: bytes | None = None


@dataclass(frozen=True, eq=False, slots=True)
class GainMap:
    """How much brighter a screen with room for it shows each pixel (ISO 21496-1, Ultra HDR).

    With the code c in 0..1 of a pixel, its light on such a screen is
    (light + offset_sdr) · 2^(low + (high − low) · c^(1/gamma)) − offset_hdr, white being 1.

    Attributes:
        codes: h×w×1 or h×w×3 uint8, upright, at its own size.
        low, high, gamma, offset_sdr, offset_hdr: for red, green and blue; low and high in stops.
        capacity: stops of room from which the gain begins to count, and with which it counts fully.
        jpeg: what it takes to encode the codes with the same tables, as in ``Metadata``, or None.
    """

    codes: NDArray[np.uint8]
    low: tuple[float, float, float]
    high: tuple[float, float, float]
    gamma: tuple[float, float, float]
    offset_sdr: tuple[float, float, float]
    offset_hdr: tuple[float, float, float]
    capacity: tuple[float, float]
    jpeg: Mapping[str, Any] | None = None


@dataclass(frozen=True, eq=False, slots=True, weakref_slot=True)
class Photo:
    """A photo in memory, upright.

    Attributes:
        pixels: H×W×3 uint8 or uint16, encoded as its profile says (sRGB if there is none).
        alpha: H×W, same dtype, or None.
        meta: what the file held beside its pixels.
        embedded: depth and mattes that a phone stored.
        gain_map: what makes an HDR picture of it, or None.
        path: where it came from, or None.
    """

    pixels: NDArray[Any]
    alpha: NDArray[Any] | None = None
    meta: Metadata = field(default_factory=lambda: Metadata("png"))
    embedded: Embedded = field(default_factory=Embedded)
    gain_map: GainMap | None = None
    path: Path | None = None

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]

    def _repr_png_(self) -> bytes:
        """How a notebook shows it."""
        from defocus.display import png

        curve = self.transfer if self.meta.cicp is not None else None
        return png(self.pixels, self.alpha, self.meta.icc, curve)

    @property
    def transfer(self) -> Transfer:
        """The transfer curve of the photo's colour profile, or its HDR curve."""
        from defocus import colour
        from defocus.transfer import HDR

        if self.meta.cicp is not None:
            return HDR[self.meta.cicp[1]]
        return colour.transfer(self.meta.icc)

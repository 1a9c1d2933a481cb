"""The camera that took a photo, as far as its EXIF tells."""

from __future__ import annotations

from dataclasses import dataclass

# EXIF 2.32 tags, in the Exif sub-IFD
_EXIF_IFD = 0x8769
_FOCAL_LENGTH_35MM = 0xA405


@dataclass(frozen=True, slots=True)
class Camera:
    """What matters for depth of field.

    Attributes:
        focal_35mm: focal length in mm of the full-frame lens that sees the same field.
    """

    focal_35mm: float


def camera_of(exif: bytes | None) -> Camera | None:
    """The camera in an EXIF block, or None if the field of view is not told.

    Args:
        exif: as in :class:`defocus.photo.Metadata`.
    """
    if not exif:
        return None
    from PIL import Image

    block = Image.Exif()
    try:
        block.load(exif)
        tags = block.get_ifd(_EXIF_IFD)
    except Exception:  # a damaged block tells nothing; Pillow raises many kinds of error
        return None
    focal_35mm = _positive(tags.get(_FOCAL_LENGTH_35MM))
    return None if focal_35mm is None else Camera(focal_35mm)


def _positive(value: object) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if 0 < number < 1e5 else None

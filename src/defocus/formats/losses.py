"""What a result does not carry over from its photo, for people: one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from defocus import formats
from defocus.colour import space
from defocus.folders import expanded
from defocus.formats import exif
from defocus.formats.faults import naming
from defocus.installation import to_install_extra

if TYPE_CHECKING:
    from pathlib import Path

    from defocus.formats.codec import Format
    from defocus.formats.output import Output
    from defocus.photo import Photo


def losses(photo: Photo, path: str | Path, output: Output | None = None) -> tuple[str, ...]:
    """All that the file written to ``path`` will lack of the file that the photo came from.

    First what reading already converted, repaired or left out (``Metadata.notes``,
    ``Embedded.dropped``), then what the target's format cannot hold. Empty if all is kept.

    Raises:
        PhotoError: the target has no format that can be written.
    """
    path = expanded(path)
    with naming(path):
        target = formats.for_writing(output.format if output else None, path.suffix.lower())
    dropped = (f"{layer} is not carried over" for layer in photo.embedded.dropped)
    return tuple(dict.fromkeys((*photo.meta.notes, *dropped, *_of_target(photo, target))))


def kept_curve(photo: Photo, path: str | Path, output: Output | None = None) -> str | None:
    """Of an HDR picture that stays one, what its viewer must know; for people, or None.

    No loss, but such a picture looks dull in a program that does not know its curve.
    """
    target = formats.for_writing(output.format if output else None, expanded(path).suffix.lower())
    if photo.meta.cicp is None or target.holds_here is None or not target.holds_here.hdr:
        return None
    return f"HDR ({photo.transfer.name}) is kept: a program without it shows the result dull"


def _of_target(photo: Photo, target: Format) -> list[str]:
    """What the format cannot hold of this photo."""
    holds, meta, name = target.holds_here, photo.meta, target.title
    if holds is None:
        return []
    lost = []
    bits = meta.bits or photo.pixels.dtype.itemsize * 8
    if bits > holds.bits:
        deeper = None if target.holds_here is not target.holds else target.deeper
        more = (
            ""
            if deeper is None
            else f"; the extra '{deeper.extra}' keeps more: {to_install_extra(deeper.extra)}"
        )
        lost.append(f"{bits} bits become {holds.bits} in {name}{more}")
    if meta.cicp is not None and not holds.hdr:
        lost.append(f"HDR ({photo.transfer.name}) becomes an ordinary sRGB picture in {name}")
    if meta.levels and not holds.levels:
        lost.append(f"the light levels of the screen it was made on have no place in {name}")
    if photo.gain_map is not None and not holds.gain_map:
        lost.append(f"the HDR gain map has no place in {name}")
    if holds.metadata and not holds.grey and meta.icc is not None and space(meta.icc) == "grey":
        lost.append(f"the grey profile becomes sRGB in {name}")
    if photo.alpha is not None and not holds.alpha:
        lost.append(f"transparent parts become white in {name}")
    if not holds.metadata:
        kept = {"EXIF": meta.exif, "XMP": meta.xmp}
        lost.extend(f"{what} has no place in {name}" for what, held in kept.items() if held)
    if meta.dpi is not None and not holds.dpi and not _exif_says(meta.exif, meta.dpi):
        lost.append(f"the resolution of {meta.dpi[0]:.0f} dpi has no place in {name}")
    if meta.aspect is not None and not holds.dpi and meta.aspect[0] != meta.aspect[1]:
        lost.append(f"that its pixels are not square has no place in {name}")
    if meta.photoshop is not None and not holds.iptc:
        lost.append(f"IPTC captions and Photoshop's resources have no place in {name}")
    if meta.comment is not None and not holds.comment:
        lost.append(f"the comment has no place in {name}")
    if meta.text and not holds.text:
        lost.append(f"PNG text chunks have no place in {name}")
    if holds.exif_bytes is not None and meta.exif is not None:
        _, gone = exif.within(meta.exif, holds.exif_bytes)
        lost.extend(f"{what} is too large for {name}" for what in gone)
    return lost


def _exif_says(block: bytes | None, dpi: tuple[float, float]) -> bool:
    """Does the EXIF block, which is kept, give this resolution too?"""
    from defocus.errors import PhotoError
    from defocus.formats import ifd
    from defocus.formats.tiff import dpi_of

    if block is None:
        return False
    try:
        said = dpi_of(ifd.read(block)[0])
    except PhotoError:
        return False
    return said is not None and all(abs(a - b) < 1 for a, b in zip(said, dpi, strict=True))

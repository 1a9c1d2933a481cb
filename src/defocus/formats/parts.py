"""From what a container held to a Photo: checked, upright, with clean metadata."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus import colour
from defocus.formats import jpeg_segments, stale_xmp
from defocus.formats.exif import PREFIX, BrokenExifError, ExifBlock, told_orientation
from defocus.formats.photoshop import without_thumbnail
from defocus.formats.pixels import SWAPS_AXES, Picture, upright, upright_layer
from defocus.photo import Embedded, GainMap, Metadata, Photo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


@dataclass(slots=True)
class Parts:
    """What a container held, as stored: not yet upright, not yet checked.

    Attributes:
        format: as in ``Metadata.format``.
        picture: the pixels, encoded as ``icc`` says.
        icc, exif, xmp: the raw blobs; damaged ones are dropped with a note.
        dpi: (x, y) or None.
        aspect: as in ``Metadata.aspect``; dropped if anything gives a resolution.
        orientation: 1 to 8 if the container says so beside EXIF, None to believe EXIF, or XMP if
            that is silent; 1 if the decoder has turned the picture already.
        jpeg, text, compressed, photoshop, comment, cicp, levels, bits: see ``Metadata``.
        embedded, gain_map: as stored, not turned.
        notes: for people.
    """

    format: str
    picture: Picture
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    aspect: tuple[float, float] | None = None
    orientation: int | None = None
    jpeg: Mapping[str, Any] | None = None
    text: tuple[tuple[str, str], ...] = ()
    compressed: bool | None = None
    photoshop: bytes | None = None
    comment: bytes | None = None
    cicp: tuple[int, int] | None = None
    levels: tuple[tuple[bytes, bytes], ...] = ()
    bits: int | None = None
    embedded: Embedded = field(default_factory=Embedded)
    gain_map: GainMap | None = None
    notes: list[str] = field(default_factory=list)


def assemble(parts: Parts) -> Photo:
    """Turn everything upright and drop, with a note, what is damaged."""
    picture, notes = parts.picture, parts.notes
    stored_wh = picture.pixels.shape[1], picture.pixels.shape[0]

    exif = _readable(parts.exif, notes)
    orientation = parts.orientation
    if orientation is None and exif is not None:
        orientation = exif.orientation
    elif orientation is None and parts.exif:
        orientation = told_orientation(parts.exif)
    if orientation is None:
        orientation = stale_xmp.orientation(parts.xmp) or 1
    pixels = upright(picture.pixels, orientation)
    alpha = None if picture.alpha is None else upright(picture.alpha, orientation)
    focus_at = None
    if exif is not None:
        focus_at = exif.make_subject_area_upright((pixels.shape[1], pixels.shape[0]))
        exif.make_upright((pixels.shape[1], pixels.shape[0]))
        exif.drop_thumbnail()
        # Overlapping parts of a damaged block may have been cut.
        exif = _readable(exif.tobytes(), notes)

    icc = parts.icc
    if icc:
        fault = colour.fault(icc, grey=picture.grey)
        if fault is not None:
            notes.append(f"colour profile dropped: {fault}")
            icc = None

    is_silent = parts.dpi is None and (exif is None or not exif.has_resolution)
    packet, dropped = stale_xmp.clean(parts.xmp)
    notes.extend(dropped)
    meta = Metadata(
        format=parts.format,
        icc=icc or None,
        exif=exif.tobytes() if exif is not None else None,
        xmp=packet,
        dpi=_sane(parts.dpi, orientation),
        aspect=_sane(parts.aspect, orientation) if is_silent else None,
        grey=picture.grey,
        jpeg=parts.jpeg,
        notes=tuple(notes),
        text=parts.text,
        compressed=parts.compressed,
        photoshop=without_thumbnail(parts.photoshop) if parts.photoshop else None,
        comment=parts.comment,
        cicp=parts.cicp,
        levels=parts.levels,
        bits=parts.bits,
    )
    gain_map = parts.gain_map
    if gain_map is not None:
        gain_map = replace(gain_map, codes=_turned_codes(gain_map.codes, orientation, stored_wh))
    embedded = replace(_turn(parts.embedded, orientation, stored_wh), focus_at=focus_at)
    return Photo(pixels, alpha, meta, embedded, gain_map)


def _readable(block: bytes | None, notes: list[str]) -> ExifBlock | None:
    """The block, or None and a note if it is damaged; one that holds nothing is no block."""
    if not block or not block.removeprefix(PREFIX).strip(b"\0"):
        return None
    try:
        found = ExifBlock(block)
    except BrokenExifError as error:
        notes.append(f"EXIF dropped: {error}")
        return None
    if found.fault is not None and (note := f"EXIF is damaged: {found.fault}") not in notes:
        notes.append(note)
    return found


def _turn(layers: Embedded, orientation: int, stored_wh: tuple[int, int]) -> Embedded:
    """All layers upright."""

    def turned(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return upright_layer(values, orientation, stored_wh)

    disparity = layers.disparity
    if disparity is not None:
        disparity = replace(disparity, values=turned(disparity.values))
    mattes = {name: turned(matte) for name, matte in layers.mattes.items()}
    original = layers.original
    if original is not None and orientation != 1:
        original = jpeg_segments.with_orientation(original, orientation)
    return replace(layers, disparity=disparity, mattes=mattes, original=original)


def _turned_codes(
    codes: NDArray[np.uint8], orientation: int, stored_wh: tuple[int, int]
) -> NDArray[np.uint8]:
    turned = upright_layer(codes, orientation, stored_wh)
    return np.ascontiguousarray(turned.reshape(*turned.shape[:2], -1))


def _sane(density: tuple[float, float] | None, orientation: int) -> tuple[float, float] | None:
    """(x, y) of the upright picture, or None if the numbers make no sense."""
    if density is None or not all(1 <= value <= 100_000 for value in density):
        return None
    x, y = density[::-1] if orientation in SWAPS_AXES else density
    return float(x), float(y)

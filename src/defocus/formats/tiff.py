"""TIFF, 8 and 16 bits, grey, palette, alpha, CMYK and Lab (converted), float (scaled to 16 bits).

Tags are read and written here, pixels decoded in :mod:`defocus.formats.tiff_pixels`.
"""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from defocus import colour
from defocus.errors import PhotoError
from defocus.formats import ifd, tiff_pages, tiff_pixels
from defocus.formats.codec import Header
from defocus.formats.ifd import Directory, Entry
from defocus.formats.parts import Parts, assemble
from defocus.formats.pixels import with_alpha
from defocus.formats.tiff_tags import (
    BITS,
    BLACK_IS_ZERO,
    COMPRESSION,
    DEFLATE,
    EXTRA_SAMPLES,
    FIRST_BIG_KIND,
    FIRST_DNG_TAG,
    FLOAT,
    ICC,
    LENGTH,
    NO_COMPRESSION,
    NOT_EXIF,
    ORIENTATION,
    PHOTOMETRIC,
    PHOTOSHOP,
    PLANAR,
    PREDICTOR,
    RESOLUTION_UNIT,
    RGB,
    ROWS_PER_STRIP,
    SAMPLE_FORMAT,
    SAMPLES,
    STRIP_AT,
    STRIP_BYTES,
    UNASSOCIATED,
    WIDTH,
    X_RESOLUTION,
    XMP,
    Y_RESOLUTION,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from defocus.formats.codec import Content, Save
    from defocus.photo import Photo

_STRIP_BYTES = 1 << 20
_DEFLATE_LEVEL = 3
_NONE, _HORIZONTAL = 1, 2
_RESOLUTION = {X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT}
_NO_UNIT, _INCH, _CENTIMETRE = 1, 2, 3


def peek(data: Content) -> Header:
    """See :mod:`defocus.formats`."""
    directory = tiff_pages.find(data).picture
    size_wh = directory.number(WIDTH, 0), directory.number(LENGTH, 0)
    return Header(size_wh, max(directory.numbers(BITS), default=1))


def read(data: bytes, max_pixels: int) -> Photo:
    """See :mod:`defocus.formats`. Of several pages the first is taken, with a note."""
    pages = tiff_pages.find(data)
    directory = pages.picture
    notes = []
    if pages.more:
        notes.append(f"of {pages.more + 1} pages only the first is kept")
    picture, icc = tiff_pixels.decode(data, directory, max_pixels, notes)
    return assemble(
        Parts(
            format="tiff",
            picture=picture,
            icc=icc,
            exif=exif_of(directory),
            xmp=directory.bytes_of(XMP),
            dpi=dpi_of(directory),
            aspect=_aspect_of(directory),
            photoshop=directory.bytes_of(PHOTOSHOP),
            notes=notes,
            compressed=directory.number(COMPRESSION, NO_COMPRESSION) != NO_COMPRESSION,
        )
    )


def dpi_of(directory: Directory) -> tuple[float, float] | None:
    """The resolution (x, y) that a directory gives, in dots per inch."""
    x, y = directory.rational(X_RESOLUTION), directory.rational(Y_RESOLUTION)
    factor = {_INCH: 1.0, _CENTIMETRE: 2.54}.get(directory.number(RESOLUTION_UNIT, _INCH))
    if x is None or y is None or factor is None:
        return None
    return x * factor, y * factor


def _aspect_of(directory: Directory) -> tuple[float, float] | None:
    """(x, y) samples along equal lengths, if the directory says that it knows no unit."""
    x, y = directory.rational(X_RESOLUTION), directory.rational(Y_RESOLUTION)
    if x is None or y is None or directory.number(RESOLUTION_UNIT, _INCH) != _NO_UNIT:
        return None
    return x, y


def exif_of(directory: Directory) -> bytes | None:
    """The tags that are not about the file's structure, as an EXIF block of their own."""
    kept = directory.without(NOT_EXIF)
    if directory.number(RESOLUTION_UNIT, _INCH) == _NO_UNIT:
        # EXIF knows no such unit, and programs would take the numbers for dots per inch.
        kept = kept.without(_RESOLUTION)
    entries = {
        tag: entry
        for tag, entry in kept.entries.items()
        if entry.kind < FIRST_BIG_KIND and tag < FIRST_DNG_TAG
    }
    if not entries.keys() - _RESOLUTION:
        return None
    return ifd.header(kept.order, 8) + ifd.write(Directory(kept.order, entries), 8)


def write(target: BinaryIO, photo: Photo, save: Save) -> None:
    """See :mod:`defocus.formats`. In the EXIF block's byte order, so that its values stay."""
    about = _from_exif(photo.meta.exif)
    values = with_alpha(photo)
    if values.ndim == 2:
        values = values[..., None]
    colours = values.shape[2] - (photo.alpha is not None)
    entries = about.entries | {
        PHOTOMETRIC: ifd.shorts(about.order, RGB if colours == 3 else BLACK_IS_ZERO),
        ORIENTATION: ifd.shorts(about.order, 1),
        **_metadata(photo, about.order, grey=colours == 1),
    }
    if photo.alpha is not None:
        entries[EXTRA_SAMPLES] = ifd.shorts(about.order, UNASSOCIATED)
    compress = photo.meta.compressed is not False
    _store(target, values, Directory(about.order, entries), compress=compress)


def write_numbers(target: BinaryIO, values: NDArray[np.float32]) -> None:
    """H×W float32, exactly: no photo, but what a depth map holds."""
    entries = {
        PHOTOMETRIC: ifd.shorts("<", BLACK_IS_ZERO),
        SAMPLE_FORMAT: ifd.shorts("<", FLOAT),
    }
    _store(target, values[..., None], Directory("<", entries), compress=True)


def _store(target: BinaryIO, values: NDArray[Any], about: Directory, *, compress: bool) -> None:
    """Samples in strips, then the directory: what it says already, and how they are stored."""
    height, width, channels = values.shape
    order = about.order
    # Differences of floats would have to be those of their bytes.
    predictor = _HORIZONTAL if compress and values.dtype.kind == "u" else _NONE
    rows = max(1, _STRIP_BYTES // (width * channels * values.itemsize))
    target.write(ifd.header(order, 0))
    starts, sizes = [], []
    at = 8
    for strip in _strips(values, rows, order, predictor, compress=compress):
        starts.append(at)
        sizes.append(len(strip))
        target.write(strip + b"\0" * (len(strip) % 2))
        at += len(strip) + len(strip) % 2
        if at >= 1 << 32:
            raise PhotoError("a TIFF holds at most 4 GB: scale the photo down or write PNG")
    entries = about.entries | {
        WIDTH: ifd.longs(order, width),
        LENGTH: ifd.longs(order, height),
        BITS: ifd.shorts(order, *[8 * values.itemsize] * channels),
        COMPRESSION: ifd.shorts(order, DEFLATE if compress else NO_COMPRESSION),
        STRIP_AT: ifd.longs(order, *starts),
        SAMPLES: ifd.shorts(order, channels),
        ROWS_PER_STRIP: ifd.longs(order, rows),
        STRIP_BYTES: ifd.longs(order, *sizes),
        PLANAR: ifd.shorts(order, 1),
    }
    if predictor != _NONE:
        entries[PREDICTOR] = ifd.shorts(order, predictor)
    target.write(ifd.write(Directory(order, entries), at))
    target.seek(0)
    target.write(ifd.header(order, at))
    target.seek(0, io.SEEK_END)


def _from_exif(block: bytes | None) -> Directory:
    """The tags of an EXIF block that have a place in a TIFF's first directory."""
    if block is None:
        return Directory("<", {})
    try:
        directory, _ = ifd.read(block)
    except PhotoError:
        return Directory("<", {})
    return directory.without(NOT_EXIF)


def _strips(
    values: NDArray[Any], rows: int, order: ifd.Order, predictor: int, *, compress: bool
) -> Iterator[bytes]:
    """Encoded strips: horizontal differencing (predictor 2) and deflate, or plain."""
    for top in range(0, len(values), rows):
        strip = values[top : top + rows]
        if predictor == _HORIZONTAL:
            strip = np.concatenate([strip[:, :1], np.diff(strip, axis=1)], axis=1)
        stored = strip.astype(strip.dtype.newbyteorder(order)).tobytes()
        yield zlib.compress(stored, _DEFLATE_LEVEL) if compress else stored


def _metadata(photo: Photo, order: ifd.Order, *, grey: bool) -> dict[int, Entry]:
    meta = photo.meta
    entries: dict[int, Entry] = {}
    density = meta.dpi or meta.aspect
    if density is not None:
        entries[X_RESOLUTION] = ifd.fraction(order, density[0])
        entries[Y_RESOLUTION] = ifd.fraction(order, density[1])
        entries[RESOLUTION_UNIT] = ifd.shorts(order, _INCH if meta.dpi else _NO_UNIT)
    if meta.xmp is not None:
        entries[XMP] = ifd.blob(ifd.BYTE, meta.xmp)
    icc = colour.fitting(meta.icc, grey=grey)
    if icc is not None:
        entries[ICC] = ifd.blob(ifd.UNDEFINED, icc)
    if meta.photoshop is not None:
        entries[PHOTOSHOP] = ifd.blob(ifd.BYTE, meta.photoshop)
    return entries

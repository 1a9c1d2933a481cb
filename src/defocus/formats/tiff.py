"""TIFF, 8 and 16 bits, grey, palette, alpha, CMYK and Lab (converted), float (scaled to 16 bits).

Tags are read and written here; a decoder sees a copy with the tags of the picture alone.
"""

from __future__ import annotations

import io
import logging
import threading
import warnings
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from defocus import colour
from defocus.errors import PhotoError
from defocus.formats import ifd
from defocus.formats.ifd import Directory, Entry
from defocus.formats.parts import Parts, assemble
from defocus.formats.pixels import (
    Picture,
    check_plausible,
    check_size,
    decoding,
    expand_grey,
    from_pillow,
    with_alpha,
)
from defocus.transfer import SRGB

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from defocus.formats import Save
    from defocus.photo import Photo

WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC = 256, 257, 258, 259, 262
STRIP_AT, SAMPLES, ROWS_PER_STRIP, STRIP_BYTES = 273, 277, 278, 279
X_RESOLUTION, Y_RESOLUTION, PLANAR, RESOLUTION_UNIT = 282, 283, 284, 296
PREDICTOR, TILE_WIDTH, TILE_LENGTH, TILE_AT, TILE_BYTES = 317, 322, 323, 324, 325
EXTRA_SAMPLES, SAMPLE_FORMAT = 338, 339
XMP, PHOTOSHOP, ICC, ORIENTATION = 700, 34377, 34675, 274
_PICTURE_TAGS = {
    *(WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC, STRIP_AT, SAMPLES, ROWS_PER_STRIP),
    *(STRIP_BYTES, PLANAR, PREDICTOR, TILE_WIDTH, TILE_LENGTH, TILE_AT, TILE_BYTES),
    *(EXTRA_SAMPLES, SAMPLE_FORMAT),
    *(266, 292, 293, 318, 319, 320, 321, 332),  # fill order, fax options, white point … ink set
    *(347, *range(512, 522), *range(529, 533)),  # JPEG tables, YCbCr, reference black and white
}
# About the file's own structure (sub-images, page numbers) or kept elsewhere in Metadata.
_NOT_EXIF = _PICTURE_TAGS | {
    *(254, 255, 280, 281, 297, 330, 340, 341, 33421, 33422, 37724),
    *(XMP, PHOTOSHOP, ICC),
}
# DNG describes its sensor from here on; 64-bit types exist in BigTIFF only.
_FIRST_DNG_TAG, _FIRST_BIG_KIND = 50706, 16
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _CMYK = 0, 1, 2, 5
_NONE, _DEFLATE = 1, 8
_QUIET = threading.Lock()
# What tifffile decodes by itself: none, Adobe deflate, deflate, PackBits. OpenCV does LZW and JPEG.
_FOR_TIFFFILE = {1, 8, 32946, 32773}
_FOR_OPENCV = {5, 7}
_ASSOCIATED, _UNASSOCIATED = 1, 2
_PLANES = 2
# The best a byte of compressed data can do is about 1032 : 1 (deflate), 4096 : 1 (LZW), bilevel.
_PIXELS_PER_BYTE = 8 * 4096
# Above this Pillow warns, whoever asks.
_PILLOW_PIXELS = 89_478_485
_MAX_TILE_PIXELS = 64 << 20
_STRIP_BYTES = 1 << 20
_DEFLATE_LEVEL = 3


def read(data: bytes, max_pixels: int) -> Photo:
    """See :mod:`defocus.formats`. Of several pages the first is taken, with a note."""
    directory, following = ifd.read(data)
    width, height = directory.number(WIDTH, 0), directory.number(LENGTH, 0)
    check_size(width, height, max_pixels)
    _check_strips(directory, len(data), width, height)
    notes = ["of several pages only the first is kept"] if following else []
    icc = directory.bytes_of(ICC)
    structure = _picture_only(data, directory)
    with decoding("the TIFF"):
        if _is_plain(directory, width * height):
            picture, icc = _decode_plain(structure, directory, icc, notes)
        else:
            check_size(width, height, min(max_pixels, _PILLOW_PIXELS))
            picture, icc = _decode_special(structure, icc, notes)
    if picture.pixels.shape[:2] != (height, width):
        raise PhotoError("the TIFF's size and content differ: copy it again from where it came")
    return assemble(
        Parts(
            format="tiff",
            picture=picture,
            icc=icc,
            exif=exif_of(directory),
            xmp=directory.bytes_of(XMP),
            dpi=_dpi(directory),
            photoshop=directory.bytes_of(PHOTOSHOP),
            notes=notes,
            compressed=directory.number(COMPRESSION, _NONE) != _NONE,
        )
    )


def _check_strips(directory: Directory, held: int, width: int, height: int) -> None:
    """All strips or tiles must lie inside the file and be able to hold the picture.

    Raises:
        PhotoError: they are not.
    """
    starts = directory.numbers(TILE_AT) or directory.numbers(STRIP_AT)
    sizes = directory.numbers(TILE_BYTES) or directory.numbers(STRIP_BYTES)
    if not starts or len(starts) != len(sizes):
        raise PhotoError("the TIFF does not say where its picture is: copy it again")
    if any(start + size > held for start, size in zip(starts, sizes, strict=True)):
        raise PhotoError("the TIFF is cut off: copy it again from where it came")
    if directory.number(TILE_WIDTH, 1) * directory.number(TILE_LENGTH, 1) > _MAX_TILE_PIXELS:
        raise PhotoError("the TIFF has damaged tiles: copy it again from where it came")
    per_byte = _PIXELS_PER_BYTE
    if directory.number(COMPRESSION, _NONE) == _NONE:
        bits = directory.numbers(BITS) or (1,)
        per_byte = max(1, 8 // max(1, max(bits)))
    check_plausible(width, height, sum(sizes), per_byte)


def _picture_only(data: bytes, directory: Directory) -> bytes:
    """The same file with a directory of the tags that make the picture.

    Numbers that BigTIFF stores in 64 bits are narrowed.
    """
    order = directory.order
    kept = directory.only(_PICTURE_TAGS)
    entries = {
        tag: entry if entry.kind < _FIRST_BIG_KIND else ifd.longs(order, *kept.numbers(tag))
        for tag, entry in kept.entries.items()
    }
    at = len(data) + len(data) % 2
    added = ifd.write(Directory(order, entries), at)
    # A classic header takes eight bytes; BigTIFF's takes sixteen, so nothing is overwritten.
    return b"".join([ifd.header(order, at), data[8:], bytes(len(data) % 2), added])


def _is_plain(directory: Directory, pixels: int) -> bool:
    """Is it for tifffile or OpenCV? Pillow does the other kinds, up to its limit."""
    bits = directory.numbers(BITS) or (1,)
    if max(bits) > 8:
        return True
    if set(bits) != {8} or directory.number(PHOTOMETRIC, _BLACK_IS_ZERO) > _RGB:
        return False
    return directory.number(COMPRESSION, _NONE) in _FOR_TIFFFILE or pixels > _PILLOW_PIXELS


def _decode_special(
    structure: bytes, icc: bytes | None, notes: list[str]
) -> tuple[Picture, bytes | None]:
    """At most 8 bits a sample: bilevel, palette, CMYK, Lab, YCbCr, and what is compressed oddly."""
    from PIL.TiffImagePlugin import TiffImageFile

    # The filters of warnings are global: one thread at a time, and back as they were.
    with _QUIET, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = TiffImageFile(io.BytesIO(structure))
        image.load()
    if image.mode in ("CMYK", "LAB"):
        converted, note = colour.to_srgb(image, icc)
        notes.append(note)
        return from_pillow(converted), None
    return from_pillow(image), icc


def _decode_plain(
    structure: bytes, directory: Directory, icc: bytes | None, notes: list[str]
) -> tuple[Picture, bytes | None]:
    """Grey, RGB or CMYK samples of 8 or more bits."""
    values = _decoded(structure, directory)
    if values.ndim == 2:
        values = values[..., None]
    photometric = directory.number(PHOTOMETRIC, _BLACK_IS_ZERO)
    colours = {_WHITE_IS_ZERO: 1, _BLACK_IS_ZERO: 1, _RGB: 3, _CMYK: 4}.get(photometric)
    if colours is None or values.ndim != 3 or values.shape[2] < colours:
        raise PhotoError("a deep TIFF that is neither grey, RGB nor CMYK: save it as 16-bit RGB")
    if values.dtype.kind == "f":
        values = _from_float(values, icc, notes)
    if values.dtype not in (np.uint8, np.uint16):
        raise PhotoError(f"TIFF samples of type {values.dtype} are not read: save it as 16-bit RGB")
    if photometric == _WHITE_IS_ZERO:
        values = np.iinfo(values.dtype).max - values
    main, rest = np.ascontiguousarray(values[..., :colours]), values[..., colours:]
    if photometric == _CMYK:
        return _from_cmyk(main, icc, notes), None
    alpha = _alpha(rest, directory, notes)
    if alpha is not None and directory.number(EXTRA_SAMPLES, 0) == _ASSOCIATED:
        main = _unpremultiplied(main, alpha)
    if colours == 1:
        return Picture(expand_grey(main[..., 0]), alpha, grey=True), icc
    return Picture(main, alpha), icc


def _decoded(structure: bytes, directory: Directory) -> NDArray[Any]:
    """H×W or H×W×C as stored, RGB order."""
    if directory.number(COMPRESSION, _NONE) in _FOR_TIFFFILE:
        import tifffile

        # Without any handler Python prints its warnings about odd tags to standard error.
        logging.getLogger("tifffile").addHandler(logging.NullHandler())
        with tifffile.TiffFile(io.BytesIO(structure)) as file:
            page = file.pages[0]
            values = np.asarray(page.asarray(maxworkers=1))
            if directory.number(PLANAR, 1) == _PLANES and values.ndim == 3:
                values = np.moveaxis(values, 0, 2)
            return values
    if directory.number(COMPRESSION, _NONE) not in _FOR_OPENCV:
        raise PhotoError("its compression is not supported at this depth: save it with ZIP or none")
    import cv2

    found = cv2.imdecode(np.frombuffer(structure, np.uint8), cv2.IMREAD_UNCHANGED)
    if found is None:
        raise PhotoError("the TIFF is damaged: copy it again from where it came")
    if found.ndim == 2:
        return found
    return cv2.cvtColor(found, cv2.COLOR_BGR2RGB if found.shape[2] == 3 else cv2.COLOR_BGRA2RGBA)


def _from_float(values: NDArray[Any], icc: bytes | None, notes: list[str]) -> NDArray[np.uint16]:
    """Floating point 0..1 to 16 bits; without a profile it is taken for linear light."""
    if not np.isfinite(values).all():
        raise PhotoError("the TIFF holds NaN or infinite values: replace them first")
    low, high = float(values.min()), float(values.max())
    if low < -0.001 or high > 1.001:
        raise PhotoError(
            f"the floating-point TIFF ranges from {low:.3g} to {high:.3g}, not 0 to 1: "
            "tone-map it or save it as 16 bits first"
        )
    encoded = np.clip(values, 0, 1).astype(np.float32)
    if icc is None:
        encoded = SRGB.encode(encoded)
        notes.append("floating point without a profile taken for linear light, now 16-bit sRGB")
    else:
        notes.append("floating point reduced to 16 bits")
    return np.asarray(np.rint(encoded * np.float32(65535)), np.uint16)


def _from_cmyk(values: NDArray[np.uint16], icc: bytes | None, notes: list[str]) -> Picture:
    from PIL import Image

    eight = (values >> 8).astype(np.uint8)
    height, width = eight.shape[:2]
    image = Image.frombytes("CMYK", (width, height), eight.tobytes())
    converted, note = colour.to_srgb(image, icc)
    notes.append(f"{note}, at 8 bits")
    return from_pillow(converted)


def _alpha(rest: NDArray[Any], directory: Directory, notes: list[str]) -> NDArray[Any] | None:
    if not rest.shape[2]:
        return None
    if directory.number(EXTRA_SAMPLES, 0) not in (_ASSOCIATED, _UNASSOCIATED):
        notes.append("an extra channel that is not transparency is dropped")
        return None
    return np.ascontiguousarray(rest[..., 0])


def _unpremultiplied(values: NDArray[Any], alpha: NDArray[Any]) -> NDArray[Any]:
    top = np.iinfo(values.dtype).max
    weight = np.maximum(alpha, 1).astype(np.float32)[..., None]
    plain = np.rint(values * (np.float32(top) / weight))
    return np.asarray(np.minimum(plain, top), values.dtype)


def _dpi(directory: Directory) -> tuple[float, float] | None:
    x, y = directory.rational(X_RESOLUTION), directory.rational(Y_RESOLUTION)
    factor = {2: 1.0, 3: 2.54}.get(directory.number(RESOLUTION_UNIT, 2))
    if x is None or y is None or factor is None:
        return None
    return x * factor, y * factor


def exif_of(directory: Directory) -> bytes | None:
    """The tags that are not about the file's structure, as an EXIF block of their own."""
    kept = directory.without(_NOT_EXIF)
    entries = {
        tag: entry
        for tag, entry in kept.entries.items()
        if entry.kind < _FIRST_BIG_KIND and tag < _FIRST_DNG_TAG
    }
    if not entries.keys() - {X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT}:
        return None
    return ifd.header(kept.order, 8) + ifd.write(Directory(kept.order, entries), 8)


def write(target: BinaryIO, photo: Photo, save: Save) -> None:
    """See :mod:`defocus.formats`. In the EXIF block's byte order, so that its values stay."""
    meta = photo.meta
    about = _from_exif(meta.exif)
    order = about.order
    values = with_alpha(photo)
    if values.ndim == 2:
        values = values[..., None]
    height, width, channels = values.shape
    compress = meta.compressed is not False
    rows = max(1, _STRIP_BYTES // (width * channels * values.itemsize))
    target.write(ifd.header(order, 0))
    starts, sizes = [], []
    at = 8
    for strip in _strips(values, rows, order, compress=compress):
        starts.append(at)
        sizes.append(len(strip))
        target.write(strip + b"\0" * (len(strip) % 2))
        at += len(strip) + len(strip) % 2
        if at >= 1 << 32:
            raise PhotoError("a TIFF holds at most 4 GB: scale the photo down or write PNG")
    colours = channels - (photo.alpha is not None)
    entries = about.entries | {
        WIDTH: ifd.longs(order, width),
        LENGTH: ifd.longs(order, height),
        BITS: ifd.shorts(order, *[8 * values.itemsize] * channels),
        COMPRESSION: ifd.shorts(order, _DEFLATE if compress else _NONE),
        PHOTOMETRIC: ifd.shorts(order, _RGB if colours == 3 else _BLACK_IS_ZERO),
        STRIP_AT: ifd.longs(order, *starts),
        ORIENTATION: ifd.shorts(order, 1),
        SAMPLES: ifd.shorts(order, channels),
        ROWS_PER_STRIP: ifd.longs(order, rows),
        STRIP_BYTES: ifd.longs(order, *sizes),
        PLANAR: ifd.shorts(order, 1),
    }
    if compress:
        entries[PREDICTOR] = ifd.shorts(order, 2)
    if photo.alpha is not None:
        entries[EXTRA_SAMPLES] = ifd.shorts(order, _UNASSOCIATED)
    entries |= _metadata(photo, order, grey=colours == 1)
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
    return directory.without(_NOT_EXIF)


def _strips(
    values: NDArray[Any], rows: int, order: ifd.Order, *, compress: bool
) -> Iterator[bytes]:
    """Encoded strips: horizontal differencing (predictor 2) and deflate, or plain."""
    for top in range(0, len(values), rows):
        strip = values[top : top + rows]
        if compress:
            strip = np.concatenate([strip[:, :1], np.diff(strip, axis=1)], axis=1)
        stored = strip.astype(strip.dtype.newbyteorder(order)).tobytes()
        yield zlib.compress(stored, _DEFLATE_LEVEL) if compress else stored


def _metadata(photo: Photo, order: ifd.Order, *, grey: bool) -> dict[int, Entry]:
    meta = photo.meta
    entries: dict[int, Entry] = {}
    if meta.dpi is not None:
        entries[X_RESOLUTION] = ifd.fraction(order, meta.dpi[0])
        entries[Y_RESOLUTION] = ifd.fraction(order, meta.dpi[1])
        entries[RESOLUTION_UNIT] = ifd.shorts(order, 2)
    if meta.xmp is not None:
        entries[XMP] = ifd.blob(ifd.BYTE, meta.xmp)
    if meta.icc is not None and (colour.space(meta.icc) == "grey") == grey:
        entries[ICC] = ifd.blob(ifd.UNDEFINED, meta.icc)
    if meta.photoshop is not None:
        entries[PHOTOSHOP] = ifd.blob(ifd.BYTE, meta.photoshop)
    return entries

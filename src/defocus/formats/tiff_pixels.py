"""The pixels of a TIFF, by whichever library decodes its kind best.

A decoder sees a copy of the file with the tags of the picture alone.
"""

from __future__ import annotations

import io
import logging
import threading
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus import colour
from defocus.errors import PhotoError
from defocus.formats import ifd
from defocus.formats.ifd import Directory
from defocus.formats.pixels import (
    Picture,
    check_plausible,
    check_size,
    decoding,
    expand_grey,
    from_pillow,
)
from defocus.formats.tiff_tags import (
    ASSOCIATED,
    BITS,
    BLACK_IS_ZERO,
    CMYK,
    COMPRESSION,
    EXTRA_SAMPLES,
    FIRST_BIG_KIND,
    ICC,
    LENGTH,
    NO_COMPRESSION,
    PHOTOMETRIC,
    PICTURE_TAGS,
    PLANAR,
    PLANES,
    RGB,
    STRIP_AT,
    STRIP_BYTES,
    TILE_AT,
    TILE_BYTES,
    TILE_LENGTH,
    TILE_WIDTH,
    UNASSOCIATED,
    WHITE_IS_ZERO,
    WIDTH,
)
from defocus.transfer import SRGB

if TYPE_CHECKING:
    from numpy.typing import NDArray

_QUIET = threading.Lock()
# What tifffile decodes by itself: none, Adobe deflate, deflate, PackBits. OpenCV does LZW and JPEG.
_FOR_TIFFFILE = {1, 8, 32946, 32773}
_FOR_OPENCV = {5, 7}
# The best a byte of compressed data can do is about 1032 : 1 (deflate), 4096 : 1 (LZW), bilevel.
_PIXELS_PER_BYTE = 8 * 4096
# Above this Pillow warns, whoever asks.
_PILLOW_PIXELS = 89_478_485
_MAX_TILE_PIXELS = 64 << 20


def decode(
    data: bytes, directory: Directory, max_pixels: int, notes: list[str]
) -> tuple[Picture, bytes | None]:
    """The picture, and the profile that it is in, if that is still the file's own.

    Args:
        data: the whole file.
        directory: of the picture.
        max_pixels: by what the tags claim.
        notes: to add to.

    Raises:
        PhotoError: damaged, or of a kind that is not read.
        TooLargeError: more than ``max_pixels``.
    """
    width, height = directory.number(WIDTH, 0), directory.number(LENGTH, 0)
    check_size(width, height, max_pixels)
    _check_strips(directory, len(data), width, height)
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
    return picture, icc


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
    if directory.number(COMPRESSION, NO_COMPRESSION) == NO_COMPRESSION:
        bits = directory.numbers(BITS) or (1,)
        per_byte = max(1, 8 // max(1, max(bits)))
    check_plausible(width, height, sum(sizes), per_byte)


def _picture_only(data: bytes, directory: Directory) -> bytes:
    """The same file with a directory of the tags that make the picture.

    Numbers that BigTIFF stores in 64 bits are narrowed.
    """
    order = directory.order
    kept = directory.only(PICTURE_TAGS)
    entries = {
        tag: entry if entry.kind < FIRST_BIG_KIND else ifd.longs(order, *kept.numbers(tag))
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
    if set(bits) != {8} or directory.number(PHOTOMETRIC, BLACK_IS_ZERO) > RGB:
        return False
    return directory.number(COMPRESSION, NO_COMPRESSION) in _FOR_TIFFFILE or pixels > _PILLOW_PIXELS


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
    photometric = directory.number(PHOTOMETRIC, BLACK_IS_ZERO)
    colours = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3, CMYK: 4}.get(photometric)
    if colours is None or values.ndim != 3 or values.shape[2] < colours:
        raise PhotoError("a deep TIFF that is neither grey, RGB nor CMYK: save it as 16-bit RGB")
    if values.dtype.kind == "f":
        values = _from_float(values, icc, notes)
    if values.dtype not in (np.uint8, np.uint16):
        raise PhotoError(f"TIFF samples of type {values.dtype} are not read: save it as 16-bit RGB")
    if photometric == WHITE_IS_ZERO:
        values = np.iinfo(values.dtype).max - values
    main, rest = np.ascontiguousarray(values[..., :colours]), values[..., colours:]
    if photometric == CMYK:
        return _from_cmyk(main, icc, notes), None
    alpha = _alpha(rest, directory, notes)
    if alpha is not None and directory.number(EXTRA_SAMPLES, 0) == ASSOCIATED:
        main = _unpremultiplied(main, alpha)
    if colours == 1:
        return Picture(expand_grey(main[..., 0]), alpha, grey=True), icc
    return Picture(main, alpha), icc


def _decoded(structure: bytes, directory: Directory) -> NDArray[Any]:
    """H×W or H×W×C as stored, RGB order."""
    if directory.number(COMPRESSION, NO_COMPRESSION) in _FOR_TIFFFILE:
        import tifffile

        # Without any handler Python prints its warnings about odd tags to standard error.
        logging.getLogger("tifffile").addHandler(logging.NullHandler())
        with tifffile.TiffFile(io.BytesIO(structure)) as file:
            page = file.pages[0]
            values = np.asarray(page.asarray(maxworkers=1))
            if directory.number(PLANAR, 1) == PLANES and values.ndim == 3:
                values = np.moveaxis(values, 0, 2)
            return values
    if directory.number(COMPRESSION, NO_COMPRESSION) not in _FOR_OPENCV:
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
    if directory.number(EXTRA_SAMPLES, 0) not in (ASSOCIATED, UNASSOCIATED):
        notes.append("an extra channel that is not transparency is dropped")
        return None
    return np.ascontiguousarray(rest[..., 0])


def _unpremultiplied(values: NDArray[Any], alpha: NDArray[Any]) -> NDArray[Any]:
    top = np.iinfo(values.dtype).max
    weight = np.maximum(alpha, 1).astype(np.float32)[..., None]
    plain = np.rint(values * (np.float32(top) / weight))
    return np.asarray(np.minimum(plain, top), values.dtype)

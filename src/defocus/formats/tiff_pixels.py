"""The pixels of a TIFF: what its samples mean.

Samples come from :mod:`defocus.formats.tiff_segments`; what only libtiff decodes (JPEG, fax,
subsampled YCbCr …) comes from Pillow, which sees a copy of the file with the picture's tags alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from defocus import colour
from defocus.errors import PhotoError
from defocus.formats import (
    ifd,
    jpeg_complete,
    libtiff,
    tiff_layout,
    tiff_mended,
    tiff_numbers,
    tiff_segments,
    tiff_ycbcr,
)
from defocus.formats.cut_off import check_written
from defocus.formats.ifd import Directory
from defocus.formats.pixels import (
    Picture,
    check_size,
    decoding,
    expand_grey,
    from_pillow,
    unpremultiplied,
)
from defocus.formats.tiff_tags import (
    ASSOCIATED,
    BLACK_IS_ZERO,
    CMYK,
    COLOUR_MAP,
    COMPRESSION,
    EXTRA_SAMPLES,
    FIRST_BIG_KIND,
    ICC,
    ICC_LAB,
    JPEG,
    LAB,
    LENGTH,
    NO_COMPRESSION,
    OLD_JPEG,
    PALETTE,
    PHOTOMETRIC,
    PICTURE_TAGS,
    RGB,
    SUBSAMPLING,
    UNASSOCIATED,
    WHITE_IS_ZERO,
    WIDTH,
    YCBCR,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

# Channels of the picture itself, without alpha.
_COLOURS = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3, PALETTE: 1, CMYK: 4, LAB: 3, ICC_LAB: 3}
# What libtiff decodes whole: fax, old JPEG, JPEG, JBIG, ThunderScan, PixarLog.
_BY_PILLOW = {2, 3, 4, 6, 7, 34661, 32809, 32909}
_FAX = {2, 3, 4}


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
    said = directory.number(COMPRESSION, NO_COMPRESSION)
    directory = tiff_mended.mended(directory, data, notes)
    layout = tiff_layout.layout(directory)
    compression = directory.number(COMPRESSION, NO_COMPRESSION)
    photometric = _photometric(directory, layout)
    parts: tuple[tiff_layout.Layout, ...] = ()
    if photometric == YCBCR and compression in tiff_layout.COMPRESSIONS:
        parts = tiff_ycbcr.parts(directory, layout)
    for part in parts or (layout,):
        tiff_layout.check(part, compression, len(data))
    icc = directory.bytes_of(ICC)
    with decoding("the TIFF"):
        if compression in tiff_layout.COMPRESSIONS and photometric in _COLOURS:
            return _decode_samples(data, directory, layout, photometric, icc, notes)
        if parts and not tiff_ycbcr.is_for_libtiff(directory, layout):
            return Picture(tiff_ycbcr.decode(data, directory, layout)), icc
        if layout.bits > 8 or (compression not in _BY_PILLOW and photometric != YCBCR):
            raise PhotoError(
                f"a TIFF of this kind (photometric {photometric}, compression {compression}, "
                f"{layout.bits} bits) is not read: save it as RGB with ZIP or no compression"
            )
        if compression == JPEG:
            _check_written(data, layout)
            if layout.planes > 1 and directory.numbers(SUBSAMPLING) not in ((), (1, 1)):
                raise PhotoError(
                    "a TIFF of JPEG planes of which pixels share colours is not read: save it anew"
                )
        try:
            picture, icc = _decode_by_libtiff(_picture_only(data, directory), icc, notes)
        except OSError:
            if compression == OLD_JPEG:
                raise PhotoError(
                    "the TIFF's old kind of JPEG (compression 6) is damaged, or not written as its "
                    "other writers do: save it anew where it opens"
                ) from None
            if compression != said:
                raise PhotoError(
                    f"the TIFF is packed otherwise than it says (compression {said}): save it anew "
                    "where it opens"
                ) from None
            raise
    if picture.pixels.shape[:2] != (height, width):
        raise PhotoError("the TIFF's size and content differ: copy it again from where it came")
    return picture, icc


def _photometric(directory: Directory, layout: tiff_layout.Layout) -> int:
    """What the samples mean. TIFF 6.0 asks for the tag; some programs leave it out."""
    guess = RGB if layout.samples >= _COLOURS[RGB] else BLACK_IS_ZERO
    if directory.numbers(COLOUR_MAP):
        guess = PALETTE
    elif directory.number(COMPRESSION, NO_COMPRESSION) in _FAX:
        guess = WHITE_IS_ZERO
    return directory.number(PHOTOMETRIC, guess)


def _decode_samples(
    data: bytes,
    directory: Directory,
    layout: tiff_layout.Layout,
    photometric: int,
    icc: bytes | None,
    notes: list[str],
) -> tuple[Picture, bytes | None]:
    colours = _COLOURS[photometric]
    if layout.samples < colours:
        raise PhotoError("the TIFF has damaged tags: copy it again from where it came")
    extra = directory.number(EXTRA_SAMPLES, 0) if layout.samples > colours else None
    if extra is not None and _is_silent_rgba(directory, layout, photometric):
        extra = UNASSOCIATED
        notes.append("its fourth channel, of which the file says nothing, is transparency")
    has_alpha = extra in (ASSOCIATED, UNASSOCIATED)
    if extra is not None and (not has_alpha or layout.samples > colours + 1):
        notes.append("an extra channel that is not transparency is dropped")
    values = tiff_segments.samples(data, directory, layout, colours + has_alpha)
    palette = np.array(directory.numbers(COLOUR_MAP), np.uint16)
    return from_samples(
        values,
        layout.bits,
        photometric,
        extra if has_alpha else None,
        icc,
        notes,
        palette=palette[: len(palette) // 3 * 3].reshape(3, -1).T,
    )


def _is_silent_rgba(directory: Directory, layout: tiff_layout.Layout, photometric: int) -> bool:
    """Four channels and no word of the last: so OpenCV and others write transparency."""
    silent = not directory.numbers(EXTRA_SAMPLES)
    return silent and photometric == RGB and layout.samples == 4


def from_samples(
    values: NDArray[Any],
    bits: int,
    photometric: int,
    alpha_kind: int | None,
    icc: bytes | None,
    notes: list[str],
    *,
    palette: NDArray[np.uint16],
) -> tuple[Picture, bytes | None]:
    """A picture from samples, and the profile that it is in, if that is still the file's own.

    Args:
        values: H×W×C as stored: integers, or floats.
        bits: of a sample.
        photometric: what they mean.
        alpha_kind: of the last channel, ``ASSOCIATED`` or ``UNASSOCIATED``, or None.
        icc: the file's profile.
        notes: to add to.
        palette: N×3 colours of 16 bits for ``PALETTE``.

    Raises:
        PhotoError: a kind that is not read.
    """
    colours = _COLOURS[photometric]
    main, rest = values[..., :colours], values[..., colours:]
    alpha = None if alpha_kind is None else _to_full_range(rest[..., 0], bits, None, notes)
    if photometric == PALETTE:
        return _from_palette(main[..., 0], alpha, palette), icc
    if photometric in (LAB, ICC_LAB):
        return _from_lab(main, alpha, notes, offset=photometric == ICC_LAB), None
    main = _to_full_range(main, bits, icc, notes)
    if photometric == WHITE_IS_ZERO:
        main = np.iinfo(main.dtype).max - main
    if alpha is not None and alpha_kind == ASSOCIATED:
        main = unpremultiplied(main, alpha)
    if photometric == CMYK:
        return _from_cmyk(main, alpha, icc, notes), None
    if colours == 1:
        return Picture(expand_grey(main[..., 0]), alpha, grey=True), icc
    return Picture(np.ascontiguousarray(main), alpha), icc


def _to_full_range(
    values: NDArray[Any], bits: int, icc: bytes | None, notes: list[str]
) -> NDArray[Any]:
    """Contiguous uint8 (up to 8 bits) or uint16, white at the top."""
    if values.dtype.kind == "f":
        return tiff_numbers.from_float(values, icc, notes)
    if values.dtype.kind == "i" or values.dtype.itemsize > 2:
        return tiff_numbers.from_integers(values, bits, notes)
    if bits not in (8, 16):
        top, full = (1 << bits) - 1, np.iinfo(values.dtype).max
        table = (np.arange(top + 1, dtype=np.uint32) * full + top // 2) // top
        values = table.astype(values.dtype)[values]
    return np.ascontiguousarray(values)


def _from_palette(
    codes: NDArray[Any], alpha: NDArray[Any] | None, colours: NDArray[np.uint16]
) -> Picture:
    if codes.dtype.kind != "u" or codes.dtype.itemsize > 2 or int(codes.max()) >= len(colours):
        raise PhotoError("the palette is damaged: copy the file again from where it came")
    # Some programs store 8-bit colours in these 16 bits, as libtiff knows too.
    eight = (colours >> 8 if colours.max() > 255 else colours).astype(np.uint8)
    return Picture(eight[codes], alpha if alpha is None else _high_byte(alpha))


def _from_cmyk(
    values: NDArray[Any], alpha: NDArray[Any] | None, icc: bytes | None, notes: list[str]
) -> Picture:
    converted, note = colour.to_srgb(_image("CMYK", _high_byte(values)), icc)
    return _converted(converted, alpha, f"{note}, at 8 bits", notes)


def _from_lab(
    values: NDArray[Any], alpha: NDArray[Any] | None, notes: list[str], *, offset: bool
) -> Picture:
    """CIE L*a*b*: a and b are signed, or with ``offset`` (ICC Lab) from 128."""
    if values.dtype.itemsize > 2 or values.dtype.kind == "f":
        raise PhotoError("deep Lab colours are not read: save it as 16-bit RGB")
    unsigned = values.view(f"u{values.dtype.itemsize}")
    eight = _high_byte(np.ascontiguousarray(unsigned))
    if offset:
        eight = eight ^ np.array([0, 128, 128], np.uint8)
    converted, note = colour.to_srgb(_image("LAB", eight), None)
    return _converted(converted, alpha, f"{note}, at 8 bits", notes)


def _image(mode: str, values: NDArray[np.uint8]) -> Image:
    from PIL import Image

    return Image.frombytes(mode, values.shape[1::-1], values.tobytes())


def _converted(image: Image, alpha: NDArray[Any] | None, note: str, notes: list[str]) -> Picture:
    notes.append(note)
    return Picture(from_pillow(image).pixels, None if alpha is None else _high_byte(alpha))


def _high_byte(values: NDArray[Any]) -> NDArray[np.uint8]:
    return values if values.dtype == np.uint8 else (values >> 8).astype(np.uint8)


def _decode_by_libtiff(
    structure: bytes, icc: bytes | None, notes: list[str]
) -> tuple[Picture, bytes | None]:
    """At most 8 bits a sample, by Pillow."""
    try:
        image = libtiff.load(structure)
    except SyntaxError as error:
        raise PhotoError(f"a TIFF of this kind is not read ({error}): save it as RGB") from None
    if image.mode in ("CMYK", "LAB"):
        converted, note = colour.to_srgb(image, icc)
        notes.append(note)
        return from_pillow(converted), None
    return from_pillow(image), icc


def _check_written(data: bytes, layout: tiff_layout.Layout) -> None:
    """Refuse JPEG strips and tiles that have zeros instead of an end. Raises PhotoError."""
    for start, size in zip(layout.starts, layout.sizes, strict=True):
        if data.find(jpeg_complete.END_MARK, start, start + size) < 0:
            check_written(data, start, start + size, "the TIFF")


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

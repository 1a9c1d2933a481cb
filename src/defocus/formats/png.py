"""PNG, 8 and 16 bits, palette, grey and alpha, with ICC, eXIf, XMP, pHYs and text.

The chunks are in :mod:`defocus.formats.png_chunks`; here are the pixels.
"""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from defocus.errors import PhotoError
from defocus.formats.budget import Budget
from defocus.formats.codec import Header
from defocus.formats.parts import Parts, assemble
from defocus.formats.pixels import (
    Picture,
    check_plausible,
    check_size,
    decoding,
    expand_grey,
    from_pillow,
    split_alpha,
    to_pillow,
    with_alpha,
)
from defocus.formats.png_chunks import PICTURE, SIGNATURE, Ancillary, chunk, metadata, read_chunks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from zlib import _Decompress as Decompressor

    from defocus.formats.codec import Content, Save
    from defocus.photo import Photo

# Channels by colour type.
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_PALETTE, _GREY_ALPHA = 3, 4
_LAST_FILTER = 4
_MOST_COLOURS = 256  # of a palette
# First column, first row, steps of each pass.
_PROGRESSIVE = ((0, 0, 1, 1),)
_ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
# deflate cannot do better than 1032 : 1 (RFC 1951: 258 bytes from two bits).
_DEFLATE_RATIO = 1032
_PIECE_BYTES = 1 << 14
_HEAD_BYTES = 1 << 16
_BAND_ROWS = 64
# Of 9. A third of the time of the usual 6, files 3 to 6 % larger.
_COMPRESSION = 4


def peek(data: Content) -> Header:
    """See :mod:`defocus.formats`."""
    if data[12:16] != b"IHDR":
        raise _no_header(data[12:16])
    width, height, bits = struct.unpack(">LLB", data[16:25])
    # The code points come before the picture; few other chunks do.
    return Header((width, height), bits, data.find(b"cICP", 0, _HEAD_BYTES) >= 0)


def read(data: bytes, max_pixels: int) -> Photo:
    """See :mod:`defocus.formats`."""
    notes: list[str] = []
    chunks, is_sound = read_chunks(data, notes)
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13:
        raise _no_header(chunks[0][0] if chunks else b"")
    width, height, bits, kind = struct.unpack_from(">LLBB", chunks[0][1])
    check_size(width, height, max_pixels)
    held = len(chunks[-1][1])
    channels = _CHANNELS.get(kind, 1)
    check_plausible(width, height, held, max(1, _DEFLATE_RATIO * 8 // (bits * channels or 8)))
    with decoding("the PNG"):
        if not is_sound:
            _check_own_checksum(bytes(chunks[0][1]), chunks[-1][1])
            notes.append("checksums of the file are wrong; by its own the picture is whole")
        pixels = _decode_16(chunks) if bits == 16 else _decode_8(chunks)
    found = Ancillary(chunks, Budget((width, height)), notes)
    coded = found.coded(grey=pixels.grey)
    if found.is_narrow:
        pixels = replace(pixels, pixels=_full_range(pixels.pixels))
        notes.append("the codes of video, 16 to 235 of 255, become those of pictures, all 255")
    return assemble(
        Parts(
            format="png",
            picture=pixels,
            icc=None if coded.cicp is not None else coded.icc or found.icc,
            cicp=coded.cicp,
            levels=tuple(found.levels),
            exif=found.exif,
            xmp=found.xmp,
            dpi=found.dpi,
            aspect=found.aspect,
            text=tuple(found.text),
            photoshop=found.photoshop,
            notes=notes,
        )
    )


def _no_header(first: bytes) -> PhotoError:
    """By the name of the chunk that stands in the header's place."""
    if first == b"CgBI":
        return PhotoError(
            "a PNG as Xcode packs it into apps for iPhones (CgBI) is not read: take the original"
        )
    return PhotoError("the PNG has no header: copy it again from where it came")


def _decode_8(chunks: list[tuple[bytes, memoryview]]) -> Picture:
    from PIL.PngImagePlugin import PngImageFile

    bits, kind = chunks[0][1][8:10]
    palette = kind == _PALETTE
    # Pillow compares the transparent colour of 2 and 4 bits with what it has stretched to 8.
    for_pillow = (c for c in chunks if c[0] in PICTURE and (palette or c[0] != b"tRNS"))
    image = PngImageFile(io.BytesIO(_picture(for_pillow)))
    image.load()
    opacities = next((body for name, body in reversed(chunks) if name == b"tRNS"), None)
    if palette and opacities is not None:  # of b"\0\n" Pillow takes the \n for the end of a line
        image.info["transparency"] = bytes(opacities[:_MOST_COLOURS])
    last_row = image.crop((0, image.height - 1, image.width, image.height))
    if not any(last_row.tobytes()):  # black, or never there: Pillow does not tell
        _checked_rows(bytes(chunks[0][1]), chunks[-1][1])
    found = from_pillow(image)
    if palette or found.alpha is not None:
        return found
    used = found.pixels[..., :1] if found.grey else found.pixels
    return replace(found, alpha=_opacity(used, chunks, bits))


def _full_range(codes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Codes of narrow range (ITU-T H.273, 8.3: black 16, white 235 of 8 bits) to all there are."""
    unit = 1 << 8 * (codes.itemsize - 1)
    top = int(np.iinfo(codes.dtype).max)
    every = np.arange(top + 1, dtype=np.float64)
    light = np.clip((every - 16 * unit) / (219 * unit), 0, 1)
    table = np.rint(light * top).astype(codes.dtype)
    return np.asarray(table[codes])


def _picture(chunks: Iterable[tuple[bytes, bytes | memoryview]]) -> bytes:
    return b"".join([SIGNATURE, *(chunk(*each) for each in chunks), chunk(b"IEND", b"")])


def _decode_16(chunks: list[tuple[bytes, memoryview]]) -> Picture:
    """Pillow cuts 16-bit colour to 8 bits, OpenCV does not.

    But OpenCV prints what it thinks of damaged data, so it gets only what has been checked.
    """
    import cv2

    header = bytes(chunks[0][1])
    packed = _checked_rows(header, chunks[-1][1])
    picture = _picture([(b"IHDR", header), (b"IDAT", packed)])
    values = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype != np.uint16:
        raise ValueError("it cannot be decoded")
    if values.ndim == 2:
        return Picture(expand_grey(values), _opacity(values[..., None], chunks, 16), grey=True)
    swap = cv2.COLOR_BGR2RGB if values.shape[2] == 3 else cv2.COLOR_BGRA2RGBA
    for top in range(0, len(values), _BAND_ROWS):  # in place, without a second picture
        band = values[top : top + _BAND_ROWS]
        cv2.cvtColor(band, swap, dst=band)
    if values.shape[2] == 3:
        return Picture(values, _opacity(values, chunks, 16))
    found = split_alpha(values)
    return Picture(found.pixels, found.alpha, grey=header[9] == _GREY_ALPHA)


def _opacity(
    values: np.ndarray[Any, Any], chunks: list[tuple[bytes, memoryview]], bits: int
) -> np.ndarray[Any, Any] | None:
    """Alpha of H×W×C samples from the one colour that is transparent (tRNS), if any."""
    body = next((body for name, body in chunks if name == b"tRNS"), b"")
    if len(body) != 2 * values.shape[2]:
        return None
    full = np.iinfo(values.dtype).max
    top = (1 << bits) - 1
    colour = (np.frombuffer(body, ">u2") & top).astype(np.uint32) * full // top
    alpha = np.full(values.shape[:2], full, values.dtype)
    alpha[(values == colour).all(axis=2)] = 0
    return alpha


def _checked_rows(header: bytes, packed: memoryview) -> bytes | memoryview:
    """The packed rows of a picture, if all are there, each with a filter that exists.

    What follows the last row, which may be without end, is cut off.

    Raises:
        PhotoError: they are not.
    """
    width, height, bits, kind, method, filtering, interlaced = struct.unpack(">LLBBBBB", header)
    is_known = kind in _CHANNELS and (kind != _PALETTE or bits <= 8)
    if not is_known or method or filtering or interlaced > 1:
        raise PhotoError("the PNG has a damaged header: copy it again from where it came")
    passes = []
    expected = 0
    for left, top, across, down in _ADAM7 if interlaced else _PROGRESSIVE:
        columns, rows = -((left - width) // across), -((top - height) // down)
        if columns > 0 and rows > 0:
            stride = 1 + -(-columns * _CHANNELS[kind] * bits // 8)
            passes.append((expected, expected + rows * stride, stride))
            expected += rows * stride
    engine = zlib.decompressobj()
    at = 0
    for plain in _inflated(engine, packed, expected):
        after = at + len(plain)
        for start, end, stride in passes:
            first = max(start, at + (start - at) % stride)
            filters = plain[first - at : max(0, min(end, after) - at) : stride]
            if filters and max(filters) > _LAST_FILTER:
                raise PhotoError("the PNG is damaged: copy it again from where it came")
        at = after
    if at < expected:
        raise PhotoError("the PNG is cut off: copy it again from where it came")
    if engine.eof:
        return packed
    pieces = _inflated(zlib.decompressobj(), packed, expected)
    return zlib.compress(b"".join(pieces)[:expected], 1)


def _check_own_checksum(header: bytes, packed: memoryview) -> None:
    """Is the picture whole by the checksum at the end of its deflate stream (RFC 1950)?

    Raises:
        PhotoError: it is not.
    """
    try:
        is_whole = _checked_rows(header, packed) is packed
    except zlib.error:
        is_whole = False
    if not is_whole:
        raise PhotoError("the PNG is damaged (wrong checksum): copy it again")


def _inflated(engine: Decompressor, packed: memoryview, expected: int) -> Iterator[bytes]:
    """What a deflate stream holds, in pieces of bounded size, hardly more than expected."""
    at = 0
    for start in range(0, len(packed), _PIECE_BYTES):
        plain = engine.decompress(packed[start : start + _PIECE_BYTES])
        at += len(plain)
        yield plain
        if at > expected:
            return


def write(target: BinaryIO, photo: Photo, save: Save) -> None:
    """See :mod:`defocus.formats`."""
    values = with_alpha(photo)
    encoded = _encode_16(values) if values.dtype == np.uint16 else _encode_8(values)
    after_header = len(SIGNATURE) + 25
    target.write(encoded[:after_header])
    for name, body in metadata(photo, grey=values.ndim == 2 or values.shape[2] == 2):
        target.write(chunk(name, body))
    target.write(encoded[after_header:])


def _encode_8(values: np.ndarray[Any, Any]) -> memoryview:
    buffer = io.BytesIO()
    to_pillow(values).save(buffer, "PNG", compress_level=_COMPRESSION)
    return memoryview(buffer.getvalue())


def _encode_16(values: np.ndarray[Any, Any]) -> memoryview:
    import cv2

    if values.ndim == 3 and values.shape[2] == 2:  # OpenCV knows no grey with alpha
        return _encode_grey_alpha_16(values)
    if values.ndim == 3:
        order = cv2.COLOR_RGB2BGR if values.shape[2] == 3 else cv2.COLOR_RGBA2BGRA
        values = cv2.cvtColor(values, order)
    done, encoded = cv2.imencode(".png", values, [cv2.IMWRITE_PNG_COMPRESSION, _COMPRESSION])
    if not done:
        raise PhotoError("the PNG cannot be encoded: write TIFF instead")
    return memoryview(encoded.tobytes())


def _encode_grey_alpha_16(values: np.ndarray[Any, Any]) -> memoryview:
    """Colour type 4 by hand, every row filtered by the one above (filter type 2)."""
    height, width = values.shape[:2]
    rows = values.astype(">u2").view(np.uint8).reshape(height, 4 * width)
    filtered = np.empty((height, 1 + 4 * width), np.uint8)
    filtered[:, 0] = 2
    filtered[0, 1:] = rows[0]
    filtered[1:, 1:] = rows[1:] - rows[:-1]
    header = struct.pack(">LLBBBBB", width, height, 16, 4, 0, 0, 0)
    packed = zlib.compress(filtered.tobytes(), _COMPRESSION)
    chunks = [chunk(b"IHDR", header), chunk(b"IDAT", packed), chunk(b"IEND", b"")]
    return memoryview(b"".join([SIGNATURE, *chunks]))

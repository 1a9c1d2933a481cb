"""libtiff, which comes with Pillow: whole pictures, and compressions that Python has none of."""

from __future__ import annotations

import contextlib
import ctypes
import io
import threading
import warnings
from functools import cache
from typing import TYPE_CHECKING

from defocus.formats import ifd
from defocus.formats.tiff_tags import (
    BITS,
    BLACK_IS_ZERO,
    COMPRESSION,
    LENGTH,
    PHOTOMETRIC,
    ROWS_PER_STRIP,
    SAMPLES,
    STRIP_AT,
    STRIP_BYTES,
    WIDTH,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.TiffImagePlugin import TiffImageFile

_BATCH_BYTES = 16 << 20
_QUIET = threading.Lock()


def expanded(
    pieces: Iterator[bytes], rows: list[int], row_bytes: int, compression: int
) -> Iterator[bytes]:
    """Each segment without its compression.

    libtiff is given several at a time as the strips of a grey picture of bytes, so it need not
    know what they mean.

    Args:
        pieces: the segments.
        rows: of each; equal but for the last of each plane.
        row_bytes: of a row without compression.
        compression: its tag.
    """
    for batch in _batches(rows, row_bytes):
        plain = _grey_bytes([next(pieces) for _ in batch], batch, row_bytes, compression)
        start = 0
        for count in batch:
            yield plain[start : start + count * row_bytes]
            start += count * row_bytes


def _batches(rows: list[int], row_bytes: int) -> Iterator[list[int]]:
    """Runs of segments of the same number of rows, of which the last may have fewer."""
    start = total = 0
    for at, count in enumerate(rows):
        total += count * row_bytes
        is_last = at + 1 == len(rows)
        if is_last or rows[at + 1] > count or count < rows[start] or total >= _BATCH_BYTES:
            yield rows[start : at + 1]
            start, total = at + 1, 0


def _grey_bytes(strips: list[bytes], rows: list[int], row_bytes: int, compression: int) -> bytes:
    starts, at = [], 8
    for strip in strips:
        starts.append(at)
        at += len(strip)
    at += at % 2
    entries = {
        WIDTH: ifd.longs("<", row_bytes),
        LENGTH: ifd.longs("<", sum(rows)),
        BITS: ifd.shorts("<", 8),
        COMPRESSION: ifd.shorts("<", compression),
        PHOTOMETRIC: ifd.shorts("<", BLACK_IS_ZERO),
        STRIP_AT: ifd.longs("<", *starts),
        SAMPLES: ifd.shorts("<", 1),
        ROWS_PER_STRIP: ifd.longs("<", rows[0]),
        STRIP_BYTES: ifd.longs("<", *map(len, strips)),
    }
    body = b"".join([ifd.header("<", at), *strips]).ljust(at, b"\0")
    return load(body + ifd.write(ifd.Directory("<", entries), at)).tobytes()


def load(structure: bytes) -> TiffImageFile:
    """A TIFF by Pillow: loaded, without its warnings and without its own limit on pixels.

    Raises:
        OSError, SyntaxError and others: whatever Pillow says of damaged or odd files.
    """
    from PIL import ImageFile
    from PIL.TiffImagePlugin import TiffImageFile

    class Unlimited(TiffImageFile):
        def load_prepare(self) -> None:
            ImageFile.ImageFile.load_prepare(self)

    # The filters of warnings are global: one thread at a time, and back as they were.
    with _QUIET, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _hush_libtiff()
        image = Unlimited(io.BytesIO(structure))
        image.load()
    return image


@cache
def _hush_libtiff() -> None:
    """Without this, libtiff prints to standard error what it thinks of damaged data."""
    from PIL import _imaging

    with contextlib.suppress(OSError, AttributeError):  # where Pillow does not show its libtiff
        ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler(None)

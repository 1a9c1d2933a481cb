"""YCbCr in a TIFF (TIFF 6.0 sections 20 and 21): colours that several pixels share.

libtiff reads no planes of these, and Pillow no such file without compression; both look for as many
samples of colour as of brightness. What is compressed as JPEG tells all this itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from defocus.errors import PhotoError
from defocus.formats import tiff_segments
from defocus.formats.tiff_tags import (
    COMPRESSION,
    NO_COMPRESSION,
    PREDICTOR,
    SUBSAMPLING,
    UNSIGNED,
    YCBCR_COEFFICIENTS,
    YCBCR_RANGE,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.formats.ifd import Directory
    from defocus.formats.tiff_layout import Layout

_CHANNELS = 3  # brightness and two differences
_POSSIBLE_STEPS = (1, 2, 4)
# What TIFF 6.0 means if the tags are not there: ITU-R BT.601, all codes.
_BT601 = (0.299, 0.587, 0.114)
_FULL_RANGE = (0.0, 255.0, 128.0, 255.0, 128.0, 255.0)
_BAND_ROWS = 256


def parts(directory: Directory, whole: Layout) -> tuple[Layout, ...]:
    """How the samples are stored: three planes, or one of blocks of pixels that share a colour.

    Such a block is taken for a pixel: it holds the brightness of each, then both differences.

    Args:
        directory: of the picture.
        whole: what the tags say, as if there were all samples of all channels.

    Returns:
        The layouts; none of channels that are mixed with others than these three.

    Raises:
        PhotoError: planes of other channels, or steps that there are not.
    """
    is_planar = whole.planes > 1
    if whole.samples != _CHANNELS:
        if is_planar:
            raise PhotoError("a YCbCr TIFF with extra channels is not read: save it as RGB")
        return ()
    wide, high = _steps(directory, whole)
    shared = replace(
        whole,
        samples=1 if is_planar else wide * high + 2,
        planes=1,
        width=_ceil(whole.width, wide),
        height=_ceil(whole.height, high),
        segment_wh=(_ceil(whole.segment_wh[0], wide), _ceil(whole.segment_wh[1], high)),
    )
    if not is_planar:
        return (shared,)
    across, down = whole.grid
    each = across * down
    return tuple(
        replace(
            plane,
            starts=whole.starts[number * each : (number + 1) * each],
            sizes=whole.sizes[number * each : (number + 1) * each],
        )
        for number, plane in enumerate((replace(whole, samples=1, planes=1), shared, shared))
    )


def is_for_libtiff(directory: Directory, whole: Layout) -> bool:
    """Mixed samples that only libtiff reads: of differences, or in strips that end in a block."""
    _, high = _steps(directory, whole)
    has_odd_strips = whole.segment_wh[1] % high != 0 and whole.grid[1] > 1
    is_plain = directory.number(COMPRESSION, NO_COMPRESSION) == NO_COMPRESSION
    predictor = 1 if is_plain else directory.number(PREDICTOR, 1)
    return whole.planes == 1 and (has_odd_strips or predictor != 1)


def decode(data: bytes, directory: Directory, whole: Layout) -> NDArray[np.uint8]:
    """H×W×3 RGB.

    Colours are repeated over the samples that share them, as libtiff does.

    Args:
        data: the whole file.
        directory: of the picture.
        whole: as for :func:`parts`.

    Raises:
        PhotoError: cut off, or a kind of samples or compression that is not read.
    """
    if whole.bits != 8 or whole.kind != UNSIGNED:
        raise PhotoError(f"a YCbCr TIFF of {whole.bits} bits is not read: save it as RGB")
    wide, high = _steps(directory, whole)
    stored = parts(directory, whole)
    if len(stored) == _CHANNELS:
        if any(side % step for side, step in zip(whole.segment_wh, (wide, high), strict=True)) and (
            whole.grid != (1, 1)
        ):
            raise PhotoError("a YCbCr TIFF in strips of odd height is not read: save it as RGB")
        codes = [tiff_segments.samples(data, directory, plane, 1)[..., 0] for plane in stored]
    else:
        blocks = tiff_segments.samples(data, directory, stored[0], stored[0].samples)
        rows, columns = blocks.shape[:2]
        bright = blocks[..., :-2].reshape(rows, columns, high, wide).swapaxes(1, 2)
        codes = [bright.reshape(rows * high, columns * wide), blocks[..., -2], blocks[..., -1]]
    shown = slice(whole.height), slice(whole.width)
    differences = (plane.repeat(high, axis=0).repeat(wide, axis=1)[shown] for plane in codes[1:])
    return _to_rgb([codes[0][shown], *differences], directory)


def _steps(directory: Directory, whole: Layout) -> tuple[int, int]:
    """Pixels across and down that share a colour."""
    steps = directory.numbers(SUBSAMPLING)
    if not steps:
        # Half each way, by TIFF 6.0; but who leaves out the tag may mean that there are all.
        is_plain = directory.number(COMPRESSION, NO_COMPRESSION) == NO_COMPRESSION
        has_all = sum(whole.sizes) >= whole.width * whole.height * _CHANNELS
        return (1, 1) if is_plain and has_all else (2, 2)
    if len(steps) != 2 or not all(step in _POSSIBLE_STEPS for step in steps):
        raise PhotoError("the TIFF has damaged tags: copy it again from where it came")
    return steps[0], steps[1]


def _to_rgb(codes: list[NDArray[np.uint8]], directory: Directory) -> NDArray[np.uint8]:
    red, green, blue = directory.rationals(YCBCR_COEFFICIENTS, 3) or _BT601
    ends = directory.rationals(YCBCR_RANGE, 6) or _FULL_RANGE
    if min(red, green, blue) <= 0 or any(ends[k] == ends[k + 1] for k in (0, 2, 4)):
        raise PhotoError("the TIFF has damaged tags: copy it again from where it came")
    y, cb, cr = (
        (np.arange(256, dtype=np.float32) - low) * np.float32(size / (high - low))
        for low, high, size in zip(ends[::2], ends[1::2], (255, 127, 127), strict=True)
    )
    # In bands, so that the floats of a large picture do not stand in memory at once.
    out = np.empty((*codes[0].shape, 3), np.uint8)
    for top in range(0, len(out), _BAND_ROWS):
        band = slice(top, top + _BAND_ROWS)
        bright = y[codes[0][band]]
        r = bright + cr[codes[2][band]] * np.float32(2 - 2 * red)
        b = bright + cb[codes[1][band]] * np.float32(2 - 2 * blue)
        g = (bright - np.float32(red) * r - np.float32(blue) * b) / np.float32(green)
        for channel, values in enumerate((r, g, b)):
            out[band, :, channel] = np.clip(np.rint(values), 0, 255)
    return out


def _ceil(value: int, by: int) -> int:
    return -(-value // by)

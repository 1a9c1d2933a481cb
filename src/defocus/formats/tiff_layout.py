"""How the samples of a TIFF are stored: strips or tiles, planes, bits; and whether that can be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from defocus.errors import PhotoError
from defocus.formats.tiff_tags import (
    BITS,
    LENGTH,
    LZMA,
    LZW,
    NO_COMPRESSION,
    PACK_BITS,
    PLANAR,
    PLANES,
    ROWS_PER_STRIP,
    SAMPLE_FORMAT,
    SAMPLES,
    STRIP_AT,
    STRIP_BYTES,
    TILE_AT,
    TILE_BYTES,
    TILE_LENGTH,
    TILE_WIDTH,
    UNSIGNED,
    WIDTH,
    ZIP,
    ZSTD,
)

if TYPE_CHECKING:
    from defocus.formats.ifd import Directory

# The most bytes that one compressed byte can stand for; LZW codes have 12 bits and at most 4096
# bytes, deflate takes two bits for 258, PackBits two bytes for 128.
_RATIO = {NO_COMPRESSION: 1, PACK_BITS: 64, LZW: 2731, LZMA: 7000, ZSTD: 20_000}
_RATIO |= dict.fromkeys(ZIP, 1032)
COMPRESSIONS = frozenset(_RATIO)
# A white fax or a flat JPEG.
_OTHER_RATIO = 20_000
# A strip may hold the whole picture: four channels of doubles.
_MAX_BYTES_PER_PIXEL = 32
_SLACK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Layout:
    """How the samples of a directory are stored.

    Attributes:
        width, height: of the picture.
        samples: a pixel.
        bits: a sample, the same for all.
        kind: SampleFormat.
        planes: 1, or ``samples`` if each has strips of its own.
        segment_wh: of a tile, or the width and rows of a strip.
        is_tiled: tiles are stored in full, strips end with the picture.
        starts, sizes: of all segments, plane by plane, row by row.
    """

    width: int
    height: int
    samples: int
    bits: int
    kind: int
    planes: int
    segment_wh: tuple[int, int]
    is_tiled: bool
    starts: tuple[int, ...]
    sizes: tuple[int, ...]

    @property
    def row_bytes(self) -> int:
        """Of one row of a segment."""
        return -(-self.segment_wh[0] * self.samples // self.planes * self.bits // 8)

    @property
    def grid(self) -> tuple[int, int]:
        """Segments across and down."""
        return (
            -(-self.width // self.segment_wh[0]),
            -(-self.height // self.segment_wh[1]),
        )

    def rows(self, down: int) -> int:
        """Stored rows of a segment in the row of segments ``down``."""
        each = self.segment_wh[1]
        return each if self.is_tiled else min(each, self.height - down * each)


def layout(directory: Directory) -> Layout:
    """How a directory says that its samples are stored.

    Raises:
        PhotoError: it makes no sense, or its channels differ in bits.
    """
    width, height = directory.number(WIDTH, 0), directory.number(LENGTH, 0)
    all_bits = directory.numbers(BITS) or (1,)
    kinds = directory.numbers(SAMPLE_FORMAT) or (UNSIGNED,)
    samples = directory.number(SAMPLES, 1)
    if len(set(all_bits)) > 1 or len(set(kinds)) > 1:
        raise PhotoError("a TIFF whose channels differ in bits is not read: save it as 16-bit RGB")
    is_tiled = bool(directory.numbers(TILE_AT))
    if is_tiled:
        segment_wh = directory.number(TILE_WIDTH, 0), directory.number(TILE_LENGTH, 0)
    else:
        segment_wh = width, min(height, directory.number(ROWS_PER_STRIP, height))
    found = Layout(
        width=width,
        height=height,
        samples=samples,
        bits=all_bits[0],
        kind=kinds[0],
        planes=samples if directory.number(PLANAR, 1) == PLANES else 1,
        segment_wh=segment_wh,
        is_tiled=is_tiled,
        starts=directory.numbers(TILE_AT) or directory.numbers(STRIP_AT),
        sizes=directory.numbers(TILE_BYTES) or directory.numbers(STRIP_BYTES),
    )
    if not 1 <= samples <= 1000 or not 1 <= found.bits <= 64 or min(segment_wh) < 1:
        raise PhotoError("the TIFF has damaged tags: copy it again from where it came")
    return found


def check(found: Layout, compression: int, held: int) -> None:
    """Are all segments there, and can they hold the picture?

    Args:
        found: the layout.
        compression: its tag.
        held: bytes of the file.

    Raises:
        PhotoError: they are not, or cannot.
    """
    across, down = found.grid
    starts, sizes = found.starts, found.sizes
    if not starts or len(starts) != len(sizes) or len(starts) < across * down * found.planes:
        raise PhotoError("the TIFF does not say where its picture is: copy it again")
    if any(start + size > held for start, size in zip(starts, sizes, strict=True)):
        raise PhotoError("the TIFF is cut off: copy it again from where it came")
    pixels = found.width * found.height
    segment = found.row_bytes * found.rows(0)
    if segment > pixels * _MAX_BYTES_PER_PIXEL + _SLACK_BYTES:
        raise PhotoError("the TIFF's strips hold far more than its picture: it is damaged")
    plain = sum(found.row_bytes * found.rows(row) for row in range(down)) * across * found.planes
    packed = _distinct_bytes(starts, sizes)
    if plain > packed * _RATIO.get(compression, _OTHER_RATIO) + 4096:
        raise PhotoError(
            f"the header claims {found.width}×{found.height} pixels but only {packed:,} bytes "
            "hold them: the file is cut off or damaged, copy it again from where it came"
        )


def _distinct_bytes(starts: tuple[int, ...], sizes: tuple[int, ...]) -> int:
    """Bytes of the file that the segments cover; shared ones count once."""
    total = end = 0
    for start, size in sorted(zip(starts, sizes, strict=True)):
        after = start + size
        total += max(0, after - max(start, end))
        end = max(end, after)
    return total

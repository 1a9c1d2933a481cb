"""JPEG 2000 whose channels have fewer samples than its picture has pixels (SIZ, annex A.5.1, B.2).

Of grey pictures of this kind OpenJPEG's samples are there, but Pillow finds them too few; of
coloured ones it takes the rows for shorter than they are where the sizes do not divide.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from defocus.errors import PhotoError
from defocus.formats import isobmff
from defocus.formats.pixels import Picture

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GRID_AT = 8  # behind the marker, its length and the profile
_CHANNELS_AT = 40
_MOST_CHANNELS = 4  # more are not read anyway
_OTHER = (
    "a JPEG 2000 whose channels are subsampled in this way is not read: "
    "save it anew as PNG, or without subsampling"
)


@dataclass(frozen=True, slots=True)
class _Side:
    """Along one side of the picture, on the grid that all channels share."""

    start: int
    end: int
    tile_start: int
    tile: int
    steps: tuple[int, ...]  # of each channel: one sample stands for so many

    @property
    def has_one_tile(self) -> bool:
        return self.tile_start + self.tile >= self.end

    @property
    def is_even(self) -> bool:
        """Do all channels fill all tiles with whole steps?"""
        edges = [self.start, self.end]
        if not self.has_one_tile:
            edges += [self.tile_start, self.tile]
        return not any(edge % step for edge in edges for step in self.steps)

    def shrunk(self) -> _Side | None:
        """The same samples, each one wide, or None if the tiles cannot be said so."""
        (step, *_) = self.steps
        start, end = -(-self.start // step), -(-self.end // step)
        tile_start, tile = self.tile_start // step, self.tile // step
        if self.has_one_tile:
            tile_start, tile = start, end - start
        elif self.tile_start % step or self.tile % step:
            return None
        return _Side(start, end, tile_start, tile, (1,) * len(self.steps))

    def samples(self) -> NDArray[np.intp]:
        """For each pixel the number of the sample that stands for it."""
        (step, *_) = self.steps
        first, last = -(-self.start // step), -(-self.end // step) - 1
        places: NDArray[np.intp] = np.arange(self.start, self.end) // step
        return np.clip(places, first, last) - first


@dataclass(frozen=True, slots=True)
class Grid:
    """How the samples of all channels lie in the picture."""

    across: _Side
    down: _Side

    def stretched(self, picture: Picture) -> Picture:
        """Each sample over all pixels that it stands for."""
        rows, columns = self.down.samples(), self.across.samples()
        pixels = picture.pixels[rows][:, columns]
        alpha = None if picture.alpha is None else picture.alpha[rows][:, columns]
        return Picture(pixels, alpha, picture.grey)


def without_steps(data: bytes, at: int) -> tuple[bytes, Grid | None]:
    """A file whose channels are decoded as they are, to be stretched afterwards.

    Args:
        data: the file.
        at: where its codestream begins.

    Returns:
        A file that says that each sample is a pixel, and how to stretch it; or the file itself and
        None, where the decoder does right.

    Raises:
        PhotoError: of a kind that it would do wrong.
    """
    right, bottom, left, top, wide, high, tile_left, tile_top = struct.unpack_from(
        ">8L", data, at + _GRID_AT
    )
    (count,) = struct.unpack_from(">H", data, at + _CHANNELS_AT)
    first = at + _CHANNELS_AT + 2
    steps = data[first : first + 3 * min(count, _MOST_CHANNELS)]
    across = _Side(left, right, tile_left, wide, tuple(steps[1::3]))
    down = _Side(top, bottom, tile_top, high, tuple(steps[2::3]))
    both = {*across.steps, *down.steps}
    if both == {1} or 0 in both or not both:  # without steps, or damaged
        return data, None
    if len(set(across.steps)) > 1 or len(set(down.steps)) > 1:
        if count < 3 or not (across.is_even and down.is_even):
            raise PhotoError(_OTHER)
        return data, None
    small_across, small_down = across.shrunk(), down.shrunk()
    if count > _MOST_CHANNELS or small_across is None or small_down is None:
        raise PhotoError(_OTHER)
    changed = bytearray(data)
    struct.pack_into(
        ">8L",
        changed,
        at + _GRID_AT,
        *(small_across.end, small_down.end, small_across.start, small_down.start),
        *(small_across.tile, small_down.tile, small_across.tile_start, small_down.tile_start),
    )
    for channel in range(count):
        changed[first + 3 * channel + 1 : first + 3 * channel + 3] = b"\1\1"
    for name, body, after in isobmff.boxes(data, 0, at):
        if name == b"ihdr" and after - body >= 8:
            size = small_down.end - small_down.start, small_across.end - small_across.start
            struct.pack_into(">LL", changed, body, *size)
    return bytes(changed), Grid(across, down)

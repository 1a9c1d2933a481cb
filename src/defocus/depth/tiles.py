"""A second look: overlapping tiles of a photo, each as large as the network likes to see a whole.

In a view of the whole, a person in a street is a few patches high and a bicycle's post is none.
A tile shows them twice as large, but it has lost its surroundings: what its layout is worth, and
whether that pattern is a person, the view of the whole knows better. So tiles give edges, the whole
gives the layout, and a person in a tile counts where the whole agrees that one is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from defocus._maps import resized

if TYPE_CHECKING:
    from collections.abc import Sequence

    from defocus._maps import Floats

_SURE = 0.5  # of a person: likelier than not
_LEVEL_SIGMA = 0.03  # of the long side: who is there at all, at that scale the whole decides
_HAIR = 1e-9  # of the whole: what sums of floats are off by, and far less than a pixel
_CONSENT = 0.08  # of a tile's person, seen by the whole too: a head that shows a shoulder has more


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of a photo: left, top, width and height as shares of the whole."""

    left: float
    top: float
    width: float
    height: float

    def of(self, size_wh: tuple[int, int]) -> tuple[slice, slice]:
        """Its rows and columns in a picture of that size, at least one each."""
        return _span(self.top, self.height, size_wh[1]), _span(self.left, self.width, size_wh[0])


WHOLE = Tile(0, 0, 1, 1)


def grid(count: int, share: float) -> tuple[Tile, ...]:
    """``count`` × ``count`` overlapping tiles, each ``share`` of the photo wide and high."""
    starts = np.linspace(0, 1 - share, count)
    return tuple(Tile(float(x), float(y), share, share) for y in starts for x in starts)


def joined(tiles: Sequence[Tile], maps: Sequence[Floats], layout: Floats) -> Floats:
    """One map of the tiles' edges.

    Args:
        tiles: that cover the photo.
        maps: h×w float32, one for each, up to scale and shift.
        layout: h×w float32 of the whole, at the size wanted: each tile is brought to its scale and
            shift by least squares. One that contradicts it gives nothing but its mean.

    Returns:
        h×w float32 of the layout's size and unit.
    """
    fitted = []
    height, width = layout.shape
    for tile, values in zip(tiles, maps, strict=True):
        target = layout[tile.of((width, height))]
        seen = resized(values, (target.shape[1], target.shape[0]))
        relief = seen - seen.mean()
        slope = float((relief * target).mean()) / max(float((relief**2).mean()), 1e-12)
        at_layout = np.float32(max(slope, 0)) * relief + np.float32(target.mean())
        fitted.append(np.asarray(at_layout, np.float32))
    return blended(tiles, fitted, (width, height))


def blended(tiles: Sequence[Tile], maps: Sequence[Floats], size_wh: tuple[int, int]) -> Floats:
    """One map of several, the tile counting most whose centre is nearest.

    Args:
        tiles: that cover the photo.
        maps: h×w float32, one for each, of any size.
        size_wh: of the result.
    """
    total = np.zeros(size_wh[::-1], np.float32)
    weights = np.zeros_like(total)
    for tile, values in zip(tiles, maps, strict=True):
        rows, columns = tile.of(size_wh)
        high, wide = rows.stop - rows.start, columns.stop - columns.start
        weight = np.minimum(_tent(high)[:, None], _tent(wide)) ** 2
        total[rows, columns] += weight * resized(values, (wide, high))
        weights[rows, columns] += weight
    return np.asarray(total / weights, np.float32)


def agreed(whole: Floats, tiles: Floats) -> Floats:
    """Who is a person, by the view of the whole and by the tiles.

    Tiles decide where the outline lies, and they bring back the head that the whole lost, as long
    as it is joined to somebody whom the whole sees as well. Over larger areas the whole is right:
    what only a tile takes for a person, a pattern or a piece of a poster, is none, and who is so
    near that a tile shows only a shoulder stays one.

    Args:
        whole, tiles: h×w float32 probabilities, 0..1.
    """
    import cv2

    count, labels = cv2.connectedComponents((tiles > _SURE).astype(np.uint8), connectivity=4)
    seen = np.bincount(labels[whole > _SURE], minlength=count)
    consent = seen >= _CONSENT * np.bincount(labels.ravel(), minlength=count)
    consent[0] = False
    sigma_px = _LEVEL_SIGMA * max(whole.shape)
    person = np.clip(tiles + cv2.GaussianBlur(whole - tiles, (0, 0), sigma_px), 0, 1)
    return np.asarray(np.where(consent[labels], np.maximum(tiles, person), person), np.float32)


def _span(start: float, length: float, pixels: int) -> slice:
    count = max(1, round(length * pixels))  # the same for every tile of one size
    last = pixels - count
    # A tile that ends with the photo ends there too where .45 · 30 is a hair less than 13.5.
    first = last if start + length > 1 - _HAIR else min(round(start * pixels), last)
    return slice(first, first + count)


def _tent(length: int) -> Floats:
    """From the ends up to a quarter of the way in, where it is flat."""
    at = (np.arange(length, dtype=np.float32) + 1) / (length + 1)
    return np.asarray(np.minimum(np.minimum(at, 1 - at), 0.25), np.float32)

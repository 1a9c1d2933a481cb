"""One budget for everything that a file may unfold to beside its picture.

A few kilobytes can claim gigabytes: packed texts, a depth map of 17,000 pixels a side in a small
photo. What a photo brings along is of the order of its picture, so that is the measure.
"""

from __future__ import annotations

from defocus.errors import PhotoError

# Mattes and maps take eight bytes a pixel while they are read; phones store about four at half
# the picture's size, some a map and an original at full size.
_BYTES_PER_PIXEL = 32
# Profiles, captions and packets do not shrink with the picture.
_BYTES_BESIDE = 32 << 20


class Budget:
    """Bytes that are left for what comes with a picture of this size."""

    def __init__(self, size_wh: tuple[int, int]) -> None:
        self.left = _BYTES_BESIDE + _BYTES_PER_PIXEL * size_wh[0] * size_wh[1]
        self._size_wh = size_wh

    def take(self, size: int, what: str) -> None:
        """Count ``size`` bytes.

        Raises:
            PhotoError: no longer within the budget; nothing is counted then.
        """
        if size > self.left:
            wide, high = self._size_wh
            raise PhotoError(
                f"{what} takes {size / 1e6:,.1f} MB, too much beside a picture of {wide}×{high}"
            )
        self.left -= size

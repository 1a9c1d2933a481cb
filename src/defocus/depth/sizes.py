"""The input size of a depth network for a photo of any shape."""

from __future__ import annotations

import math

# Beyond this, a panorama is squeezed: attention costs the square of the number of patches.
_MAX_STRETCH = 2.0
# A strip needs some patches across, or the network sees no scene at all.
_MIN_PATCHES = 4
_USUAL_ASPECT = 4 / 3


def input_size(size_wh: tuple[int, int], long_side: int, multiple: int) -> tuple[int, int]:
    """Width and height to feed a network that takes any multiple of ``multiple``.

    The area, and so time and memory, is that of a 4:3 picture with this long side; the aspect is
    kept as far as that allows: a panorama's long side stops at twice ``long_side``.

    Args:
        size_wh: the photo's size in pixels.
        long_side: of a 4:3 picture, in pixels.
        multiple: patch size of the network in pixels.

    Returns:
        (width, height), each a multiple of ``multiple`` and at least four of them.

    Example:
        >>> input_size((4000, 3000), 518, 14)
        (518, 392)
        >>> input_size((30000, 1), 518, 14)
        (1036, 56)
    """
    aspect = size_wh[0] / size_wh[1]
    area = long_side**2 / _USUAL_ASPECT
    limit = _MAX_STRETCH * long_side
    width = min(math.sqrt(area * aspect), limit)
    height = min(math.sqrt(area / aspect), limit)
    return _snap(width, multiple), _snap(height, multiple)


def _snap(length: float, multiple: int) -> int:
    return max(_MIN_PATCHES, round(length / multiple)) * multiple

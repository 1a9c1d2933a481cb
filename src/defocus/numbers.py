"""What counts as a number in a choice."""

from __future__ import annotations

import math
from typing import Any


def is_number(value: Any) -> bool:
    """A finite int or float, no bool; an int of 400 digits, which JSON may hold, fits no float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def is_whole(value: Any, low: int, high: int) -> bool:
    """An int of this range, no bool."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high

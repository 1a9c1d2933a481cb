"""Memory that the C library keeps after large arrays are gone."""

from __future__ import annotations

import ctypes
import functools
from typing import Any


def give_back() -> None:
    """Give free memory back to the system, where the C library can be asked to (glibc).

    It keeps what was freed, for later: a hundred megabytes after a few closed photos.
    """
    trim = _trim()
    if trim is not None:
        trim(0)


@functools.cache
def _trim() -> Any:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # another system, another C library
        return None

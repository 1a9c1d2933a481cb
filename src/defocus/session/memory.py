"""Memory that the C library keeps after large arrays are gone."""

from __future__ import annotations

import ctypes
import functools
from typing import Any

_ARENA_MAX = -8  # of mallopt, in glibc's malloc.h


def keep_together() -> None:
    """Let all threads allocate from one place, before they begin (glibc).

    Otherwise each thread of a network or a renderer gets a place of its own, and what is left
    between the blocks that live there cannot be given back: 60 MB of 600.
    """
    if _trim() is not None:
        _library().mallopt(_ARENA_MAX, 1)


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
        return _library().malloc_trim
    except (AttributeError, OSError, TypeError):  # another system, another C library
        return None


def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None)

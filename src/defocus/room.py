"""Whether there is memory for the libraries at all.

Some end the process without a word where it runs out while they are loaded: OpenBLAS, which NumPy
brings, and OpenCV above all.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

if sys.platform != "win32":
    import resource

from defocus.errors import OutOfMemoryError


class Room(NamedTuple):
    """What loading something takes, in bytes.

    Attributes:
        library: the module that is then loaded.
        addresses: of the process's space, the libraries' code among them.
        data: of its own.
    """

    library: str
    addresses: int
    data: int


# Measured with ulimit -v and -d: with 60 and 170 MB less, and 10 and 30, they died.
NUMPY = Room("numpy", 110 << 20, 70 << 20)
EVERYTHING = Room("cv2", 450 << 20, 200 << 20)


def check_room(needed: Room = EVERYTHING) -> None:
    """Refuse to load libraries where the process may not have enough memory for them.

    Where the system does not tell what the process has already, nothing is refused.

    Args:
        needed: by what is to be loaded.

    Raises:
        OutOfMemoryError: the limits of the process (``ulimit -v``, ``-d``) leave too little.
    """
    if sys.platform != "win32" and needed.library not in sys.modules:  # Windows has no such limits
        _check_limits(needed)


if sys.platform != "win32":

    def _check_limits(needed: Room) -> None:
        try:  # pages: all, resident, shared, code, libraries, data and stack
            pages = [int(word) for word in Path("/proc/self/statm").read_text().split()]
        except (OSError, ValueError):
            return
        for limit, used, wanted in (
            (resource.RLIMIT_AS, pages[0], needed.addresses),
            (resource.RLIMIT_DATA, pages[5], needed.data),
        ):
            most, _ = resource.getrlimit(limit)
            left = most - used * resource.getpagesize()
            if most != resource.RLIM_INFINITY and left < wanted:
                raise OutOfMemoryError(
                    f"there is not enough memory: the limits of this process leave "
                    f"{max(left, 0) >> 20} MB, and the libraries alone take {wanted >> 20}: raise "
                    "them (ulimit -v, ulimit -d)"
                )

"""Waiting for what other threads and processes do, however busy the machine is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# Only a fault makes a test wait so long. Shared machines have been seen to stop for half a minute.
PATIENCE_S = 180.0
_LOOK_S = 0.02


def wait_until(holds: Callable[[], object], what: str) -> None:
    """Return once it holds.

    Raises:
        AssertionError: it does not come to hold.
    """
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(_LOOK_S)

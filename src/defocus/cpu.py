"""How many CPUs this process may use."""

from __future__ import annotations

import os


def cpu_count() -> int:
    """CPUs available to this process, which a container or ``taskset`` may have cut."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

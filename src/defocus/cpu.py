"""Which CPUs this process may use."""

from __future__ import annotations

import os
import sys


def available_cpus() -> list[int]:
    """Their numbers: those that a container or ``taskset`` has left, where the system tells."""
    if sys.platform == "linux":
        return sorted(os.sched_getaffinity(0))
    else:  # noqa: RET505 - a type checker for another system looks at this one alone
        return list(range(os.cpu_count() or 1))


def cpu_count() -> int:
    """How many there are."""
    return len(available_cpus())

"""How long work reports itself: the caller passes a function, or nothing."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Called with a stage (``"depth"``, ``"refine"``, ``"render"`` …) and its done fraction 0..1.

To stop the work, raise :class:`defocus.errors.Cancelled` from it.
"""


def silent(stage: str, fraction: float) -> None:
    """Report nothing."""

"""Ctrl-C, counted: the first asks to stop after the photos in flight, the second to stop now."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType


class Interrupts:
    """Counts SIGINT and SIGTERM inside a ``with`` block in the main thread; elsewhere, nothing.

    Args:
        on_first: called at the first one, to tell the user; must be quick.

    Attributes:
        count: how many came so far. Whoever wants to stop a batch from elsewhere may raise it.
    """

    def __init__(self, on_first: Callable[[], None] | None = None) -> None:
        self.count = 0
        self._on_first = on_first
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        self._before.clear()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        # A terminal's user may press again; who sends SIGTERM does not wait for photos in flight.
        self.count += 1 if number == signal.SIGINT else 2
        if self.count == 1 and self._on_first is not None:
            self._on_first()

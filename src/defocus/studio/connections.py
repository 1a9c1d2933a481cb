"""Connections to the studio: only so many at a time, and each says soon what it wants.

A browser opens six. Whoever opens a thousand and says nothing, or says it a byte a minute, would
otherwise use up this process's files, and nobody else could connect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

MOST = 128
# From the connection, or from its first byte, to the last one of a request's head.
HEAD_S = 10.0


class Alarm(Protocol):
    """Something that will be called."""

    def cancel(self) -> None:
        """It is not called any more."""
        ...


def alarm(loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> Alarm:
    """Call this in :data:`HEAD_S`."""
    return loop.call_later(HEAD_S, ring)


class PatientProtocol(H11Protocol):
    """Uvicorn's protocol with a limit and a clock."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._head: Alarm | None = None
        self._since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._since = self.loop.time()
        if len(self.connections) > MOST:
            others = [each for each in self.connections if each is not self and _is_idle(each)]
            oldest = min(others, key=lambda each: getattr(each, "_since", 0.0), default=self)
            self.connections.discard(oldest)  # it counts no more, though its end is told later
            oldest.transport.abort()
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._since = self.loop.time()
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._head_came()
        elif self.conn.trailing_data[0]:  # the first bytes of a head
            self._wait_for_head()

    def _wait_for_head(self) -> None:
        if self._head is None:
            self._head = alarm(self.loop, self.transport.abort)

    def _head_came(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None


def _is_idle(connection: object) -> bool:
    """Whether no request of it is being answered."""
    cycle = getattr(connection, "cycle", None)
    return cycle is None or bool(cycle.response_complete)

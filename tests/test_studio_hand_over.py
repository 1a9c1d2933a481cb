"""How long photos that another program sent wait for a page."""

from __future__ import annotations

import http.client
import queue
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("starlette")

from waiting import PATIENCE_S

from defocus.studio import hand_over as hand_over_module
from defocus.studio.hand_over import GONE_S, NOBODY_S, HandOver
from defocus.studio.server import Studio

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass
class Clock:
    """Timers that ring when a test says so."""

    seconds: float
    ring: Callable[[], None]
    daemon: bool = True
    cancelled: threading.Event = field(default_factory=threading.Event)
    started: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        self.started.set()

    def cancel(self) -> None:
        self.cancelled.set()


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> queue.Queue[Clock]:
    """Those that the studio sets, in their order."""
    made: queue.Queue[Clock] = queue.Queue()

    def set_clock(seconds: float, ring: Callable[[], None]) -> Clock:
        clock = Clock(seconds, ring)
        made.put(clock)
        return clock

    monkeypatch.setattr(hand_over_module.threading, "Timer", set_clock)
    return made


@dataclass
class Waiting:
    """A studio with photos of another program."""

    studio: Studio
    hand_over: HandOver
    thread: threading.Thread

    def page(self) -> http.client.HTTPConnection:
        """A page is there, and listens."""
        connection = http.client.HTTPConnection("127.0.0.1", self.studio.port, timeout=PATIENCE_S)
        headers = {"X-Defocus-Token": self.studio.token, "X-Page": "t"}
        connection.request("GET", "/api/hand-over", headers=headers)
        answer: Any = connection.getresponse()
        assert answer.readline()
        return connection


@pytest.fixture
def waiting(clocks: queue.Queue[Clock], monkeypatch: pytest.MonkeyPatch) -> Iterator[Waiting]:
    monkeypatch.setattr("defocus.studio.server.warm_up", lambda _progress: None)
    hand_over = HandOver()
    studio = Studio(hand_over=hand_over)
    ready = threading.Event()
    thread = threading.Thread(target=studio.run, args=(ready.set,))
    thread.start()
    assert ready.wait(PATIENCE_S)
    yield Waiting(studio, hand_over, thread)
    studio.stop()
    thread.join(PATIENCE_S)


def test_a_page_that_comes_back_in_time_keeps_the_photos(
    waiting: Waiting, clocks: queue.Queue[Clock]
) -> None:
    waiting.page().close()
    clock = clocks.get(timeout=PATIENCE_S)
    assert clock.started.wait(PATIENCE_S)
    assert clock.seconds == GONE_S
    again = waiting.page()
    assert clock.cancelled.wait(PATIENCE_S)
    clock.ring()  # a timer that was about to ring when it was cancelled
    assert waiting.hand_over.saved is None
    assert waiting.thread.is_alive()
    again.close()


def test_once_nobody_came_back_the_photos_are_given_up_and_the_studio_ends(
    waiting: Waiting, clocks: queue.Queue[Clock]
) -> None:
    first, second = waiting.page(), waiting.page()
    first.close()
    second.close()
    clocks.get(timeout=PATIENCE_S).ring()
    waiting.thread.join(PATIENCE_S)
    assert not waiting.thread.is_alive()
    assert waiting.hand_over.saved is False


def test_if_no_page_ever_comes_the_photos_are_given_up_and_that_is_told(
    waiting: Waiting, clocks: queue.Queue[Clock]
) -> None:
    waiting.hand_over.wait_for_page()
    clock = clocks.get(timeout=PATIENCE_S)
    assert clock.started.wait(PATIENCE_S)
    assert clock.seconds == NOBODY_S
    clock.ring()
    waiting.thread.join(PATIENCE_S)
    assert not waiting.thread.is_alive()
    assert (waiting.hand_over.saved, waiting.hand_over.nobody_came) == (False, True)


def test_a_page_that_comes_late_is_waited_for_no_more(
    waiting: Waiting, clocks: queue.Queue[Clock]
) -> None:
    waiting.hand_over.wait_for_page()
    clock = clocks.get(timeout=PATIENCE_S)
    page = waiting.page()
    assert clock.cancelled.wait(PATIENCE_S)
    clock.ring()  # it was about to
    assert (waiting.hand_over.saved, waiting.hand_over.nobody_came) == (None, False)
    page.close()


def test_a_page_that_was_there_first_starts_no_clock(
    waiting: Waiting, clocks: queue.Queue[Clock]
) -> None:
    page = waiting.page()
    waiting.hand_over.wait_for_page()
    assert clocks.empty()
    page.close()

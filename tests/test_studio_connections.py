"""Strangers who connect and say nothing, or say it slowly, keep nobody out."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import queue
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("starlette")

from waiting import PATIENCE_S

from defocus.edit import Edit
from defocus.errors import Cancelled
from defocus.session.jobs import Job
from defocus.studio import connections
from defocus.studio.records import OpenPhoto
from defocus.studio.server import Studio
from defocus.studio.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from defocus.progress import Progress
    from defocus.session.payloads import Region


@pytest.fixture
def studio(monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    monkeypatch.setattr("defocus.studio.server.warm_up", lambda _progress: None)
    studio = Studio()
    ready = threading.Event()
    thread = threading.Thread(target=studio.run, args=(ready.set,))
    thread.start()
    assert ready.wait(PATIENCE_S)
    yield studio
    studio.stop()
    thread.join(PATIENCE_S)


@dataclass
class Alarm:
    """Of one connection that is to say what it wants; it rings when a test says so."""

    loop: asyncio.AbstractEventLoop
    call: Callable[[], None]
    cancelled: threading.Event = field(default_factory=threading.Event)

    def cancel(self) -> None:
        self.cancelled.set()

    def ring(self) -> None:
        self.loop.call_soon_threadsafe(self.call)


@pytest.fixture
def alarms(monkeypatch: pytest.MonkeyPatch) -> queue.Queue[Alarm]:
    """Those that the server sets, in their order."""
    made: queue.Queue[Alarm] = queue.Queue()

    def alarm(loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> Alarm:
        made.put(Alarm(loop, ring))
        return made.queue[-1]

    monkeypatch.setattr(connections, "alarm", alarm)
    return made


def connect(studio: Studio) -> socket.socket:
    return socket.create_connection(("127.0.0.1", studio.port), timeout=PATIENCE_S)


def head(studio: Studio, request: str, *more: str) -> bytes:
    lines = (request, f"Host: 127.0.0.1:{studio.port}", f"X-Defocus-Token: {studio.token}", *more)
    return "\r\n".join((*lines, "", "")).encode()


def answers(studio: Studio) -> None:
    """The page is there for who asks for it."""
    connection = http.client.HTTPConnection("127.0.0.1", studio.port, timeout=PATIENCE_S)
    connection.request("GET", "/", headers={"X-Defocus-Token": studio.token})
    assert connection.getresponse().status == 200
    connection.close()


def ends(connection: socket.socket) -> None:
    """Wait until the server ends a connection."""
    with contextlib.suppress(ConnectionError):
        while connection.recv(1_000_000):
            pass


def test_a_thousand_idle_connections_keep_nobody_out(
    studio: Studio, capfd: pytest.CaptureFixture[str]
) -> None:
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(connect(studio)) for _ in range(400)]
        answers(studio)
        assert studio.connection_count <= connections.MOST
        ends(idle[0])
        for _ in range(200):
            stack.enter_context(connect(studio))
        answers(studio)
    assert len(capfd.readouterr().err) < 1000


def test_who_connects_has_ten_seconds_to_say_what_it_wants() -> None:
    loop = asyncio.new_event_loop()
    try:
        handle: Any = connections.alarm(loop, lambda: None)
        assert handle.when() - loop.time() == pytest.approx(connections.HEAD_S, abs=1)
    finally:
        loop.close()


@pytest.mark.parametrize("sent", [b"", b"GET / HTT", b"GET / HTTP/1.1\r\nHost: x\r\n"])
def test_a_head_that_does_not_come_ends_the_connection(
    studio: Studio, alarms: queue.Queue[Alarm], sent: bytes
) -> None:
    with connect(studio) as slow:
        slow.sendall(sent)
        alarms.get(timeout=PATIENCE_S).ring()
        ends(slow)
    answers(studio)


def test_a_second_head_on_a_connection_must_come_too(
    studio: Studio, alarms: queue.Queue[Alarm]
) -> None:
    with connect(studio) as slow:
        slow.sendall(head(studio, "GET / HTTP/1.1"))
        answer = http.client.HTTPResponse(slow)
        answer.begin()
        assert answer.status == 200
        answer.read()  # all of it: what is sent meanwhile is no second head yet
        assert alarms.get(timeout=PATIENCE_S).cancelled.wait(PATIENCE_S)
        slow.sendall(b"GET / HT")
        alarms.get(timeout=PATIENCE_S).ring()
        ends(slow)


def test_a_request_that_takes_its_time_is_not_cut_off(
    studio: Studio, alarms: queue.Queue[Alarm]
) -> None:
    with connect(studio) as slow:
        upload = head(studio, "POST /api/photos HTTP/1.1", "X-Page: t", "Content-Length: 4")
        slow.sendall(upload)
        assert alarms.get(timeout=PATIENCE_S).cancelled.wait(PATIENCE_S)
        for piece in (b"a", b"b", b"c", b"d"):
            slow.sendall(piece)
        assert slow.recv(1_000_000).startswith(b"HTTP/1.1 ")
        assert alarms.empty()


@pytest.mark.parametrize("junk", [b"\x16\x03\x01\x02\x00", b"GET / HTTP/9.9\r\n\r\n", b"\r\n" * 50])
def test_what_is_no_request_is_no_news(
    studio: Studio, junk: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(20):
        with connect(studio) as stranger, contextlib.suppress(OSError):
            stranger.sendall(junk)
    answers(studio)
    assert capfd.readouterr().err == ""


def test_slow_downloads_keep_no_photo_waiting() -> None:
    workspace = Workspace()
    hold, began = threading.Event(), threading.Semaphore(0)

    def slow(progress: Progress) -> None:
        began.release()
        hold.wait(PATIENCE_S)
        progress("fetch", 0.5)

    fetches = [workspace.fetch(slow) for _ in range(3)]
    for _ in range(2):
        assert began.acquire(timeout=PATIENCE_S)
    done = Job()
    workspace.workers.start(lambda progress: done.run(lambda _: None))
    assert done.wait(PATIENCE_S)
    for fetch in fetches:
        fetch.cancel()
        assert fetch.status()["state"] == "cancelled"  # at once, though the server still sends
    hold.set()
    for fetch in fetches:
        assert fetch.wait(PATIENCE_S)
        assert fetch.state == "cancelled"
    workspace.close()


def test_a_picture_that_nobody_waits_for_any_more_is_given_up(
    studio: Studio, photo_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, given_up = threading.Event(), threading.Event()

    def endless(
        self: OpenPhoto, edit: Edit, region: Region | None, progress: Progress
    ) -> bytes | None:
        begun.set()
        try:
            while True:
                progress("render", 0.5)
                time.sleep(0.01)
        except Cancelled:
            given_up.set()
            raise

    photo = studio.workspace.open_photo(photo_file, "photo.jpg", "t", saves_beside=False)
    assert photo.job.wait(PATIENCE_S)
    monkeypatch.setattr(OpenPhoto, "portrait", endless)
    body = Edit().to_json().encode()
    with connect(studio) as page:
        wanted = f"POST /api/photos/{photo.id}/portrait HTTP/1.1"
        page.sendall(head(studio, wanted, "X-Page: t", f"Content-Length: {len(body)}") + body)
        assert begun.wait(PATIENCE_S)
        assert not given_up.is_set()
    assert given_up.wait(PATIENCE_S)
    answers(studio)

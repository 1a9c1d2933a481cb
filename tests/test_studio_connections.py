"""Strangers who connect and say nothing, or say it slowly, keep nobody out."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("starlette")

from defocus.session.jobs import Job
from defocus.studio import connections
from defocus.studio.server import Studio
from defocus.studio.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from defocus.progress import Progress


@pytest.fixture
def studio(monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    monkeypatch.setattr("defocus.studio.server.warm_up", lambda: None)
    studio = Studio()
    ready = threading.Event()
    thread = threading.Thread(target=studio.run, args=(ready.set,))
    thread.start()
    ready.wait(20)
    yield studio
    studio.stop()
    thread.join(20)


def connect(studio: Studio) -> socket.socket:
    return socket.create_connection(("127.0.0.1", studio.port), timeout=20)


def ask(studio: Studio) -> float:
    """Seconds until the page is there."""
    started = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", studio.port, timeout=20)
    connection.request("GET", "/", headers={"X-Defocus-Token": studio.token})
    assert connection.getresponse().status == 200
    connection.close()
    return time.monotonic() - started


def is_open(connection: socket.socket) -> bool:
    connection.settimeout(0.05)
    try:
        return connection.recv(1) != b""
    except TimeoutError:
        return True
    except OSError:
        return False


def test_a_thousand_idle_connections_keep_nobody_out(
    studio: Studio, capfd: pytest.CaptureFixture[str]
) -> None:
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(connect(studio)) for _ in range(400)]
        assert ask(studio) < 10
        assert studio.connection_count <= connections.MOST
        assert not is_open(idle[0])
        for _ in range(200):
            stack.enter_context(connect(studio))
        assert ask(studio) < 10
    assert len(capfd.readouterr().err) < 1000


@pytest.mark.parametrize("sent", [b"", b"GET / HTT", b"GET / HTTP/1.1\r\nHost: x\r\n"])
def test_a_head_that_does_not_come_ends_the_connection(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(connections, "HEAD_S", 0.5)
    with connect(studio) as slow:
        slow.sendall(sent)
        until = time.monotonic() + 20
        while is_open(slow):
            assert time.monotonic() < until
    assert ask(studio) < 10


def test_a_second_head_on_a_connection_must_come_too(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEAD_S", 0.5)
    with connect(studio) as slow:
        slow.sendall(
            f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{studio.port}\r\nX-Defocus-Token: {studio.token}"
            "\r\n\r\n".encode()
        )
        slow.settimeout(20)
        assert slow.recv(1_000_000).startswith(b"HTTP/1.1 200")
        slow.sendall(b"GET / HT")
        until = time.monotonic() + 20
        with contextlib.suppress(OSError):
            while slow.recv(1_000_000):
                assert time.monotonic() < until


def test_a_request_that_takes_its_time_is_not_cut_off(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEAD_S", 0.3)
    with connect(studio) as slow:
        slow.sendall(
            f"POST /api/photos HTTP/1.1\r\nHost: 127.0.0.1:{studio.port}\r\nX-Page: t\r\n"
            f"X-Defocus-Token: {studio.token}\r\nContent-Length: 4\r\n\r\n".encode()
        )
        for piece in (b"a", b"b", b"c", b"d"):
            time.sleep(0.3)
            slow.sendall(piece)
        slow.settimeout(20)
        assert slow.recv(1_000_000).startswith(b"HTTP/1.1 ")


@pytest.mark.parametrize("junk", [b"\x16\x03\x01\x02\x00", b"GET / HTTP/9.9\r\n\r\n", b"\r\n" * 50])
def test_what_is_no_request_is_no_news(
    studio: Studio, junk: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(20):
        with connect(studio) as stranger, contextlib.suppress(OSError):
            stranger.sendall(junk)
    assert ask(studio) < 10
    assert capfd.readouterr().err == ""


def test_slow_downloads_keep_no_photo_waiting() -> None:
    workspace = Workspace()
    hold, began = threading.Event(), threading.Semaphore(0)

    def slow(progress: Progress) -> None:
        began.release()
        hold.wait(20)
        progress("fetch", 0.5)

    fetches = [workspace.fetch(slow) for _ in range(3)]
    for _ in range(2):
        assert began.acquire(timeout=20)
    done = Job()
    workspace.workers.start(lambda progress: done.run(lambda _: None))
    assert done.wait(20)
    for fetch in fetches:
        fetch.cancel()
        assert fetch.status()["state"] == "cancelled"  # at once, though the server still sends
    hold.set()
    for fetch in fetches:
        assert fetch.wait(20)
        assert fetch.state == "cancelled"
    workspace.close()

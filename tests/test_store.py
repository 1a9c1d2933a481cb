"""The model store against a real HTTP server on this machine."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import shutil
import threading
from collections import namedtuple
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from defocus.depth import download, store
from defocus.depth.download import Patience, fetch
from defocus.depth.store import PinnedFile
from defocus.errors import Cancelled, ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_DATA = bytes(range(256)) * 4096  # 1 MiB
_HASTY = Patience(timeout_s=2, attempts=3, pause_s=0.001)


class _Server(ThreadingHTTPServer):
    """Serves ``data``; the fields make it misbehave."""

    daemon_threads = True
    data = _DATA
    etag = '"v1"'
    status = 200
    cut_after: list[int]  # bytes of body after which each of the next answers is cut
    redirect_to = ""
    ignores_range = False
    seen: list[dict[str, str]]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of these tests."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        server = self.server
        server.seen.append(dict(self.headers))
        if server.redirect_to and self.path != "/moved":
            self._head(302, {"Location": server.redirect_to})
            return
        if server.status != 200:
            self._head(server.status, {})
            return
        start = self._start()
        if start > len(server.data):
            self._head(416, {})
            return
        body = server.data[start:]
        headers = {"ETag": server.etag, "Content-Length": str(len(body))}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(server.data) - 1}/{len(server.data)}"
        self._head(206 if start else 200, headers)
        self.wfile.write(body[: server.cut_after.pop(0)] if server.cut_after else body)

    def _start(self) -> int:
        asked = self.headers.get("Range")
        fresh = self.headers.get("If-Range") == self.server.etag
        if asked is None or not fresh or self.server.ignores_range:
            return 0
        return int(asked.removeprefix("bytes=").removesuffix("-"))

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[_Server]:
    with _Server(("127.0.0.1", 0), _Handler) as running:
        running.cut_after, running.seen = [], []
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DEFOCUS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("DEFOCUS_OFFLINE", raising=False)
    return tmp_path / "cache"


@pytest.fixture
def model(server: _Server) -> PinnedFile:
    url = f"http://127.0.0.1:{server.server_address[1]}/tiny.onnx"
    return PinnedFile("tiny", url, len(_DATA), hashlib.sha256(_DATA).hexdigest(), "MIT", "a test")


def _files(cache: Path) -> list[str]:
    return sorted(p.name for p in cache.iterdir() if p.suffix != ".lock")


def _refused(model: PinnedFile, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        fetch(model, patience=_HASTY)


def test_fetch_once(model: PinnedFile, server: _Server, cache: Path) -> None:
    told: list[float] = []
    path = fetch(model, progress=lambda stage, done: told.append(done), patience=_HASTY)
    assert path == cache / "tiny.onnx"
    assert path.read_bytes() == _DATA
    assert told == sorted(told)
    assert told[-1] == 1
    assert len(told) > 3
    fetch(model)
    assert len(server.seen) == 1
    assert _files(cache) == ["tiny.onnx"]


def test_a_cut_connection_is_resumed(model: PinnedFile, server: _Server, cache: Path) -> None:
    server.cut_after = [300_000, 300_000]
    assert fetch(model, patience=_HASTY).read_bytes() == _DATA
    assert [request.get("Range") for request in server.seen] == [
        None, "bytes=300000-", "bytes=600000-",
    ]  # fmt: skip
    assert server.seen[1]["If-Range"] == '"v1"'
    assert _files(cache) == ["tiny.onnx"]


def test_a_stopped_fetch_is_resumed_by_the_next(
    model: PinnedFile, server: _Server, cache: Path
) -> None:
    def stop(stage: str, done: float) -> None:
        if done > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        fetch(model, progress=stop, patience=_HASTY)
    assert _files(cache) == ["tiny.onnx.part", "tiny.onnx.part.etag"]
    assert fetch(model, patience=_HASTY).read_bytes() == _DATA
    assert server.seen[1]["Range"].startswith("bytes=")
    assert server.seen[1]["Range"] != "bytes=0-"


@pytest.mark.parametrize("change", ["etag", "ignores_range"])
def test_a_server_that_cannot_resume_starts_again(
    model: PinnedFile, server: _Server, change: str
) -> None:
    server.cut_after = [300_000]

    def change_after_first(stage: str, done: float) -> None:
        setattr(server, change, '"v2"' if change == "etag" else True)

    path = fetch(model, progress=change_after_first, patience=_HASTY)
    assert path.read_bytes() == _DATA


@pytest.mark.parametrize("part", [b"x" * 1000, b"x" * len(_DATA), b"x" * (len(_DATA) + 5)])
def test_a_bad_leftover_is_thrown_away(
    model: PinnedFile, server: _Server, cache: Path, part: bytes
) -> None:
    cache.mkdir()
    (cache / "tiny.onnx.part").write_bytes(part)
    (cache / "tiny.onnx.part.etag").write_text(server.etag)
    assert fetch(model, patience=_HASTY).read_bytes() == _DATA


def test_a_whole_leftover_needs_no_server(model: PinnedFile, server: _Server, cache: Path) -> None:
    cache.mkdir()
    (cache / "tiny.onnx.part").write_bytes(_DATA)
    (cache / "tiny.onnx.part.etag").write_text(server.etag)
    assert fetch(model, patience=_HASTY).read_bytes() == _DATA
    assert server.seen == []


def test_wrong_checksum_leaves_nothing(model: PinnedFile, server: _Server, cache: Path) -> None:
    server.data = b"?" + _DATA[1:]
    _refused(model, "wrong SHA-256")
    assert len(server.seen) == 1
    assert _files(cache) == []


def test_wrong_size_is_seen_before_the_body(
    model: PinnedFile, server: _Server, cache: Path
) -> None:
    server.data = _DATA + b"more"
    _refused(model, r"1,048,580 bytes instead of 1,048,576")


@pytest.mark.parametrize("status", [404, 403, 410])
def test_what_is_not_there_is_not_asked_for_twice(
    model: PinnedFile, server: _Server, cache: Path, status: int
) -> None:
    server.status = status
    _refused(model, f"the server answers {status}")
    assert len(server.seen) == 1
    assert _files(cache) == []


def test_a_busy_server_is_asked_again(model: PinnedFile, server: _Server) -> None:
    server.status = 503
    _refused(model, "the server answers 503")
    assert len(server.seen) == _HASTY.attempts


def test_a_connection_cut_for_good(model: PinnedFile, server: _Server) -> None:
    server.cut_after = [1000, 0, 0, 0, 0, 0]
    _refused(model, "cut after 1,000 bytes")
    assert len(server.seen) == 1 + _HASTY.attempts - 1


def test_nobody_listens(model: PinnedFile) -> None:
    closed = replace(model, url="http://127.0.0.1:9/tiny.onnx")
    _refused(closed, "cannot be fetched from http://127.0.0.1:9/tiny.onnx: .*refused")


def test_no_space_is_seen_beforehand(
    model: PinnedFile, server: _Server, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9, 1000))
    _refused(model, "no space for tiny .* DEFOCUS_CACHE")
    assert server.seen == []


def test_no_space_while_writing(
    model: PinnedFile, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.BytesIO):
        def write(self, data: Any) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    real = Path.open

    def full_when_appending(path: Path, mode: str = "r", **options: Any) -> Any:
        return Full() if mode == "ab" else real(path, mode, **options)

    monkeypatch.setattr(Path, "open", full_when_appending)
    _refused(model, "no space for tiny")
    assert _files(cache) == []


def test_offline_forbids_the_network(
    model: PinnedFile, server: _Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEFOCUS_OFFLINE", "1")
    _refused(model, "DEFOCUS_OFFLINE")
    assert server.seen == []
    monkeypatch.setenv("DEFOCUS_OFFLINE", "0")
    fetch(model, patience=_HASTY)
    monkeypatch.setenv("DEFOCUS_OFFLINE", "1")
    assert fetch(model).exists()  # it is there already


@pytest.mark.parametrize("url", ["http://example.org/m", "ftp://127.0.0.1/m", "file:///etc/hosts"])
def test_only_https(model: PinnedFile, server: _Server, url: str) -> None:
    _refused(replace(model, url=url), "https only")
    server.redirect_to = url
    _refused(model, "https only|not allowed")


def test_redirects_keep_the_range(model: PinnedFile, server: _Server) -> None:
    server.redirect_to = "/moved"
    server.cut_after = [1000]
    assert fetch(model, patience=_HASTY).read_bytes() == _DATA
    assert server.seen[-1]["Range"] == "bytes=1000-"


def test_two_at_once_download_once(model: PinnedFile, server: _Server) -> None:
    threads = [threading.Thread(target=fetch, args=(model,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.path_of(model).read_bytes() == _DATA
    assert len(server.seen) == 1


def test_a_damaged_file_is_fetched_anew(model: PinnedFile, cache: Path) -> None:
    cache.mkdir()
    (cache / "tiny.onnx").write_bytes(b"?" * len(_DATA))
    assert fetch(model, patience=_HASTY).read_bytes() == _DATA


def test_a_store_that_is_a_file(model: PinnedFile, cache: Path) -> None:
    cache.write_text("in the way")
    _refused(model, "the model store .* fails")


def _folder(path: Path) -> None:
    path.mkdir()
    (path / "inside").touch()


STATES: dict[str, Callable[[Path], object]] = {
    "folder": _folder,
    "pipe": os.mkfifo,
    "circle": lambda path: path.symlink_to(path),
    "nowhere": lambda path: path.symlink_to(path.with_name("gone") / "deep"),
    "device": lambda path: path.symlink_to("/dev/full"),
    "locked": lambda path: (path.touch(), path.chmod(0)),
    "binary": lambda path: path.write_bytes(bytes(range(256)) * 5),
    "lines": lambda path: path.write_bytes(b'"tag"\r\nHost: evil.example\r\n\r\n'),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("suffix", ["", ".part", ".part.etag", ".lock"])
def test_whatever_lies_in_the_store_it_works_or_says_why(
    model: PinnedFile, cache: Path, server: _Server, state: str, suffix: str
) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    path = store.path_of(model)
    if suffix == ".part.etag":
        path.with_name(f"{path.name}.part").write_bytes(b"half")
    STATES[state](path.with_name(path.name + suffix))
    for use in (lambda: fetch(model, patience=_HASTY), lambda: store.verify(model)):
        with contextlib.suppress(ModelError):
            assert store.sha256_of(use()) == model.sha256
    store.best_on_disk()


def test_verify(model: PinnedFile, cache: Path) -> None:
    with pytest.raises(ModelError, match=r"not on disk \(1 MB, MIT\): run 'defocus models fetch"):
        store.verify(model)
    path = fetch(model, patience=_HASTY)
    assert store.verify(model) == path
    path.write_bytes(b"?" + _DATA[1:])
    assert store.is_on_disk(model)
    with pytest.raises(ModelError, match="damaged"):
        store.verify(model)


def test_best_on_disk_is_the_first_fetched(
    model: PinnedFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = replace(model, name="other")
    monkeypatch.setattr(store, "MODELS", {"tiny": model, "other": other})
    assert store.best_on_disk() is None
    fetch(other, patience=_HASTY)
    assert store.best_on_disk() == "other"
    fetch(model, patience=_HASTY)
    assert store.best_on_disk() == "tiny"


def test_the_pinned_table_is_sane() -> None:
    for name, model in store.MODELS.items():
        assert name == model.name
        assert download._allowed(model.url).startswith("https://")
        assert len(bytes.fromhex(model.sha256)) == 32
        assert model.size > 10**6
    assert len({model.sha256 for model in store.MODELS.values()}) == len(store.MODELS)

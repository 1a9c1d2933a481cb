"""Fetch a pinned model: resumed, checked while it streams, and renamed only when it is whole."""

from __future__ import annotations

import errno
import hashlib
import http.client
import re
import shutil
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from filelock import FileLock

from defocus.depth import store
from defocus.errors import ModelError
from defocus.files import check_ordinary, flushed, is_there
from defocus.progress import Progress, silent

if TYPE_CHECKING:
    from pathlib import Path

STAGE = "fetch"

_HEADER_VALUE = re.compile(r"[ -~]{0,1000}")  # all that may stand in a request's header

_CHUNK = 1 << 18
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_NOT_SATISFIABLE = 416
_PASSING = (408, _NOT_SATISFIABLE, 425, 429, 500, 502, 503, 504)  # codes a later try may not meet
_NETWORK_ERRORS = (
    urllib.error.URLError,  # a connection that was not made, or an HTTP code from 400 on
    http.client.HTTPException,
    ConnectionError,
    TimeoutError,
    ssl.SSLError,
)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a fetch tries.

    Attributes:
        timeout_s: without a byte from the server.
        attempts: in a row that bring nothing new; each one that does starts the count again.
        pause_s: before the second attempt; doubled before each further one.
    """

    timeout_s: float = 30.0
    attempts: int = 5
    pause_s: float = 1.0


def fetch(
    model: store.PinnedFile,
    *,
    progress: Progress | None = None,
    patience: Patience = Patience(),
) -> Path:
    """Download a model into the store, or find it there.

    What an earlier, interrupted call left is resumed. Two processes may ask for the same model: one
    downloads, the other waits for it.

    Args:
        model: the pinned file.
        progress: told of stage ``fetch``; may raise to stop, which keeps what has come so far.
        patience: timeouts and retries.

    Returns:
        The path of a file whose size and SHA-256 are the pinned ones.

    Raises:
        ModelError: offline, unreachable, not there, not the pinned file, or no space.
    """
    report = progress or silent
    target = store.path_of(model)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.with_name(target.name + ".lock")):
            if store.is_on_disk(model) and store.sha256_of(target) == model.sha256:
                return target
            if store.is_offline():
                raise ModelError(
                    f"{model.name} is not on disk and DEFOCUS_OFFLINE forbids the network"
                )
            part = _Part(target.with_name(target.name + ".part"))
            _check_space(model, part)
            _download(model, part, report, patience)
            flushed(part.path)
            part.path.replace(target)
            part.forget()
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise ModelError(_no_space(model, target.parent)) from None
        raise ModelError(f"the model store {target.parent} fails: {error}") from None
    report(STAGE, 1.0)
    return target


@dataclass(slots=True)
class _Part:
    """What has come so far, with the server's name for the version it belongs to."""

    path: Path
    digest: Any = field(default_factory=hashlib.sha256)
    size: int = 0

    def __post_init__(self) -> None:
        for path in (self.path, self._tag_path):
            _clear_the_way(path)
        if not is_there(self._tag_path):
            return
        try:
            with self.path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    self.digest.update(chunk)
                    self.size += len(chunk)
        except FileNotFoundError:
            self.restart("")

    @property
    def _tag_path(self) -> Path:
        return self.path.with_name(self.path.name + ".etag")

    @property
    def tag(self) -> str:
        """The ETag, or empty: then nothing can be resumed."""
        text = self._tag_path.read_bytes().decode("latin-1") if self.size else ""
        return text if _HEADER_VALUE.fullmatch(text) else ""

    def restart(self, tag: str) -> None:
        """Begin again, with the first bytes of the version ``tag``."""
        self.path.write_bytes(b"")
        self.digest, self.size = hashlib.sha256(), 0
        self._tag_path.write_text(tag)

    def append(self, file: IO[bytes], chunk: bytes) -> None:
        file.write(chunk)
        self.digest.update(chunk)
        self.size += len(chunk)

    def forget(self) -> None:
        """Leave nothing behind."""
        self.path.unlink(missing_ok=True)
        self._tag_path.unlink(missing_ok=True)


def _clear_the_way(path: Path) -> None:
    """Remove what only has the name of our file: a link, a pipe. Raises OSError for a folder."""
    if path.is_symlink():
        path.unlink()
    elif is_there(path):
        try:
            check_ordinary(path)
        except IsADirectoryError:
            raise
        except OSError:
            path.unlink()


def _download(model: store.PinnedFile, part: _Part, report: Progress, patience: Patience) -> None:
    """Fill the part until it is the pinned file."""
    failures = 0
    resumed = part.size > 0
    while True:
        before = part.size
        try:
            _receive(model, part, report, patience.timeout_s)
        except _NETWORK_ERRORS as error:
            failures = 1 if part.size > before else failures + 1
            _give_up_if_final(model, error, is_last=failures >= patience.attempts)
            if isinstance(error, urllib.error.HTTPError) and error.code == _NOT_SATISFIABLE:
                part.restart("")
            time.sleep(patience.pause_s * 2 ** (failures - 1))
            continue
        except OSError as error:
            if error.errno == errno.ENOSPC:
                part.forget()  # the disk is full: what would be kept for later is in the way now
            raise
        if part.digest.hexdigest() == model.sha256:
            return
        part.forget()
        if not resumed:
            raise ModelError(
                f"{model.url} holds another file than the pinned one (wrong SHA-256); "
                "it was thrown away: try again later, or update defocus"
            )
        resumed = False  # the old part may have been bad: once more from its first byte
        part.restart("")


def _receive(model: store.PinnedFile, part: _Part, report: Progress, timeout_s: float) -> None:
    """One request, unless the part has the pinned size already; returns when it has."""
    if part.size == model.size:
        return
    headers = {"User-Agent": "defocus", "Accept-Encoding": "identity"}
    tag = part.tag
    if tag:
        headers |= {"Range": f"bytes={part.size}-", "If-Range": tag}
    request = urllib.request.Request(_allowed(model.url), headers=headers)
    opener = urllib.request.build_opener(_CheckedRedirects)
    with opener.open(request, timeout=timeout_s) as response:
        resumes = response.status == 206 and _range_start(response) == part.size
        if not (tag and resumes):
            part.restart(_strong_tag(response))
        left = response.headers.get("Content-Length")
        if left is not None and part.size + int(left) != model.size:
            raise ModelError(
                f"{model.url} holds another file than the pinned one: "
                f"{part.size + int(left):,} bytes instead of {model.size:,}"
            )
        with part.path.open("ab") as file:
            while chunk := response.read1(_CHUNK):  # what is there: a slow server can be left
                if part.size + len(chunk) > model.size:
                    raise ModelError(f"{model.url} sends more than the pinned {model.size:,} bytes")
                part.append(file, chunk)
                report(STAGE, part.size / model.size)
    if part.size < model.size:
        raise ConnectionError(f"the connection was cut after {part.size:,} bytes")


def _give_up_if_final(model: store.PinnedFile, error: Exception, is_last: bool) -> None:
    if isinstance(error, urllib.error.HTTPError):
        if error.code in _PASSING and not is_last:
            return
        reason = f"the server answers {error.code} {error.reason}"
    elif not is_last:
        return
    else:
        reason = str(error.reason if isinstance(error, urllib.error.URLError) else error)
    raise ModelError(f"{model.name} cannot be fetched from {model.url}: {reason}") from error


class _CheckedRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        return super().redirect_request(req, fp, code, msg, headers, _allowed(newurl))


def _allowed(url: str) -> str:
    """The URL itself if it is encrypted or never leaves this machine. Raises ModelError."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return url
    raise ModelError(f"models are fetched over https only, not from {url}")


def _range_start(response: Any) -> int:
    """First byte of a ``Content-Range: bytes 100-199/200``, or −1."""
    unit, _, span = response.headers.get("Content-Range", "").partition(" ")
    start = span.partition("-")[0]
    return int(start) if unit == "bytes" and start.isdecimal() else -1


def _strong_tag(response: Any) -> str:
    """What ``If-Range`` may quote (RFC 9110, 13.1.5), or empty."""
    tag = str(response.headers.get("ETag", ""))
    if tag.startswith('"'):
        return tag
    return str(response.headers.get("Last-Modified", ""))


def _check_space(model: store.PinnedFile, part: _Part) -> None:
    folder = part.path.parent
    if shutil.disk_usage(folder).free < model.size - part.size:
        raise ModelError(_no_space(model, folder))


def _no_space(model: store.PinnedFile, folder: Path) -> str:
    return (
        f"no space for {model.name} ({model.size / 1e6:.0f} MB) in {folder}: make room, "
        "or set DEFOCUS_CACHE to another disk"
    )

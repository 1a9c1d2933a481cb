"""Runs a piece of Python and writes down whom it talks to and which files it makes.

Two watchers: Python's audit events, in every process that inherits the environment, and strace,
which sees native code too, where it is there and may trace.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from waiting import PATIENCE_S

from defocus._telemetry import SWITCHES

if TYPE_CHECKING:
    from pathlib import Path

# A worker of a batch ends when its work does. With WATCH_LINGER_S it waits once, before it renames
# its result, if it has loaded the library under suspicion.
AUDIT = """
import os, sys, time

_log = os.open(os.environ["WATCH_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
_writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_linger = [float(os.environ.get("WATCH_LINGER_S", 0))]

def _watch(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        line = f"net {args[1]!r}"
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        line = f"net {args[:1]!r}"
    elif event == "open" and isinstance(args[0], (str, bytes)) and (args[2] or 0) & _writes:
        line = f"file {os.path.abspath(os.fsdecode(args[0]))}"
    elif event == "os.mkdir":
        line = f"file {os.path.abspath(os.fsdecode(args[0]))}"
    elif event == "os.rename" and "onnxruntime" in sys.modules and _linger:
        time.sleep(_linger.pop())
        return
    else:
        return
    os.write(_log, (line + chr(10)).encode(errors="replace"))

sys.addaudithook(_watch)
"""

_SYSCALLS = "connect,sendto,sendmsg,sendmmsg,openat,open,creat,mkdir,mkdirat"
_ADDRESS = re.compile(r'inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"')
_MADE = re.compile(r'(?:open|openat|creat)\((?:AT_FDCWD, )?"([^"]+)", [^)]*O_CREAT|'
                   r'mkdir(?:at)?\((?:AT_FDCWD, )?"([^"]+)"')  # fmt: skip
_LOOPBACK = ("127.", "::1", "::ffff:127.", "localhost", "0.0.0.0")


@dataclass(frozen=True)
class Seen:
    """What a process and its children did.

    Attributes:
        contacts: hosts beyond loopback that it asked for, connected or sent to.
        files: absolute paths that it opened to write or made, below the home folder or elsewhere,
            except devices.
        home: the home folder that it had, empty before.
        traced: strace watched too.
    """

    contacts: list[str]
    files: list[Path]
    home: Path
    traced: bool


class Watch:
    """A process under watch; :meth:`seen` waits for its end."""

    def __init__(self, folder: Path, code: str, *arguments: object, **environment: str) -> None:
        self._folder = folder
        self.home = folder / "home"
        for made in (self.home, folder / "tmp", folder / "hook", folder / "work"):
            made.mkdir(parents=True)
        (folder / "hook" / "sitecustomize.py").write_text(AUDIT)
        self.traced = can_trace()
        tracer = ["strace", "-f", "-qq", "--seccomp-bpf", "-s", "256", "-e", "signal=none",
                  "-e", f"trace={_SYSCALLS}", "-o", str(folder / "trace")]  # fmt: skip
        self.process = subprocess.Popen(
            [*(tracer if self.traced else []), sys.executable, "-c", code, *map(str, arguments)],
            cwd=folder / "work",
            env=self._environment() | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def _environment(self) -> dict[str, str]:
        """As a user's, without anything that would keep the libraries quiet by itself."""
        ours = ("DEFOCUS_", "XDG_", "HF_", "ORT_", "RAY_", "DO_NOT_TRACK")
        kept = {k: v for k, v in os.environ.items() if k not in SWITCHES and not k.startswith(ours)}
        return kept | {
            "HOME": str(self.home),
            "TMPDIR": str(self._folder / "tmp"),
            "PYTHONPATH": str(self._folder / "hook"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
            "WATCH_LOG": str(self._folder / "audit"),
        }

    def kill(self) -> None:
        """End it if it still runs."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()

    def seen(self, timeout_s: float = 2 * PATIENCE_S) -> Seen:
        """What it did, once it has ended; it must end well, or by Ctrl-C."""
        said, complained = self.process.communicate(timeout=timeout_s)
        assert self.process.returncode in (0, 130), (self.process.returncode, said, complained)
        lines = _lines(self._folder / "audit")
        contacts = [line[4:] for line in lines if line.startswith("net ") and _is_far(line[4:])]
        files = {line[5:] for line in lines if line.startswith("file ")}
        for line in _lines(self._folder / "trace"):
            contacts += [a or b for a, b in _ADDRESS.findall(line) if _is_far(a or b)]
            files |= {a or b for a, b in _MADE.findall(line)}
        own = {str(self._folder / name) for name in ("audit", "trace")}
        paths = [self._folder / "work" / file for file in files - own]
        paths += [path for path in self.home.rglob("*") if path.is_file()]
        devices = ("/dev/", "/proc/", "/sys/")
        kept = {path for path in paths if not str(path).startswith(devices)}
        return Seen(contacts, sorted(kept), self.home, self.traced)


def _is_far(where: str) -> bool:
    """Whether an address, or an address as Python shows it, leaves this machine."""
    if where.startswith(("'/", "b'", "'\\x00", "None", "''")):  # a socket in the file system
        return False
    host = where.strip("('").partition("'")[0] or where
    return not (host.startswith(_LOOPBACK) or host == "")


def _lines(path: Path) -> list[str]:
    return path.read_text(errors="replace").splitlines() if path.exists() else []


@functools.cache
def can_trace() -> bool:
    """Whether strace is there and the system lets it trace."""
    if shutil.which("strace") is None:
        return False
    probe = ["strace", "-f", "-qq", "--seccomp-bpf", "-e", "trace=connect", "true"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0

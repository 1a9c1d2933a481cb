"""Folders that defocus keeps for itself, and what the user means by a path.

Environment:
    ``DEFOCUS_STATE``: edits and journals; default ``$XDG_STATE_HOME/defocus``, or what else the
    system has for it.
    ``DEFOCUS_CACHE``: models; default ``$XDG_CACHE_HOME/defocus``, likewise.
    ``DEFOCUS_RUNTIME``: locks and private copies of a running defocus; default a private folder in
    the temporary one (``TMPDIR``).

A user without a home (a container, a service) has the first two in the third.
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from filelock import BaseFileLock


_elsewhere: dict[str, Path] = {}


def expanded(path: str | Path) -> Path:
    """The path with ``~`` as the home folder; as it is, if nobody knows that."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - pathlib's raises without a home


def state_dir() -> Path:
    """What is kept between runs and would be missed. It may not exist yet."""
    import platformdirs

    return _chosen("DEFOCUS_STATE") or _of_user(platformdirs.user_state_path, "state")


def cache_dir() -> Path:
    """What can be fetched again. It may not exist yet."""
    import platformdirs

    return _chosen("DEFOCUS_CACHE") or _of_user(platformdirs.user_cache_path, "cache")


def runtime_dir() -> Path:
    """A folder of this user, closed to others, for what ends with the processes that use it.

    Raises:
        OSError: it cannot be made.
    """
    chosen = _chosen("DEFOCUS_RUNTIME")
    if chosen is not None:
        chosen.mkdir(parents=True, exist_ok=True, mode=0o700)
        return chosen
    folder = _own_place()
    folder.mkdir(exist_ok=True, mode=0o700)
    if not _is_ours(folder):  # somebody was quicker
        folder = _own_place()
    if hasattr(os, "getuid") and folder.stat().st_mode & 0o077:
        folder.chmod(0o700)
    return folder


def _own_place() -> Path:
    """This user's folder in the temporary one; it need not exist yet, and if it does, is ours."""
    try:
        base = tempfile.gettempdir()
    except OSError:  # nowhere can be written; whoever tries will hear of it
        base = "/tmp"
    folder = Path(base) / (f"defocus-{os.getuid()}" if hasattr(os, "getuid") else "defocus")
    if _is_ours(folder):
        return folder
    # Somebody else has put it there, or a link: not where private copies go.
    if base not in _elsewhere:
        _elsewhere[base] = Path(tempfile.mkdtemp(prefix="defocus-"))
    return _elsewhere[base]


def _is_ours(folder: Path) -> bool:
    """Whether nothing has this name, or a folder of this user."""
    try:
        status = folder.lstat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and (
        not hasattr(os, "getuid") or status.st_uid == os.getuid()
    )


def _chosen(variable: str) -> Path | None:
    text = os.environ.get(variable)
    return expanded(text).absolute() if text else None


def _of_user(usual: Callable[..., Path], instead: str) -> Path:
    """platformdirs' folder, or one in the runtime folder if there is no home to hold it."""
    with suppress(RuntimeError):  # how its newer versions say so; older ones leave the ~ as it is
        path = usual("defocus", appauthor=False)
        if path.is_absolute():
            return path
    return (_chosen("DEFOCUS_RUNTIME") or _own_place()) / instead


class PrivateFolder:
    """A folder for this process's private copies, such as uploads.

    It goes with :meth:`close`; if the process is killed before, it goes when the next one of its
    kind is made.

    Args:
        kind: one word; it begins the folder's name.

    Attributes:
        path: the folder.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self, kind: str) -> None:
        home = runtime_dir()
        _sweep(home, kind)
        self.path = home / f"{kind}-{secrets.token_hex(8)}"
        self._lock = _lock(self.path)
        self._lock.acquire(blocking=False)  # nobody else knows the name
        self.path.mkdir(mode=0o700)

    def close(self) -> None:
        """Remove the folder and all in it; again does nothing."""
        shutil.rmtree(self.path, ignore_errors=True)
        Path(self._lock.lock_file).unlink(missing_ok=True)
        self._lock.release()

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        self.close()


def _lock(folder: Path) -> BaseFileLock:
    from filelock import FileLock

    return FileLock(f"{folder}.lock", thread_local=False)


def _sweep(home: Path, kind: str) -> None:
    """Remove the folders of this kind whose processes are gone: the system has let go their locks.

    Raises nothing: what cannot be removed now stays for the next.
    """
    from filelock import Timeout

    for name in home.glob(f"{kind}-*.lock"):
        folder = name.with_suffix("")
        lock = _lock(folder)
        with suppress(Timeout, OSError, NotImplementedError):
            lock.acquire(blocking=False)
            shutil.rmtree(folder, ignore_errors=True)
            name.unlink(missing_ok=True)
            lock.release()

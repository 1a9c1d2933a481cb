"""Results on disk: whole, or not at all.

What is written is in memory first, goes to a part beside its target, is flushed to the disk and
only then takes the target's name. A part that a killed process left is removed by the next that
writes into the folder: whoever writes one holds a lock on it, and the system lets go of the locks
of the dead.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

_PREFIX, _SUFFIX = ".defocus-", ".part"
# Windows renames and removes no file that somebody has open, and flushes none opened for reading.
_OPEN_FILES_MOVE = sys.platform != "win32"
_FLUSHED_AS = "rb" if _OPEN_FILES_MOVE else "r+b"
_swept: set[Path] = set()
# What systems answer where files have no modes of their own.
_NO_MODES = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}
# What shares and stacked file systems answer that cannot flush one file.
_NO_FLUSH = {errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.ENOTTY}


def write_whole(
    target: Path, content: bytes | memoryview, *, overwrite: bool, like: Path | None = None
) -> Path:
    """Write a file that is complete on the disk before it has its name.

    A file that is replaced keeps its mode, its owner and its group as far as the system lets us;
    nobody can read the new one who could not read both that and ``like``. A symbolic link is
    followed: what it leads to is replaced, the link stays.

    Args:
        target: where the file goes; its folder must exist.
        content: all of it.
        overwrite: replace an existing file.
        like: the file from which the content was made, if it may be private.

    Returns:
        The path that was written: ``target``, or where that leads as a link.

    Raises:
        FileExistsError: the target exists and ``overwrite`` is false, even if it came into being
            meanwhile.
        OSError: what the system said; the target is as it was, and nothing else is left.
    """
    target = _final(target, overwrite)
    with _part(target.parent) as (part, file):
        _admit(file.fileno(), _status(target), _status(like))
        _write_all(file, content)
        _rename(file, part, target, overwrite)
    return target


def move_whole(written: Path, target: Path, *, overwrite: bool) -> Path:
    """Give a complete file the name of ``target``, as :func:`write_whole` would have written it.

    Args:
        written: an ordinary file of ours; gone afterwards.
        target: on the same disk or another.
        overwrite: replace an existing file.
    """
    final = _final(target, overwrite)
    with written.open(_FLUSHED_AS) as file:
        try:
            _admit(file.fileno(), _status(final), _status(written))
            _rename(file, written, final, overwrite)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            write_whole(final, written.read_bytes(), overwrite=overwrite, like=written)
    with suppress(OSError):  # it is in place; what is left of it is the caller's to sweep
        written.unlink(missing_ok=True)
    return final


def is_there(path: Path) -> bool:
    """Whether a file, folder or link has this name; no, where one may not look."""
    return os.path.lexists(path)


def is_folder(path: Path) -> bool:
    """Whether this is a folder that can be seen; unlike pathlib's, never an error."""
    return os.path.isdir(path)  # noqa: PTH112


def free_name(path: Path) -> Path:
    """The path, or one with a number after its stem, that no file has."""
    number = 2
    free = path
    while is_there(free):
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
        number += 1
    return free


def printable(name: str) -> str:
    """The name as text that can be sent; bytes that are no UTF-8 become question marks."""
    return name.encode("utf-8", "replace").decode()


def identity(path: Path) -> tuple[int, int] | None:
    """Device and inode, the same whatever names and links lead to a file; None without one."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def check_ordinary(path: Path) -> None:
    """Refuse what would make a reader wait or read for ever: a pipe, a device, a socket.

    Raises:
        OSError: it is one, or a folder, or not there.
    """
    kind = path.stat().st_mode
    if stat.S_ISDIR(kind):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(kind):
        raise OSError(errno.EINVAL, "Is a device, pipe or socket, no file", str(path))


def flushed(path: Path) -> None:
    """Have the system put a file that was written elsewhere on the disk. Raises OSError."""
    with path.open(_FLUSHED_AS) as file:
        _flush(file.fileno())


def _flush(descriptor: int) -> None:
    """Have the system put a file on the disk, where it can. Raises OSError."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FLUSH:
            raise


def _final(target: Path, overwrite: bool) -> Path:
    """Where a result for this name goes. Raises OSError if none may."""
    if not overwrite:
        if is_there(target):
            raise FileExistsError(errno.EEXIST, "exists already", str(target))
        return target
    if target.is_symlink():
        target = Path(os.path.realpath(target))  # pathlib's raises something else for a circle
    with suppress(FileNotFoundError):
        check_ordinary(target)
    return target


@contextmanager
def _part(folder: Path) -> Iterator[tuple[Path, io.RawIOBase]]:
    """A new file in the folder, locked; removed in the end, whatever happens."""
    if folder.absolute() not in _swept:  # once a process: a folder may be large
        _sweep(folder)
        _swept.add(folder.absolute())
    while True:
        path = folder / f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}"
        file = open_part(path)
        try:
            if _locked(file.fileno(), wait=True) and os.fstat(file.fileno()).st_nlink:
                yield path, file
                return
        finally:
            if not _OPEN_FILES_MOVE:
                file.close()
            with suppress(OSError):  # who writes here next tries again
                path.unlink(missing_ok=True)
            file.close()


def open_part(path: Path) -> io.RawIOBase:
    """A new file, unbuffered: what its ``write`` says is what the system took."""
    return path.open("xb", buffering=0)


def _sweep(folder: Path) -> None:
    """Remove the parts that nobody writes any more."""
    with suppress(OSError):
        parts = [entry.path for entry in os.scandir(folder) if _is_part(entry.name)]
        for path in parts:
            with suppress(OSError), Path(path).open("rb") as file:
                if not _locked(file.fileno(), wait=False):
                    continue
                if not _OPEN_FILES_MOVE:  # there that somebody has it open is lock enough
                    file.close()
                Path(path).unlink()


def _is_part(name: str) -> bool:
    return name.startswith(_PREFIX) and name.endswith(_SUFFIX)


def _locked(descriptor: int, *, wait: bool) -> bool:
    """Take the lock of a part. A file system without locks lets writers write, and none sweep."""
    if sys.platform != "win32":
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError:
            return wait
    return True


def _write_all(file: io.RawIOBase, content: bytes | memoryview) -> None:
    """Write until the system took every byte: a short write is a full disk, not a success."""
    left = memoryview(content).cast("B")
    size = len(left)
    while left:
        taken = file.write(left)
        if not taken:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        left = left[taken:]
    found = os.fstat(file.fileno()).st_size
    if found != size:
        raise OSError(errno.EIO, f"{found} bytes of {size} arrived on the disk")


def _rename(file: IO[bytes] | io.RawIOBase, part: Path, target: Path, overwrite: bool) -> None:
    """Flush the part, rename it, and flush the folder."""
    _flush(file.fileno())
    if not _OPEN_FILES_MOVE:
        file.close()
    if overwrite:
        part.replace(target)
    else:
        _rename_new(part, target)
    # The file is in place and on the disk. If the folder cannot be flushed, a power cut may bring
    # the old state back, whole: nothing that would be worth to call a failure.
    with suppress(OSError):
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _status(path: Path | None) -> os.stat_result | None:
    try:
        return path.stat() if path is not None else None
    except OSError:
        return None


def _admit(descriptor: int, old: os.stat_result | None, like: os.stat_result | None) -> None:
    """Mode, owner, group: those of the file that is replaced, and no reader beyond ``like``'s.

    Windows has none of these: there a file takes the rights of its folder.
    """
    if sys.platform != "win32":
        mode = stat.S_IMODE((old or os.fstat(descriptor)).st_mode) & 0o777
        if old is not None:
            with suppress(OSError):
                os.fchown(descriptor, -1, old.st_gid)
            with suppress(OSError):
                os.fchown(descriptor, old.st_uid, -1)
        elif like is not None and like.st_mode & 0o044 == 0o040:
            with suppress(OSError):
                os.fchown(descriptor, -1, like.st_gid)
        group = os.fstat(descriptor).st_gid
        for model in (old, like):
            if model is not None:
                mode &= _readers(model, group)
        if old is not None and old.st_gid != group:
            mode &= ~0o020
        try:
            os.fchmod(descriptor, mode)
        except OSError as error:  # FAT, exFAT, shares: the disk as a whole says who may read
            if error.errno not in _NO_MODES:
                raise


def _readers(model: os.stat_result, group: int) -> int:
    """Mask for a mode: the owner, this group if it may read the model, the others if they may."""
    if model.st_mode & 0o004:
        return 0o707 | (model.st_mode & 0o040 and 0o070)
    return 0o770 if model.st_mode & 0o040 and model.st_gid == group else 0o700


def _rename_new(part: Path, target: Path) -> None:
    try:
        os.link(part, target)  # fails if the target exists: no race, unlike a check before
    except FileExistsError:
        raise
    except OSError as error:  # a file system without hard links, or another disk
        if error.errno in (errno.EXDEV, errno.ENAMETOOLONG, errno.ENOSPC, errno.EDQUOT):
            raise
        if is_there(target):
            raise FileExistsError(errno.EEXIST, "exists already", str(target)) from None
        part.rename(target)

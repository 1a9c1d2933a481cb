"""Results on disk: whole, or not at all; read by nobody new."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from defocus import files
from defocus.files import identity, move_whole, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

NEW, OLD = b"new" * 1000, b"old"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.parametrize("content", [b"", b"x", NEW, memoryview(bytearray(NEW))])
def test_a_new_file_holds_all_and_is_alone(tmp_path: Path, content: bytes) -> None:
    target = tmp_path / "a.txt"
    assert write_whole(target, content, overwrite=False) == target
    assert target.read_bytes() == bytes(content)
    assert names(tmp_path) == ["a.txt"]
    assert mode(target) == 0o644


def test_an_existing_file_is_replaced_only_when_asked(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_bytes(OLD)
    with pytest.raises(FileExistsError):
        write_whole(target, NEW, overwrite=False)
    assert target.read_bytes() == OLD
    write_whole(target, NEW, overwrite=True)
    assert target.read_bytes() == NEW
    assert names(tmp_path) == ["a.txt"]


# -- disks that fail -------------------------------------------------------------------------------


class Faulty:
    """A raw file that takes at most ``piece`` bytes at a time, and fails after ``room`` bytes."""

    def __init__(self, path: Path, *, piece: int, room: int, fault: OSError | None) -> None:
        self._file = path.open("xb", buffering=0)
        self._piece, self._room, self._fault = piece, room, fault

    def write(self, data: memoryview) -> int:
        taken = min(len(data), self._piece, self._room)
        if not taken and self._fault is not None:
            raise self._fault
        self._room -= taken
        return self._file.write(data[:taken])

    def fileno(self) -> int:
        return self._file.fileno()

    def close(self) -> None:
        self._file.close()


FAULTS = [None, OSError(errno.ENOSPC, "full"), OSError(errno.EIO, "broken"), OSError(errno.EDQUOT)]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("room", [0, 1, 2048, len(NEW) - 1])
@pytest.mark.parametrize("overwrite", [True, False])
def test_a_disk_that_fails_at_any_byte_leaves_all_as_it_was(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: OSError | None,
    room: int,
    overwrite: bool,
) -> None:
    target = tmp_path / "a.txt"
    if overwrite:
        target.write_bytes(OLD)
    monkeypatch.setattr(
        files, "open_part", lambda path: Faulty(path, piece=1000, room=room, fault=fault)
    )
    with pytest.raises(OSError):  # noqa: PT011 - the number tells, not the words
        write_whole(target, NEW, overwrite=overwrite)
    assert names(tmp_path) == (["a.txt"] if overwrite else [])
    assert not overwrite or target.read_bytes() == OLD


def test_short_writes_are_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        files, "open_part", lambda path: Faulty(path, piece=7, room=len(NEW), fault=None)
    )
    write_whole(tmp_path / "a.txt", NEW, overwrite=False)
    assert (tmp_path / "a.txt").read_bytes() == NEW


@pytest.mark.parametrize("step", ["fsync", "replace", "fchmod"])
def test_a_system_call_that_fails_leaves_all_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    target = tmp_path / "a.txt"
    target.write_bytes(OLD)

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "broken")

    owner = Path if step == "replace" else files.os
    monkeypatch.setattr(owner, step, fail)
    with pytest.raises(OSError, match="broken"):
        write_whole(target, NEW, overwrite=True)
    assert target.read_bytes() == OLD
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("answer", ["EPERM", "ENOTSUP", "ENOSYS", "EINVAL"])
@pytest.mark.parametrize("exists", [True, False])
def test_a_disk_without_modes_takes_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, exists: bool
) -> None:
    """FAT, exFAT and shares of other systems: no modes, no owners, no hard links."""
    target, photo = tmp_path / "a.txt", tmp_path / "photo"
    photo.write_bytes(b"private")
    photo.chmod(0o600)
    if exists:
        target.write_bytes(OLD)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(getattr(errno, answer), "not here")

    for call in ("fchmod", "fchown", "link"):
        monkeypatch.setattr(files.os, call, refuse)
    write_whole(target, NEW, overwrite=exists, like=photo)
    assert target.read_bytes() == NEW
    assert names(tmp_path) == ["a.txt", "photo"]


@pytest.mark.parametrize("answer", ["ENOTSUP", "EINVAL", "ENOSYS", "ENOTTY"])
@pytest.mark.parametrize("overwrite", [True, False])
def test_a_disk_that_cannot_flush_takes_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, overwrite: bool
) -> None:
    """Shares and stacked file systems answer so to every fsync, of files and of folders."""
    target, ready = tmp_path / "a.txt", tmp_path / "ready"
    ready.write_bytes(NEW)
    if overwrite:
        target.write_bytes(OLD)

    def refuse(_: int) -> None:
        raise OSError(getattr(errno, answer), "not here")

    monkeypatch.setattr(files.os, "fsync", refuse)
    write_whole(target, NEW, overwrite=overwrite)
    assert target.read_bytes() == NEW
    files.flushed(target)
    move_whole(ready, target, overwrite=True)
    assert target.read_bytes() == NEW
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("hard_links", [True, False])
def test_never_replaces_a_file_that_appears_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hard_links: bool
) -> None:
    target = tmp_path / "a.txt"
    usual = os.fsync

    def meanwhile(descriptor: int) -> None:
        target.write_text("theirs")
        usual(descriptor)

    def no_links(*_: object) -> None:
        raise PermissionError("no hard links here")

    monkeypatch.setattr(files.os, "fsync", meanwhile)
    if not hard_links:
        monkeypatch.setattr(files.os, "link", no_links)
    with pytest.raises(FileExistsError):
        write_whole(target, NEW, overwrite=False)
    assert target.read_text() == "theirs"
    assert names(tmp_path) == ["a.txt"]


def test_a_file_system_without_hard_links_gets_new_files_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError("no hard links here")

    monkeypatch.setattr(files.os, "link", no_links)
    write_whole(tmp_path / "a.txt", NEW, overwrite=False)
    assert (tmp_path / "a.txt").read_bytes() == NEW
    assert names(tmp_path) == ["a.txt"]


# -- who may read ----------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [0o600, 0o640, 0o644, 0o664, 0o444, 0o755])
def test_a_replaced_file_keeps_its_mode(tmp_path: Path, bits: int) -> None:
    target = tmp_path / "a.txt"
    target.write_bytes(OLD)
    target.chmod(bits)
    write_whole(target, NEW, overwrite=True)
    assert mode(target) == bits


@pytest.mark.parametrize(
    ("like", "old", "made"),
    [
        (0o600, None, 0o600),
        (0o640, None, 0o640),
        (0o644, None, 0o644),
        (0o400, None, 0o600),
        (0o600, 0o644, 0o600),
        (0o640, 0o664, 0o660),
        (0o644, 0o600, 0o600),
        (0o644, 0o664, 0o664),
    ],
)
def test_nobody_reads_a_result_who_could_not_read_the_photo(
    tmp_path: Path, like: int, old: int | None, made: int
) -> None:
    photo, target = tmp_path / "photo", tmp_path / "result"
    photo.write_bytes(b"photo")
    photo.chmod(like)
    if old is not None:
        target.write_bytes(OLD)
        target.chmod(old)
    write_whole(target, NEW, overwrite=True, like=photo)
    assert mode(target) == made


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_owner_and_group_stay(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_bytes(OLD)
    os.chown(target, 12345, 54321)
    target.chmod(0o660)
    write_whole(target, NEW, overwrite=True)
    status = target.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (12345, 54321, 0o660)


def test_a_group_that_cannot_be_kept_gives_no_other_group_its_rights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "not yours")

    stat_of = files._status

    class Other:
        def __init__(self, real: os.stat_result) -> None:
            self.st_mode, self.st_uid, self.st_gid = real.st_mode, real.st_uid, real.st_gid + 1

    monkeypatch.setattr(files.os, "fchown", refuse)
    monkeypatch.setattr(
        files, "_status", lambda path: Other(real) if (real := stat_of(path)) else None
    )
    for bits, made in [(0o660, 0o600), (0o664, 0o644), (0o640, 0o600)]:
        target = tmp_path / "a.txt"
        target.write_bytes(OLD)
        target.chmod(bits)
        write_whole(target, NEW, overwrite=True)
        assert mode(target) == made


def test_a_part_is_never_open_to_more_than_the_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a.txt"
    target.write_bytes(OLD)
    target.chmod(0o600)
    seen = []
    usual = files._write_all

    def watch(file: object, content: bytes) -> None:
        (part,) = tmp_path.glob(".defocus-*.part")
        seen.append(mode(part))
        usual(file, content)  # type: ignore[arg-type]

    monkeypatch.setattr(files, "_write_all", watch)
    write_whole(target, NEW, overwrite=True)
    assert seen == [0o600]


# -- links, and what is no file --------------------------------------------------------------------


def test_a_link_is_followed_and_told_and_stays(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    real = tmp_path / "far" / "real.txt"
    real.write_bytes(OLD)
    link = tmp_path / "link.txt"
    link.symlink_to(Path("far") / "real.txt")
    second = tmp_path / "second.txt"
    second.symlink_to(link)
    assert write_whole(second, NEW, overwrite=True) == real
    assert link.is_symlink()
    assert second.is_symlink()
    assert real.read_bytes() == NEW
    with pytest.raises(FileExistsError):
        write_whole(link, OLD, overwrite=False)


def test_a_link_that_leads_nowhere_or_in_a_circle_is_no_target_unasked(tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to(tmp_path / "nothing")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    for name in ("dangling", "circle"):
        with pytest.raises(FileExistsError):
            write_whole(tmp_path / name, NEW, overwrite=False)
    with pytest.raises(OSError, match="symbolic links"):
        write_whole(tmp_path / "circle", NEW, overwrite=True)
    assert names(tmp_path) == ["circle", "dangling"]


def test_a_pipe_a_device_or_a_folder_is_never_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "device").symlink_to("/dev/null")
    for name in ("pipe", "folder", "device"):
        with pytest.raises(OSError, match=r"device, pipe|directory"):
            write_whole(tmp_path / name, NEW, overwrite=True)
    assert names(tmp_path) == ["device", "folder", "pipe"]


def test_identity_sees_through_names(tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"photo")
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.jpg").symlink_to(photo)
    (tmp_path / "hard.jpg").hardlink_to(photo)
    (tmp_path / "copy.jpg").write_bytes(b"photo")
    same = [photo, tmp_path / "link.jpg", tmp_path / "hard.jpg", tmp_path / "sub/../photo.jpg"]
    assert len({identity(path) for path in same}) == 1
    assert identity(tmp_path / "copy.jpg") != identity(photo)
    assert identity(tmp_path / "none") is None
    assert identity(Path("nul\0")) is None


# -- what the dead leave ---------------------------------------------------------------------------

_KILLED = """
import os, signal, sys
from pathlib import Path
from defocus import files
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
setattr(files, sys.argv[2], die)
files.write_whole(Path(sys.argv[1]), b"new" * 1000, overwrite=True)
"""


@pytest.mark.parametrize("step", ["_locked", "_write_all", "_rename"])
def test_the_part_of_a_killed_process_goes_with_the_next_write(tmp_path: Path, step: str) -> None:
    (tmp_path / "a.txt").write_bytes(OLD)
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, str(tmp_path / "a.txt"), step], check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert len(names(tmp_path)) == 2
    assert (tmp_path / "a.txt").read_bytes() == OLD
    write_whole(tmp_path / "b.txt", NEW, overwrite=False)
    assert names(tmp_path) == ["a.txt", "b.txt"]


def test_a_part_that_somebody_writes_stays(tmp_path: Path) -> None:
    with files._part(tmp_path) as (part, _):
        files._sweep(tmp_path)
        assert part.exists()
    assert names(tmp_path) == []


def test_what_only_looks_like_a_part_stays(tmp_path: Path) -> None:
    for name in (".defocus-batch.sqlite", "x.part", ".defocus-look.json"):
        (tmp_path / name).touch()
    files._sweep(tmp_path)
    assert len(names(tmp_path)) == 3


# -- between places --------------------------------------------------------------------------------


@pytest.mark.parametrize("disks", [1, 2])
def test_moving_keeps_the_mode_of_what_it_replaces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, disks: int
) -> None:
    (tmp_path / "parts").mkdir()
    written, target = tmp_path / "parts/0.jpg", tmp_path / "a.jpg"
    written.write_bytes(NEW)
    target.write_bytes(OLD)
    target.chmod(0o600)
    rename = Path.replace

    def between_disks(self: Path, goal: Path) -> Path:
        if disks == 2 and self.parent != goal.parent:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(self, goal)

    monkeypatch.setattr(Path, "replace", between_disks)
    assert move_whole(written, target, overwrite=True) == target
    assert target.read_bytes() == NEW
    assert mode(target) == 0o600
    assert not written.exists()
    assert names(tmp_path) == ["a.jpg", "parts"]


def test_moving_replaces_nothing_unasked(tmp_path: Path) -> None:
    (tmp_path / "0").write_bytes(NEW)
    (tmp_path / "1").write_bytes(OLD)
    with pytest.raises(FileExistsError):
        move_whole(tmp_path / "0", tmp_path / "1", overwrite=False)
    assert (tmp_path / "1").read_bytes() == OLD


_SHORT = """
import resource, sys
import numpy as np
from pathlib import Path
import defocus
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
noise = np.random.default_rng(1).integers(0, 256, (80, 80, 3), np.uint8)
try:
    defocus.write_photo(defocus.Photo(noise), sys.argv[1], overwrite=True)
except defocus.errors.PhotoError as error:
    sys.exit(3)
"""


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp", "avif", "heic"])
def test_no_format_takes_a_full_disk_for_success(tmp_path: Path, suffix: str) -> None:
    """RLIMIT_FSIZE stands for a nearly full disk: the system takes the first bytes only."""
    if suffix == "heic":
        pytest.importorskip("pillow_heif")
    target = tmp_path / f"a.{suffix}"
    target.write_bytes(OLD)
    done = subprocess.run(
        [sys.executable, "-c", _SHORT, str(target)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3, done.stderr
    assert target.read_bytes() == OLD
    assert names(tmp_path) == [target.name]

"""Results on disk where no file can be renamed or removed that somebody has open: on Windows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from defocus import files
from defocus.files import flushed, move_whole, write_whole

NEW, OLD = b"new" * 1000, b"old"


def _check_closed(path: Any) -> None:
    """As Windows would: refuse if this process has the file open."""
    status = Path(path).lstat() if os.path.lexists(path) else None
    for link in Path("/proc/self/fd").iterdir():
        try:
            opened = os.fstat(int(link.name))
        except OSError:
            continue
        if status is not None and (opened.st_dev, opened.st_ino) == (status.st_dev, status.st_ino):
            raise PermissionError(13, "used by another process", str(path))


@pytest.fixture(autouse=True)
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = {name: getattr(Path, name) for name in ("replace", "rename", "unlink")}
    fsync = os.fsync

    def refusing(name: str) -> Any:
        def call(path: Path, *args: Any, **options: Any) -> Any:
            _check_closed(path)
            return usual[name](path, *args, **options)

        return call

    def flush(descriptor: int) -> None:
        if os.path.isfile(f"/proc/self/fd/{descriptor}"):  # noqa: PTH113
            os.write(descriptor, b"")  # fails on one that was opened for reading
        fsync(descriptor)

    for name in usual:
        monkeypatch.setattr(Path, name, refusing(name))
    monkeypatch.setattr(os, "fsync", flush)
    monkeypatch.setattr(files, "_OPEN_FILES_MOVE", False)
    monkeypatch.setattr(files, "_FLUSHED_AS", "r+b")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_file_is_written(tmp_path: Path, overwrite: bool) -> None:
    target = tmp_path / "a.txt"
    if overwrite:
        target.write_bytes(OLD)
    write_whole(target, NEW, overwrite=overwrite)
    assert target.read_bytes() == NEW
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_file_is_moved(tmp_path: Path, overwrite: bool) -> None:
    written, target = tmp_path / "b.txt", tmp_path / "a.txt"
    written.write_bytes(NEW)
    if overwrite:
        target.write_bytes(OLD)
    move_whole(written, target, overwrite=overwrite)
    assert target.read_bytes() == NEW
    assert names(tmp_path) == ["a.txt"]


def test_a_failure_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: Any, content: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "_write_all", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(tmp_path / "a.txt", NEW, overwrite=False)
    assert names(tmp_path) == []


def test_what_a_killed_process_left_is_swept(tmp_path: Path) -> None:
    (tmp_path / f".defocus-{'0' * 16}.part").write_bytes(OLD)
    with (tmp_path / f".defocus-{'1' * 16}.part").open("wb"):  # somebody writes this one
        write_whole(tmp_path / "a.txt", NEW, overwrite=False)
        assert names(tmp_path) == [f".defocus-{'1' * 16}.part", "a.txt"]


def test_a_file_that_was_written_elsewhere_is_flushed(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(NEW)
    flushed(tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_bytes() == NEW

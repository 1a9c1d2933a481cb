"""Faults at every step of every write: nothing is lost, half written or left over.

A fault is a system call that fails (disk full, quota, I/O error, permission), a write that is cut
short, or kill -9; it strikes at a random call of a random piece of work. ``DEFOCUS_FAULTS=1000``
strikes a thousand times.
"""

from __future__ import annotations

import errno
import itertools
import os
import random
import signal
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from batch_serial import EDIT, Serial

import defocus
from defocus import files
from defocus.batch import Options, run_batch, runner
from defocus.batch.journal import JOURNAL
from defocus.batch.plan import Entry
from defocus.cli._batch_report import Report
from defocus.depth.file import write_disparity
from defocus.depth.picture import write_picture
from defocus.disparity import Disparity
from defocus.edit.files import write_edit
from defocus.errors import DefocusError
from defocus.session.kept import save_edit

if TYPE_CHECKING:
    import io
    from collections.abc import Callable

FAULTS = int(os.environ.get("DEFOCUS_FAULTS", "120"))
CODES = (errno.ENOSPC, errno.EIO, errno.EACCES, errno.EDQUOT, errno.EROFS)
NOISE = np.random.default_rng(1).integers(0, 256, (24, 32, 3), np.uint8)
PHOTO = defocus.Photo(NOISE)
MAP = Disparity(np.linspace(0, 1, 24 * 32, dtype=np.float32).reshape(24, 32))


def report(path: Path) -> None:
    with Report(path) as lines:
        lines.add(Entry("a.jpg", "b.jpg", "done"))


# What writes one file, given where.
WRITERS: dict[str, Callable[[Path], object]] = {
    "a.jpg": lambda path: defocus.write_photo(PHOTO, path, overwrite=True),
    "a.png": lambda path: defocus.write_photo(PHOTO, path, overwrite=True),
    "a.tif": lambda path: defocus.write_photo(PHOTO, path, overwrite=True),
    "a.webp": lambda path: defocus.write_photo(PHOTO, path, overwrite=True),
    "m.npy": lambda path: write_disparity(MAP, path, overwrite=True),
    "m.png": lambda path: write_disparity(MAP, path, overwrite=True),
    "m.pfm": lambda path: write_disparity(MAP, path, overwrite=True),
    "p.jpg": lambda path: write_picture(NOISE, path, overwrite=True),
    "look.json": lambda path: write_edit(EDIT, path),
    "r.jsonl": report,
    "state": lambda path: save_edit("0" * 64, EDIT),
}


class Fault:
    """Counts the system calls that change something, and strikes at one of them.

    Args:
        at: which call, from 0; none if there are fewer.
        kind: an error number, ``short`` (a write takes one byte, then none) or ``kill``.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: float, kind: int | str) -> None:
        self.calls = 0
        self._at, self._kind = at, kind
        for owner, names in (
            (os, ("fsync", "fchmod", "fchown", "link")),
            (Path, ("replace", "rename", "unlink", "mkdir")),
        ):
            for name in names:
                monkeypatch.setattr(owner, name, self._counted(getattr(owner, name)))
        usual = files.open_part
        monkeypatch.setattr(files, "open_part", lambda path: self._part(usual, path))

    def _counted(self, usual: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            self._strike()
            return usual(*args, **options)

        return call

    def _part(self, usual: Callable[[Path], io.RawIOBase], path: Path) -> io.RawIOBase:
        self._strike()
        file = usual(path)
        write, fault = file.write, self

        class Part:
            def write(self, data: memoryview) -> int | None:
                if fault.calls == fault._at and fault._kind == "short":
                    fault.calls += 0.5  # the next one takes nothing
                    return write(data[:1])
                if fault.calls == fault._at + 0.5:
                    return 0
                fault._strike()
                return write(data[: max(1, len(data) // 3)])  # several calls

            def __getattr__(self, name: str) -> Any:
                return getattr(file, name)

        return Part()  # type: ignore[return-value]

    def _strike(self) -> None:
        now, self.calls = self.calls, self.calls + 1
        if now != self._at:
            return
        if self._kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if isinstance(self._kind, int):
            raise OSError(self._kind, os.strerror(self._kind))


def struck(work: Callable[[], object], at: float, kind: int | str) -> None:
    """Do work in which the fault strikes; a killed process is one of its own."""
    files._swept.clear()

    def attempt() -> None:
        with pytest.MonkeyPatch.context() as patch, suppress(OSError, DefocusError):
            Fault(patch, at, kind)
            work()

    if kind != "kill":
        attempt()
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # threads of other tests: the child needs none of them
            child = os.fork()
        if not child:
            attempt()
            os._exit(0)
        os.waitpid(child, 0)
    files._swept.clear()  # as in the next process


def calls_of(work: Callable[[], object]) -> int:
    with pytest.MonkeyPatch.context() as patch:
        fault = Fault(patch, float("inf"), "none")
        work()
        return int(fault.calls)


def everything(folder: Path) -> dict[str, bytes]:
    """What lies below, but for the journal, which is judged by what a rerun does."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in found
        if not path.name.startswith(JOURNAL)
    }


def cases(seed: str, calls: int, count: int) -> list[tuple[int, int | str]]:
    rng = random.Random(seed)
    every = list(itertools.product(range(calls), (*CODES, "short", "kill")))
    rng.shuffle(every)
    return [every[i % len(every)] for i in range(count)]


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("replaces", [True, False])
def test_one_file(
    tmp_path: Path, name: str, replaces: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEFOCUS_STATE", str(tmp_path / "here"))
    folder = tmp_path / "here"
    folder.mkdir()
    target = folder / ("edits/" + "0" * 64 + ".json" if name == "state" else name)
    write = WRITERS[name]
    calls = calls_of(lambda: write(target))
    new = target.read_bytes()
    old = new if name == "look.json" or name == "r.jsonl" else b"old and precious"
    for at, kind in cases(name, calls, -(-FAULTS // (4 * len(WRITERS)))):
        target.unlink(missing_ok=True)
        if replaces:
            target.write_bytes(old)
        (folder / "other.txt").write_bytes(b"of somebody else")
        struck(lambda: write(target), at, kind)
        found = target.read_bytes() if target.exists() else None
        assert found in ((old if replaces else None), new), (at, kind)
        write(target)
        relative = target.relative_to(folder).as_posix()
        expected = {relative: new, "other.txt": b"of somebody else"}
        assert everything(folder) == expected, (at, kind)


def work_of_batch(photo: Path, result: Path, edit: object) -> None:
    """Writes as the product does, without its minutes."""
    files.write_whole(result, photo.read_bytes().upper() * 50, overwrite=False, like=photo)


@pytest.mark.parametrize("start", ["empty", "done before with another edit"])
def test_a_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: str) -> None:
    monkeypatch.setattr(runner, "make_engine", lambda task, options: Serial(task))
    Serial.done = []
    source, out = tmp_path / "in", tmp_path / "out"
    for name in ("a.jpg", "x/b.jpg", "x/c.jpg"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(name)
    photos = everything(source)
    whole = {name: content.upper() * 50 for name, content in photos.items()}

    def batch() -> None:
        options = Options(retry_failed=True)
        run_batch(source, out, EDIT, options, work=work_of_batch)

    def begin() -> None:
        import shutil

        shutil.rmtree(out, ignore_errors=True)
        if start != "empty":
            other = defocus.Edit(foreground=0.5)
            run_batch(source, out, other, work=work_of_batch)

    begin()
    calls = calls_of(batch)
    for at, kind in cases(start, calls, -(-FAULTS // 4)):
        begin()
        struck(batch, at, kind)
        assert everything(source) == photos, (at, kind)
        kept = {name: data for name, data in everything(out).items() if not name.startswith(".")}
        assert kept.items() <= whole.items(), (at, kind)
        batch()
        assert everything(out) == whole, (at, kind)
        assert run_batch(source, out, EDIT, work=work_of_batch).count("skipped") == 3

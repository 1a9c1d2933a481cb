from __future__ import annotations

import os
import signal
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import batch_fakes
import pytest
from waiting import wait_until

from defocus.batch.interrupts import Interrupts
from defocus.batch.places import LocalFolder
from defocus.batch.pool import LocalPool
from defocus.batch.work import Job, Outcome, Task
from defocus.edit import Edit
from defocus.errors import DefocusError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from defocus.batch.work import Work


class Folders:
    """An input folder with photos, and a pool that works on them."""

    def __init__(self, root: Path, photos: Mapping[str, str]) -> None:
        self.source, self.target = root / "in", root / "out"
        self.source.mkdir()
        self.jobs = [Job(name, name, 1) for name in photos]
        for name, text in photos.items():
            (self.source / name).write_text(text)

    def pool(self, work: Work, *, workers: int | None = 2, memory: int = 100) -> LocalPool:
        task = Task(LocalFolder(self.source), LocalFolder(self.target), Edit(), work)
        return LocalPool(task, workers=workers, memory=memory)

    def run(self, work: Work, **options: int) -> dict[str, Outcome]:
        with closing(self.pool(work, **options)) as pool:
            outcomes = pool.run(self.jobs, Interrupts())
            return {outcome.job.source: outcome for outcome in outcomes}


def test_every_job_is_done_once_and_bad_ones_tell_why(tmp_path: Path) -> None:
    folders = Folders(tmp_path, {"a.jpg": "a", "b.jpg": "b", "c.jpg": "bad", "d.jpg": "bug"})
    with closing(folders.pool(batch_fakes.shout)) as pool:
        outcomes = list(pool.run(folders.jobs, Interrupts()))
    assert len(outcomes) == 4
    errors = {outcome.job.source: outcome.error for outcome in outcomes}
    assert errors["a.jpg"] is errors["b.jpg"] is None
    assert errors["c.jpg"] == "is bad: throw it away"
    assert errors["d.jpg"] is not None
    assert errors["d.jpg"].startswith("unexpected ZeroDivisionError at batch_fakes.py:")
    assert (folders.target / "a.jpg").read_text() == "A f/2"
    assert not (folders.target / "c.jpg").exists()


def test_a_worker_that_dies_fails_only_its_photo(tmp_path: Path) -> None:
    photos = {"a.jpg": "a", "b.jpg": "crash", "c.jpg": f"crash once {tmp_path}/tried", "d.jpg": "d"}
    outcomes = Folders(tmp_path, photos).run(batch_fakes.shout)
    failed = {name: outcome.error for name, outcome in outcomes.items() if outcome.error}
    assert list(failed) == ["b.jpg"]
    assert "SIGKILL" in failed["b.jpg"]
    assert "twice" in failed["b.jpg"]
    assert sorted(outcomes) == sorted(photos)


def test_each_worker_keeps_to_its_own_cpus(tmp_path: Path) -> None:
    available = os.sched_getaffinity(0)
    workers = min(2, len(available))
    folders = Folders(tmp_path, {f"{i}.jpg": "x" for i in range(6)})
    folders.run(batch_fakes.write_cpus, workers=workers)
    used = {path.read_text() for path in folders.target.glob("*.jpg")}
    cpus = [int(cpu) for share in used for cpu in share.split(",")]
    assert len(cpus) == len(set(cpus)), "two workers share a CPU"
    assert set(cpus) <= available


@pytest.mark.parametrize(("memory", "together"), [(10, True), (9, False), (3, False)])
def test_photos_in_flight_fit_into_the_memory(tmp_path: Path, memory: int, together: bool) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    # A second worker may be late by any time; that it never comes is seen in a moment.
    photo = f"{60 if together else 0.25} {marks}"
    folders = Folders(tmp_path, {"a.jpg": photo, "b.jpg": photo})
    folders.jobs = [Job("a.jpg", "a.jpg", 5), Job("b.jpg", "b.jpg", 5)]
    # A job that is too large for the memory still runs, alone.
    outcomes = folders.run(batch_fakes.note_overlap, workers=2, memory=memory)
    assert [outcome.error for outcome in outcomes.values()] == [None, None]
    seen = {(folders.target / name).read_text() for name in ("a.jpg", "b.jpg")}
    assert ("a.jpg b.jpg" in seen) == together


MIB = 1 << 20


def limited(folders: Folders, memory: int, workers: int = 1) -> dict[str, Outcome]:
    task = Task(LocalFolder(folders.source), LocalFolder(folders.target), Edit(), batch_fakes.grow)
    pool = LocalPool(task, workers=workers, memory=memory * MIB, idle=100 * MIB)
    with closing(pool):
        return {outcome.job.source: outcome for outcome in pool.run(folders.jobs, Interrupts())}


def test_a_worker_may_take_what_was_planned_for_its_photo(tmp_path: Path) -> None:
    folders = Folders(tmp_path, {"a.jpg": "50", "b.jpg": "50"})
    folders.jobs = [Job("a.jpg", "a.jpg", 300 * MIB), Job("b.jpg", "b.jpg", 400 * MIB)]
    assert {o.error for o in limited(folders, 1000).values()} == {None}
    limits = [int((folders.target / name).read_text()) // MIB for name in ("a.jpg", "b.jpg")]
    assert limits == [300, 400]


def test_a_photo_that_takes_more_than_planned_gets_all_there_is_once(tmp_path: Path) -> None:
    """A bomb: its header promised little. It fails alone, and the others are done."""
    folders = Folders(tmp_path, {"a.jpg": "10", "bomb.jpg": "2000", "more.jpg": "500"})
    folders.jobs = [Job(name, name, 200 * MIB) for name in ("a.jpg", "bomb.jpg", "more.jpg")]
    outcomes = limited(folders, 900)
    assert outcomes["a.jpg"].error is None
    assert outcomes["more.jpg"].error is None
    assert int((folders.target / "more.jpg").read_text()) == 900 * MIB
    assert "memory" in str(outcomes["bomb.jpg"].error)


def test_idle_workers_count(tmp_path: Path) -> None:
    folders = Folders(tmp_path, {f"{i}.jpg": "10" for i in range(3)})
    folders.jobs = [Job(f"{i}.jpg", f"{i}.jpg", 5000 * MIB) for i in range(3)]
    assert {o.error for o in limited(folders, 1000, workers=3).values()} == {None}
    limits = {int((folders.target / f"{i}.jpg").read_text()) // MIB for i in range(3)}
    assert limits == {800}  # the other two hold 100 each


def test_a_worker_that_dies_while_it_starts_is_started_again(tmp_path: Path) -> None:
    folders = Folders(tmp_path, {f"{i}.jpg": "x" for i in range(6)})
    with closing(folders.pool(batch_fakes.shout, workers=2)) as pool:
        start, born = pool._start, []

        def stillborn(cpus: frozenset[int]) -> object:
            each = start(cpus)
            born.append(each)
            if len(born) in (1, 3, 4, 5, 6):  # one of the two, again and again
                each.process.kill()
            return each

        pool._start = stillborn  # type: ignore[assignment, method-assign]
        outcomes = list(pool.run(folders.jobs, Interrupts()))
    assert len(outcomes) == 6
    assert {outcome.error for outcome in outcomes} == {None}
    assert len(born) >= 3


def test_the_largest_photo_goes_first(tmp_path: Path) -> None:
    folders = Folders(tmp_path, {name: name for name in "abc"})
    folders.jobs = [Job("a", "a", 1), Job("b", "b", 3), Job("c", "c", 2)]
    outcomes = folders.run(batch_fakes.shout, workers=1)
    assert list(outcomes) == ["b", "c", "a"]


def test_after_an_interrupt_the_photos_in_flight_are_finished(tmp_path: Path) -> None:
    folders = Folders(tmp_path, {f"{i}.jpg": "x" for i in range(20)})
    interrupts = Interrupts()
    done = []
    with closing(folders.pool(batch_fakes.shout_slowly)) as pool:
        for outcome in pool.run(folders.jobs, interrupts):
            interrupts.count = 1
            done.append(outcome)
    assert 1 <= len(done) <= 3
    assert all(outcome.error is None for outcome in done)


def test_after_a_second_interrupt_they_are_abandoned(tmp_path: Path) -> None:
    folders = Folders(tmp_path, {"a.jpg": str(tmp_path / "pid")})
    interrupts = Interrupts()

    def stop_when_it_works() -> None:
        wait_for(tmp_path / "pid")
        interrupts.count = 2

    thread = threading.Thread(target=stop_when_it_works)
    thread.start()
    with closing(folders.pool(batch_fakes.write_pid_and_wait)) as pool:
        outcomes = list(pool.run(folders.jobs, interrupts))
    thread.join()
    assert outcomes == []  # the photo was at work for an hour to come
    assert not is_alive(int((tmp_path / "pid").read_text()))


def test_workers_that_do_not_come_up_are_an_error(tmp_path: Path) -> None:
    class Unpicklable:
        def __reduce__(self) -> tuple[object, ...]:
            return int, ("not a number",)

    folders = Folders(tmp_path, {"a.jpg": "a"})
    task = Task(LocalFolder(folders.source), LocalFolder(folders.target), Unpicklable(), print)  # type: ignore[arg-type]
    pool = LocalPool(task, workers=1, memory=100)
    with closing(pool), pytest.raises(DefocusError, match="ended before it could work"):
        list(pool.run(folders.jobs, Interrupts()))


@pytest.mark.parametrize(
    ("wanted", "memory", "most"), [(None, 1000, 1000), (None, 10, 2), (3, 10, 3), (None, 1, 1)]
)
def test_there_are_workers_for_the_cpus_and_the_memory(
    tmp_path: Path, wanted: int | None, memory: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(64)))
    pool = Folders(tmp_path, {}).pool(batch_fakes.shout, workers=wanted, memory=memory)
    jobs = [Job(str(i), str(i), 5) for i in range(8)]
    assert pool.worker_count(jobs) == min(most, 8)


def test_idle_workers_stay_for_the_next_run(tmp_path: Path) -> None:
    folders = Folders(tmp_path, {"a.jpg": "a", "b.jpg": "b"})
    with closing(folders.pool(batch_fakes.write_worker, workers=1)) as pool:
        for job in folders.jobs:
            assert [outcome.error for outcome in pool.run([job], Interrupts())] == [None]
    assert len({(folders.target / name).read_text() for name in ("a.jpg", "b.jpg")}) == 1


def test_interrupts_are_counted_only_inside_the_block() -> None:
    told: list[bool] = []
    before = signal.getsignal(signal.SIGINT)
    with Interrupts(lambda: told.append(True)) as interrupts:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupts.count == 2
        os.kill(os.getpid(), signal.SIGTERM)
        assert interrupts.count == 4
    assert told == [True]
    assert signal.getsignal(signal.SIGINT) is before


def wait_for(path: Path) -> None:
    wait_until(lambda: path.exists() and path.read_text(), f"what {path} tells")


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True

"""Workers: who is waited for goes first, and the others rest meanwhile."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING

import pytest
from waiting import PATIENCE_S

from defocus.session.jobs import Job, Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from defocus.progress import Progress


@pytest.fixture
def one() -> Iterator[Workers]:
    workers = Workers(1)
    yield workers
    workers.close()


@pytest.fixture
def two() -> Iterator[Workers]:
    workers = Workers(2)
    yield workers
    workers.close()


def _until(go: threading.Event) -> Callable[[Progress], None]:
    """Work that lasts until it is told."""

    def work(progress: Progress) -> None:
        assert go.wait(PATIENCE_S)

    return work


def test_what_is_waited_for_is_begun_before_what_came_earlier(one: Workers) -> None:
    go = threading.Event()
    begun: list[str] = []

    def noting(name: str) -> Callable[[Progress], None]:
        return lambda progress: begun.append(name)

    one.start(_until(go))
    later = [one.start(noting(name)) for name in "abc"]
    later[1].hurry(math.inf)
    go.set()
    assert all(job.wait(PATIENCE_S) for job in later)
    assert begun == ["b", "a", "c"]


def test_others_rest_as_long_as_what_is_waited_for_runs(two: Workers) -> None:
    went: list[str] = []
    go, at_rest = threading.Event(), threading.Event()

    def looked_at(progress: Progress) -> None:
        assert go.wait(PATIENCE_S)
        went.append("looked at")

    def another(progress: Progress) -> None:
        at_rest.set()
        progress("depth", 0.0)
        went.append("another")

    urgent = two.start(looked_at)
    urgent.hurry(math.inf)
    waiting_s = 0.0
    other = two.start(another)
    while not other.wait(0.05) and waiting_s < 0.3:
        waiting_s += 0.05
    assert went == []
    assert not at_rest.is_set()  # it has not even begun
    go.set()
    assert other.wait(PATIENCE_S)
    assert went == ["looked at", "another"]


def test_nobody_rests_for_who_has_gone(two: Workers) -> None:
    go = threading.Event()
    left = two.start(_until(go))
    left.hurry(0.2)
    assert two.start(lambda progress: progress("depth", 0.5)).wait(PATIENCE_S)
    assert left.state == "working"
    go.set()
    assert left.wait(PATIENCE_S)


def test_what_rests_can_be_cancelled(two: Workers) -> None:
    go = threading.Event()
    urgent = two.start(_until(go))
    urgent.hurry(math.inf)
    resting = two.start(lambda progress: progress("depth", 0.5))
    resting.cancel()
    assert resting.wait(PATIENCE_S)
    assert resting.state == "cancelled"
    go.set()
    assert urgent.wait(PATIENCE_S)


def test_a_job_alone_is_urgent_only_as_long_as_somebody_says_so() -> None:
    job = Job()
    assert not job.urgent
    job.hurry()
    assert job.urgent
    job.hurry(0)
    assert not job.urgent

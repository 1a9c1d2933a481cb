"""How ``defocus batch`` shows that it gets on."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from defocus.cli._run import say_error
from defocus.cli._streams import say

if TYPE_CHECKING:
    from defocus.batch import Entry, Plan

_PLAIN_SECONDS = 10.0


def display_for(*, quiet: bool) -> Display:
    """A bar on a terminal, lines in a log, or silence."""
    if quiet:
        return Display()
    return _Bar() if sys.stderr.isatty() else _Plain()


class Display:
    """Shows how a batch gets on; this one says nothing."""

    def __enter__(self) -> Display:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def begin(self, plan: Plan) -> None:
        """Told what will be done."""
        for warning in plan.warnings:
            say_error(warning)

    def show(self, entry: Entry) -> None:
        """Told of a photo that is settled."""

    def stopping(self) -> None:
        """Told of the first Ctrl-C."""


class _Plain(Display):
    """Lines for a log, one about every ten seconds."""

    def __init__(self) -> None:
        self._total = self._settled = 0
        self._started = self._said = time.monotonic()

    def begin(self, plan: Plan) -> None:
        super().begin(plan)
        self._total = len(plan.jobs)
        refused = sum(entry.status == "failed" for entry in plan.settled)
        before = f", {len(plan.settled) - refused} settled before"
        told = f", {refused} that cannot be done" if refused else ""
        say(f"{self._total} photo{'' if self._total == 1 else 's'} to do{before}{told}")
        self._started = self._said = time.monotonic()

    def show(self, entry: Entry) -> None:
        if entry.seconds is None or entry.status == "skipped":
            return
        self._settled += 1
        now = time.monotonic()
        if now - self._said < _PLAIN_SECONDS:
            return
        self._said = now
        rate = self._settled / (now - self._started)
        left = (self._total - self._settled) / rate
        say(f"{self._settled}/{self._total}  {rate:.2f} photos/s  about {left:.0f} s left")

    def stopping(self) -> None:
        say("stopping after the photos in flight; Ctrl-C again abandons them")


class _Bar(Display):
    """A bar with rate and time left, for a terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            speed_estimate_period=120,
        )
        self._task = self._bar.add_task("looking for photos", total=None, rate="")
        self._settled = self._failed = 0
        self._started = time.monotonic()

    def __enter__(self) -> Display:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def begin(self, plan: Plan) -> None:
        super().begin(plan)
        self._bar.update(self._task, total=len(plan.jobs), description="photos")
        self._started = time.monotonic()

    def show(self, entry: Entry) -> None:
        if entry.seconds is None or entry.status == "skipped":
            return
        self._settled += 1
        self._failed += entry.error is not None
        rate = self._settled / max(time.monotonic() - self._started, 1e-3)
        failed = f", {self._failed} failed" if self._failed else ""
        self._bar.update(self._task, completed=self._settled, rate=f"{rate:.2f} photos/s{failed}")

    def stopping(self) -> None:
        self._bar.update(self._task, description="stopping (Ctrl-C again abandons)")

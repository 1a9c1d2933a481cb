"""How ``defocus batch`` shows that it gets on."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from defocus.cli._bar import bar
from defocus.cli._run import say_error
from defocus.cli._streams import say

if TYPE_CHECKING:
    from collections.abc import Set

    from defocus.batch import Entry, Plan

_PLAIN_SECONDS = 10.0
_LAYOUT = "{bar:30} {n} of {total}{postfix}, {rate:.2f} photos/s, {remaining} left{desc}"


def display_for(*, quiet: bool) -> Display:
    """A bar on a terminal, lines in a log, or silence."""
    if quiet:
        return Display()
    return _Bar() if sys.stderr.isatty() else _Plain()


class Display:
    """Shows how a batch gets on; this one says nothing."""

    _before: Set[str] = frozenset()

    def __enter__(self) -> Display:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def begin(self, plan: Plan) -> None:
        """Told what will be done."""
        self._before = {entry.source for entry in plan.settled}
        for warning in plan.warnings:
            say_error(warning)

    def show(self, entry: Entry) -> None:
        """Told of a photo that is settled, now or before."""
        if entry.seconds is not None and entry.source not in self._before:
            self.worked(entry)

    def worked(self, entry: Entry) -> None:
        """Told of a photo that was worked on."""

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

    def worked(self, entry: Entry) -> None:
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
        self._bar = bar("{bar:30} {desc}", None, desc="looking for photos")
        self._failed = 0

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def begin(self, plan: Plan) -> None:
        super().begin(plan)
        self._bar.bar_format = _LAYOUT
        self._bar.set_description_str(refresh=False)
        self._bar.reset(len(plan.jobs))

    def worked(self, entry: Entry) -> None:
        self._failed += entry.error is not None
        if self._failed:
            self._bar.set_postfix_str(f"{self._failed} failed", refresh=False)
        self._bar.update()

    def stopping(self) -> None:
        self._bar.set_description_str("  stopping (Ctrl-C again abandons)")

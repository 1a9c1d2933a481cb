"""A bar on standard error, gone when the work is done; what is said meanwhile stands above it."""

from __future__ import annotations

import sys
import threading
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from tqdm import tqdm


def bar(layout: str, total: float | None, *, quiet: bool = False, **choices: Any) -> tqdm[Any]:
    """A bar that is drawn as tqdm's ``bar_format`` says, to be used as a context manager.

    Args:
        layout: what may be long comes last: it is cut off where the terminal ends.
        total: of the unit that it counts; None while that is not known.
        quiet: none is drawn, as where standard error is no terminal.
        choices: of tqdm.
    """
    from tqdm import tqdm

    # Its own lock and its monitor are for bars of several processes and for silent threads: there
    # are none, and the lock would start a process of its own where children are not forked.
    tqdm.set_lock(threading.RLock())
    tqdm.monitor_interval = 0
    return tqdm(
        total=total,
        bar_format=layout,
        file=sys.stderr,
        leave=False,
        dynamic_ncols=True,
        mininterval=0,
        disable=quiet or None,  # None: as the stream says
        **choices,
    )


def above_bars() -> AbstractContextManager[None]:
    """While it lasts, no bar is in the way of what is written to standard error."""
    if "tqdm" not in sys.modules:  # then there is no bar
        return nullcontext()
    from tqdm import tqdm

    aside: AbstractContextManager[None] = tqdm.external_write_mode(file=sys.stderr)
    return aside


def plain(text: str) -> str:
    """As it is, but nothing that a terminal obeys, and no bytes that are no text."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)

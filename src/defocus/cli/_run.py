"""What all commands share: errors become one clear line and an exit code."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

from defocus.errors import Cancelled, DefocusError

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")

EXIT_FAILED = 2
EXIT_INTERRUPTED = 130


def say_error(message: object) -> None:
    """One line on standard error."""
    text = " ".join(str(message).split())
    click.echo(f"defocus: {text}", err=True)


def handled(command: Callable[P, R]) -> Callable[P, R]:
    """Turn a library error into one line and exit code 2, Ctrl-C into 130."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (KeyboardInterrupt, Cancelled):
            say_error("interrupted; nothing half written was left behind")
            sys.exit(EXIT_INTERRUPTED)
        except DefocusError as error:
            say_error(error)
            sys.exit(EXIT_FAILED)
        except MemoryError:
            say_error("out of memory: try --quality fast, or a smaller photo")
            sys.exit(EXIT_FAILED)

    return run

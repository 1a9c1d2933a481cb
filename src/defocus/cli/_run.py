"""What all commands share: errors become one clear line and an exit code."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from defocus.errors import Cancelled, DefocusError
from defocus.folders import expanded

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")

EXIT_FAILED = 2
EXIT_INTERRUPTED = 130


class FilePath(click.Path):
    """A path on the command line; ``~`` is the home folder also where no shell has said so."""

    def __init__(self, *, dir_okay: bool = True) -> None:
        super().__init__(dir_okay=dir_okay, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return super().convert(expanded(value), param, ctx)


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

"""What all commands share: errors become one clear line and an exit code."""

from __future__ import annotations

import functools
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from defocus.blame import blamed, described
from defocus.cli._streams import DEBUG, lost_output, say
from defocus.errors import Cancelled, DefocusError, EditError, PhotoError
from defocus.files import identity, is_folder, is_there
from defocus.folders import expanded

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")

EXIT_FAILED = 2
EXIT_INTERRUPTED = 130


# A dash on the command line: standard input or output. Only this very object is; ./- is a file.
STREAM = Path("-")

_ENDS = tuple(filter(None, (os.sep, os.altsep)))  # a name that ends so is a folder's

_WINDOWS_NAME = 255  # the longest that NTFS gives a file


class FilePath(click.Path):
    """A path on the command line; ``~`` is the home folder also where no shell has said so.

    Args:
        dir_okay: it may be a folder.
        stream: a dash becomes :data:`STREAM`.
    """

    def __init__(self, *, dir_okay: bool = True, stream: bool = False) -> None:
        super().__init__(dir_okay=dir_okay, readable=False, path_type=Path)
        self._stream = stream

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if self._stream and value == "-":
            return STREAM
        if str(value).endswith(_ENDS) and not is_folder(expanded(value)):
            self.fail(f"there is no folder {value}: make it first, or check the path", param, ctx)
        return super().convert(expanded(value), param, ctx)


def say_error(message: object) -> None:
    """One line on standard error."""
    say(f"defocus: {' '.join(str(message).split())}")


def check_target(target: Path) -> None:
    """Tell before minutes of work what would fail after them; the writer checks again.

    Raises:
        PhotoError: the folder is not there or cannot be written to, or the name is too long.
    """
    folder = target.parent
    if not is_folder(folder):
        if is_there(folder):
            raise PhotoError(f"{folder} is no folder, or one that is locked: check the path")
        raise PhotoError(f"there is no folder {folder}: make it first, or choose another -o")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PhotoError(f"no permission to write in {folder}: choose another folder with -o")
    with suppress(OSError, ValueError):
        if sys.platform == "win32":
            longest = _WINDOWS_NAME
        else:
            longest = os.pathconf(folder, "PC_NAME_MAX")
        if len(os.fsencode(target.name)) > longest:
            raise PhotoError(
                f"the name {target.name[:40]}… is longer than {longest} bytes: "
                "give a shorter one with -o"
            )


def check_unread(target: Path, *read: Path | None) -> None:
    """Refuse to replace what this very call reads: a map, an edit, the file of a redirection.

    Args:
        target: of the result.
        read: files, or ``STREAM`` for standard input; what is not there is no file.

    Raises:
        EditError: it is one of them, whatever names and links lead to it.
    """
    own = _redirected(1) if target is STREAM else identity(target)
    for path in read:
        if path is None or own is None:
            continue
        if own == (_redirected(0) if path is STREAM else identity(path)):
            here, there = (
                f"standard {stream}" if each is STREAM else str(each)
                for each, stream in ((target, "output"), (path, "input"))
            )
            raise EditError(f"{here} leads to {there}, which this call reads: choose another -o")


def _redirected(number: int) -> tuple[int, int] | None:
    """The file that a standard stream leads to, as :func:`defocus.files.identity` tells it."""
    try:
        status = os.fstat(number)
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None


def handled(command: Callable[P, R]) -> Callable[P, R]:
    """Turn whatever goes wrong into one line and exit code 2, Ctrl-C into 130."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            result = command(*args, **kwargs)
        except (KeyboardInterrupt, Cancelled):
            say_error("interrupted; nothing half written was left behind")
            sys.exit(EXIT_INTERRUPTED)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise  # click knows what to do
        except Exception as error:
            if os.environ.get(DEBUG) and not isinstance(error, DefocusError):
                raise
            say_error(blamed(error) or described(error))
            sys.exit(EXIT_FAILED)
        lost = lost_output()
        if lost is not None:
            say_error(f"the work is done, but standard output cannot be written: {lost}")
            sys.exit(EXIT_FAILED)
        return result

    return run

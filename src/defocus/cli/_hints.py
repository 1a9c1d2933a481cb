"""What somebody may have meant who typed what the command line does not know."""

from __future__ import annotations

import difflib
import os
import re
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

_CLOSE = 0.75  # of difflib's 0..1: one or two wrong letters in a word; 0.6 calls --methd an --edit
_COMMA = re.compile(r"-?\d+,\d+")  # as much of the world writes a half


def unknown_command(word: str, commands: Sequence[str]) -> str:
    """Why a word is no command, and what to type."""
    if os.path.exists(word):  # noqa: PTH110 - pathlib's may raise
        return f"{word!r} is no command but a file: defocus blur {word}"
    close = difflib.get_close_matches(word, commands, n=1)
    if close:
        return f"No such command {word!r}. Did you mean {close[0]!r}?"
    return f"No such command {word!r}: choose one of {', '.join(commands)}."


def with_hint(error: click.UsageError) -> click.UsageError:
    """The same error, with what to type instead where that can be told."""
    if isinstance(error, click.NoSuchOption) and error.ctx:
        hint = _option_hint(error.option_name, error.ctx.command)
        return click.UsageError(f"{error.message}{hint}", error.ctx)
    if isinstance(error, click.BadParameter) and error.param is not None:
        comma = next(filter(_COMMA.fullmatch, re.findall(r"'([^']*)'", error.message)), None)
        if comma is not None and isinstance(error.param.type, click.types.FloatParamType):
            said = f"{error.message} Write {comma.replace(',', '.')}."
            return click.BadParameter(said, error.ctx, error.param, error.param_hint)
    return error


def _option_hint(typed: str, command: click.Command) -> str:
    """Which option was meant: by its help, by its name, or by a misspelt word of its help.

    click's own guess compares the dashes too, and takes --edit for --methd.
    """
    word = typed.lstrip("-").partition("=")[0].lower()
    options = [each for each in command.params if isinstance(each, click.Option)]
    about = [each.opts[0] for each in options if len(word) > 2 and _speaks_of(word, each)]
    if about:
        return f" See {', '.join(about)}."
    names = {
        name.lstrip("-"): name for each in options for name in (*each.opts, *each.secondary_opts)
    }
    close = difflib.get_close_matches(word, names, n=1, cutoff=_CLOSE)
    if close:
        return f" Did you mean {names[close[0]]}?"
    words = {said for each in options for said in _words(each)}
    close = difflib.get_close_matches(word, sorted(words), n=1, cutoff=_CLOSE)
    about = [each.opts[0] for each in options if close and close[0] in _words(each)]
    return f" See {', '.join(about)}." if about else ""


def _speaks_of(word: str, option: click.Option) -> bool:
    return re.search(rf"\b{re.escape(word)}", option.help or "", re.IGNORECASE) is not None


def _words(option: click.Option) -> set[str]:
    return set(re.findall(r"[a-z]{5,}", (option.help or "").lower()))

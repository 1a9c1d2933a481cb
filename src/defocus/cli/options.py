"""The table of :mod:`defocus.edit.words` as options of a click command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from defocus.cli._run import FilePath
from defocus.edit.files import read_edit, write_edit
from defocus.edit.words import DEFAULT, FLAGS, Flag, with_choices
from defocus.errors import EditError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from defocus.edit import Edit

F = TypeVar("F", bound="Callable[..., Any]")


def edit_flags(command: F) -> F:
    """Add every flag of the table, ``--edit``, ``--look`` and ``--save-edit`` to a command."""
    command = click.option(
        "--save-edit", type=FilePath(dir_okay=False),
        help="Also write the choices to this JSON file.",
    )(command)  # fmt: skip
    command = click.option(
        "--edit", "edit_file", type=FilePath(dir_okay=False),
        help="Start from the choices in this JSON file.",
    )(command)  # fmt: skip
    command = click.option(
        "--look", default=None, metavar="NAME",
        help="Take the lens, and what else it sets, of this look; see 'defocus looks list'.",
    )(command)  # fmt: skip
    for flag in reversed(FLAGS):
        command = click.option(
            *flag.names, _parameter(flag), type=_type(flag), default=None, help=flag.help,
            is_flag=flag.kind is bool,
        )(command)  # fmt: skip
    return command


def split_edit(params: dict[str, Any]) -> Edit:
    """Take the edit's parameters out of click's and make the edit.

    Args:
        params: keyword arguments of a command under :func:`edit_flags`; the edit's are removed.

    Raises:
        EditError: a choice makes no sense, ``--edit`` cannot be read, ``--save-edit`` names a
            photo, or there is no such look.
    """
    edit_file = params.pop("edit_file")
    look = params.pop("look")
    save_to = params.pop("save_edit")
    given = {flag.field: params.pop(_parameter(flag)) for flag in FLAGS}
    base = read_edit(edit_file) if edit_file else DEFAULT
    if look:
        from defocus.edit.looks import find_look, with_look

        base = with_look(base, find_look(look))
    edit = with_choices(base, {name: value for name, value in given.items() if value is not None})
    if save_to:
        _check_no_photo(save_to)
        write_edit(edit, save_to)
    return edit


def _check_no_photo(path: Path) -> None:
    """Refuse the name of a photo, which may be the result's own. Raises EditError."""
    from defocus.formats import FORMATS

    if any(path.suffix.lower() in known.all_suffixes for known in FORMATS):
        raise EditError(f"{path} is no edit by its suffix: --save-edit {path.stem}.json is one")


def _parameter(flag: Flag) -> str:
    """The name under which click passes it."""
    return "edit_" + flag.field.replace(".", "_")


def _type(flag: Flag) -> Any:
    if not isinstance(flag.kind, type):
        return click.Choice(list(flag.kind))
    if flag.span is None:
        return flag.kind
    low, high = flag.span
    return click.IntRange(int(low), int(high)) if flag.kind is int else click.FloatRange(low, high)

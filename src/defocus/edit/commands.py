"""An edit as the command and the Python lines that do the same without the studio."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, fields, is_dataclass, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from defocus.edit.record import PLAIN_MODES, Edit, Focus
from defocus.edit.words import FLAGS

if TYPE_CHECKING:
    from defocus.edit.words import Flag

EDIT_FILE = "edit.json"


@dataclass(frozen=True, slots=True)
class Commands:
    """Text to copy.

    Attributes:
        cli: one shell line.
        python: a few lines of Python.
        batch: one shell line that applies :func:`look_of` the edit to a folder.
        needs_file: the lines read :data:`EDIT_FILE`: brush strokes have no flags.
    """

    cli: str
    python: str
    batch: str
    needs_file: bool


def commands_for(edit: Edit, photo_name: str) -> Commands:
    """The commands of an edit.

    Args:
        edit: any edit.
        photo_name: file name of the photo, for the lines.
    """
    needs_file = bool(edit.strokes)
    flags = ["--edit", EDIT_FILE] if needs_file else flags_for(edit)
    photo = photo_name if not photo_name.startswith("-") else f"./{photo_name}"
    look = ["--edit", EDIT_FILE] if needs_file else flags_for(look_of(edit))
    return Commands(
        cli=shlex.join(["defocus", "blur", photo, *flags]),
        python=_python(edit, photo_name),
        batch=shlex.join(["defocus", "batch", "FOLDER", "PORTRAITS", *look]),
        needs_file=needs_file,
    )


def look_of(edit: Edit) -> Edit:
    """What of an edit suits other photos too: all but the place of focus and the strokes."""
    return replace(edit, focus=Focus("auto", (), edit.focus.range), strokes=())


def flags_for(edit: Edit) -> list[str]:
    """Command-line flags that make the edit from the defaults; strokes have none."""
    default = Edit()
    words: list[str] = []
    for flag in FLAGS:
        value = attrgetter(flag.field)(edit)
        if value != attrgetter(flag.field)(default):
            words += _words(flag, value)
    return words


def _words(flag: Flag, value: Any) -> list[str]:
    name = flag.names[0]
    if isinstance(value, Focus):
        # The range is a flag of its own.
        if value.mode in PLAIN_MODES:
            return [] if value.mode == "auto" else [name, value.mode]
        return [f"{name}={','.join(f'{number:.6g}' for number in value.at)}"]
    if isinstance(value, bool):
        on, _, off = name.partition("/")
        return [on if value else off]
    if isinstance(value, float):
        return [f"{name}={value:.6g}"] if value < 0 else [name, f"{value:.6g}"]
    return [name, str(value)]


def _python(edit: Edit, photo_name: str) -> str:
    if edit.strokes:
        made = f'defocus.Edit.from_json(open("{EDIT_FILE}").read())'
    else:
        made = _source(edit, Edit())
    stem, dot, suffix = photo_name.rpartition(".")
    target = f"{stem}-defocus{dot}{suffix}" if stem else f"{photo_name}-defocus"
    return "\n".join(
        (
            "import defocus",
            "",
            f"photo = defocus.read_photo({photo_name!r})",
            f"edit = {made}",
            "result = defocus.apply(photo, edit)",
            f"defocus.write_photo(result.photo, {target!r}, output=edit.output)",
        )
    )


def _source(record: Any, default: Any) -> str:
    """Python that builds a record, naming only what differs from the default."""
    given = []
    for field in fields(record):
        value, usual = getattr(record, field.name), getattr(default, field.name)
        if value == usual:
            continue
        if is_dataclass(value):
            given.append(f"{field.name}={_source(value, usual)}")
        else:
            given.append(f"{field.name}={value!r}")
    return f"defocus.{type(record).__name__}({', '.join(given)})"

"""Looks: parts of an edit with a name, some that come with defocus and a person's own beside them.

A look names only what it changes: ``{"lens": {"ring": 0.9}}``. What belongs to one photo, where the
focus lies, brush strokes, where depth comes from, is no part of a look.
"""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from defocus.blame import advice
from defocus.edit.record import Edit
from defocus.errors import EditError
from defocus.files import check_ordinary

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHIPPED = Path(__file__).with_name("looks.json")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
# Of these an edit may hold what suits other photos; of the focus only how much is sharp.
_PARTS = ("lens", "amount", "by_distance", "foreground", "matte", "method", "mask", "focus")
_MOST_BYTES = 100_000


@dataclasses.dataclass(frozen=True, slots=True)
class Look:
    """One look.

    Attributes:
        name: lower-case letters, digits and dashes.
        title: for people.
        about: one sentence.
        edit: the part of an edit that it sets, as in JSON.
        own: a person's own: it can be removed.
    """

    name: str
    title: str
    about: str
    edit: Mapping[str, Any]
    own: bool = False


def looks() -> dict[str, Look]:
    """All looks by name: defocus's, then one's own. Files that hold none are left out."""
    shipped = [Look(**entry) for entry in json.loads(_SHIPPED.read_text("utf-8"))]
    found = {look.name: look for look in shipped}
    folder = _folder()
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        look = _read(path)
        if look is not None and look.name not in found:
            found[look.name] = look
    return found


def find_look(name: str) -> Look:
    """The look of that name. Raises EditError, which names all."""
    known = looks()
    if name not in known:
        raise EditError(f"there is no look {name!r}: choose one of {', '.join(known)}")
    return known[name]


def with_look(edit: Edit, look: Look) -> Edit:
    """The edit with what the look sets. Raises EditError if that makes no sense."""
    return _merged(edit, look.edit)


def save_look(name: str, edit: Edit, *, about: str = "") -> Look:
    """Keep what an edit sets beside the defaults, of what suits other photos, as one's own look.

    Raises:
        EditError: the name is not allowed or taken by a look of defocus, the edit sets nothing
            that a look may hold, or the file cannot be written.
    """
    from defocus.files import write_whole

    if not _NAME.fullmatch(name):
        raise EditError(
            f"a look's name has up to 40 lower-case letters, digits and dashes, not {name!r}"
        )
    known = looks().get(name)
    if known is not None and not known.own:
        raise EditError(f"{name} comes with defocus: choose another name")
    part = _difference(edit)
    if not part:
        raise EditError("the edit sets nothing that a look may hold: change the lens first")
    look = Look(name, name.replace("-", " ").capitalize(), about, part, own=True)
    record = {"title": look.title, "about": about, "edit": part}
    folder = _folder()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        text = json.dumps(record, indent=2) + "\n"
        write_whole(folder / f"{name}.json", text.encode(), overwrite=True)
    except OSError as error:
        raise EditError(f"the look {name} cannot be kept: {advice(error)}") from None
    return look


def remove_look(name: str) -> None:
    """Forget one's own look. Raises EditError if there is none, or it comes with defocus."""
    if not find_look(name).own:
        raise EditError(f"{name} comes with defocus and stays")
    try:
        (_folder() / f"{name}.json").unlink()
    except OSError as error:
        raise EditError(f"the look {name} cannot be removed: {advice(error)}") from None


def _folder() -> Path:
    from defocus.folders import state_dir

    return state_dir() / "looks"


def _read(path: Path) -> Look | None:
    try:
        check_ordinary(path)
        with path.open("rb") as file:
            record = json.loads(file.read(_MOST_BYTES))
        look = Look(
            path.stem, str(record["title"]), str(record["about"]), dict(record["edit"]), own=True
        )
        if not _NAME.fullmatch(look.name) or set(look.edit) - set(_PARTS):
            return None
        _merged(Edit(), look.edit)
    except (OSError, ValueError, KeyError, TypeError, RecursionError, EditError):
        return None
    return look


def _merged(edit: Edit, part: Mapping[str, Any]) -> Edit:
    data: dict[str, Any] = json.loads(edit.to_json())
    for name, value in part.items():
        data[name] = {**data[name], **value} if isinstance(data.get(name), dict) else value
    return Edit.from_json(json.dumps(data))


def _difference(edit: Edit) -> dict[str, Any]:
    """What of an edit is not the default, of what a look may hold."""
    now, usual = (json.loads(one.to_json()) for one in (edit, Edit()))
    part: dict[str, Any] = {}
    for name in _PARTS:
        value = now[name]
        if name == "focus":
            value = {"range": value["range"]}
        if isinstance(value, dict):
            value = {key: one for key, one in value.items() if one != usual[name][key]}
            if not value:
                continue
        elif value == usual[name]:
            continue
        part[name] = value
    return part

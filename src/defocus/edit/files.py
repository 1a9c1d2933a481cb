"""Edits in files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from defocus.blame import advice
from defocus.edit.record import Edit
from defocus.errors import EditError
from defocus.files import check_ordinary

if TYPE_CHECKING:
    from pathlib import Path


def read_edit(path: Path) -> Edit:
    """Read an edit file of at most 16 MB. Raises EditError."""
    try:
        check_ordinary(path)
        with path.open("rb") as file:
            text = file.read(16_000_001)
    except OSError as error:
        raise EditError(f"the edit {path} cannot be read: {advice(error)}") from None
    if len(text) > 16_000_000:
        raise EditError(f"the edit {path} is larger than 16 MB: is it an edit?")
    try:
        return Edit.from_json(text)
    except EditError as error:
        raise EditError(f"{path}: {error}") from None


def write_edit(edit: Edit, path: Path) -> None:
    """Write an edit; of what is there already, only an edit is replaced. Raises EditError."""
    from defocus.files import is_there, write_whole

    if is_there(path):
        try:
            if path.stat().st_size:
                read_edit(path)
        except (EditError, OSError):
            raise EditError(
                f"{path} exists and is no edit: it stays as it is, choose another --save-edit"
            ) from None
    try:
        write_whole(path, f"{edit.to_json()}\n".encode(), overwrite=True)
    except OSError as error:
        raise EditError(f"the edit {path} cannot be written: {advice(error)}") from None

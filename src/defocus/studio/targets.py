"""What results are called, and where they go."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from defocus.files import free_name, move_whole

if TYPE_CHECKING:
    from defocus.edit import Edit
    from defocus.session.recipe import Recipe


def result_name(photo: str, edit: Edit, recipe: Recipe, number: int) -> str:
    """The file name of a result.

    Args:
        photo: name of the photo's file.
        edit: of the result.
        recipe: says how it is called.
        number: of the photo among those that are exported.

    Raises:
        PhotoError: the format cannot be written.
    """
    from defocus.formats import suffix_for

    name = Path(photo)
    stem = recipe.file_name(name.stem, number, edit.lens.f_number)
    return f"{stem}{suffix_for(name.suffix.lower(), edit.output.format)}"


def move_to_free_name(written: Path, path: Path) -> Path:
    """Move a whole file to :func:`free_name`, whoever takes names meanwhile. Raises OSError."""
    while True:
        try:
            return move_whole(written, free_name(path), overwrite=False)
        except FileExistsError:
            continue

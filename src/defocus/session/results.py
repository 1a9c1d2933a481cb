"""From a prepared photo and an edit to what is written: the same for every host."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from defocus.errors import PhotoError
from defocus.progress import silent
from defocus.session.recipe import Recipe

if TYPE_CHECKING:
    from pathlib import Path

    from defocus.edit import Edit
    from defocus.photo import Photo
    from defocus.progress import Progress
    from defocus.scene import Scene

MAX_PIXELS = 120_000_000


def read_named(path: Path, name: str) -> Photo:
    """Read a photo whose path means nothing to anyone.

    Args:
        path: of its bytes.
        name: for people.

    Raises:
        PhotoError: it cannot be read; its text has the name in place of the path.
    """
    from defocus.formats.reading import read_photo

    try:
        photo = read_photo(path, max_pixels=MAX_PIXELS)
    except PhotoError as error:
        raise type(error)(str(error).replace(str(path), name)) from None
    return replace(photo, path=None)


def finished(
    scene: Scene,
    edit: Edit,
    suffix: str,
    progress: Progress = silent,
    recipe: Recipe | None = None,
) -> tuple[Photo, dict[str, Any]]:
    """Render at full resolution: the portrait, and what goes into a file with this suffix."""
    from defocus.pipeline import companions, focal_plane, render_scene

    recipe = recipe or Recipe()
    rendered = recipe.sized(render_scene(scene, edit, progress=progress))
    embed = companions(scene, edit, focal_plane(scene, edit), suffix)
    if "original" in embed:
        embed["original"] = recipe.sized(embed["original"])
    return rendered, embed

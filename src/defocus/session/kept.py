"""Edits on disk, so that a restart loses none.

One JSON file a photo, named by the SHA-256 of the photo's bytes: an edit finds its photo again
wherever the file has moved, and no path is stored.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from defocus.edit import Edit
from defocus.errors import EditError
from defocus.files import write_whole
from defocus.folders import state_dir

if TYPE_CHECKING:
    from pathlib import Path

_KEY = re.compile(r"[0-9a-f]{64}")


def load_edit(key: str) -> Edit | None:
    """The edit kept for a photo, or None if there is none that can be read.

    Args:
        key: SHA-256 of the photo's file, 64 lower-case hexadecimal digits.
    """
    try:
        return Edit.from_json(_path(key).read_bytes())
    except (OSError, EditError):  # written by a newer version, or cut off: begin afresh
        return None


def save_edit(key: str, edit: Edit) -> None:
    """Keep an edit. A disk that is full or read-only loses it, and raises OSError."""
    path = _path(key)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_whole(path, f"{edit.to_json()}\n".encode(), overwrite=True)


def _path(key: str) -> Path:
    if not _KEY.fullmatch(key):
        raise ValueError(f"not a SHA-256: {key!r}")
    return state_dir() / "edits" / f"{key}.json"

"""Edits on disk, so that a restart loses none, and versions of them that were given a name.

One JSON file a photo, named by the SHA-256 of the photo's bytes: an edit finds its photo again
wherever the file has moved, and no path is stored. A virtual copy of a photo has its own.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from defocus.edit import Edit
from defocus.errors import EditError
from defocus.files import write_whole
from defocus.folders import state_dir

if TYPE_CHECKING:
    from pathlib import Path

_KEY = re.compile(r"[0-9a-f]{64}(-[1-9][0-9]{0,3})?")
MAX_VERSIONS = 50
_NAME_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Version:
    """An edit that was given a name, to come back to."""

    name: str
    edit: Edit

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not 0 < len(self.name.strip()) <= _NAME_LENGTH:
            raise EditError(f"a version's name has 1 to {_NAME_LENGTH} letters, got {self.name!r}")


def kept_key(key: str, copy: int) -> str:
    """Under what the edit of a photo, or of a virtual copy of it, is kept; copy 1 is the photo."""
    return key if copy == 1 else f"{key}-{copy}"


def load_edit(key: str) -> Edit | None:
    """The edit kept for a photo, or None if there is none that can be read.

    Args:
        key: see :func:`kept_key`; SHA-256 of the photo's file, 64 lower-case hexadecimal digits.
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


def load_versions(key: str) -> tuple[Version, ...]:
    """The versions kept for a photo; none where none can be read."""
    try:
        return versions_from_json(_path(key, ".versions").read_bytes())
    except (OSError, EditError):
        return ()


def save_versions(key: str, versions: tuple[Version, ...]) -> None:
    """Keep these versions and no others. Raises OSError."""
    path = _path(key, ".versions")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_whole(path, f"{versions_to_json(versions)}\n".encode(), overwrite=True)


def versions_to_json(versions: tuple[Version, ...]) -> str:
    """A list of names and edits."""
    return json.dumps(
        [{"name": each.name, "edit": json.loads(each.edit.to_json())} for each in versions]
    )


def versions_from_json(text: bytes) -> tuple[Version, ...]:
    """Read :func:`versions_to_json`'s text. Raises EditError."""
    try:
        listed = json.loads(text)
        found = tuple(
            Version(each["name"], Edit.from_json(json.dumps(each["edit"]))) for each in listed
        )
    except (ValueError, RecursionError, KeyError, TypeError):
        raise EditError("versions are a list of names with edits") from None
    if len(found) > MAX_VERSIONS:
        raise EditError(f"a photo has at most {MAX_VERSIONS} versions: remove some")
    return found


def _path(key: str, kind: str = "") -> Path:
    if not _KEY.fullmatch(key):
        raise ValueError(f"not a SHA-256: {key!r}")
    return state_dir() / "edits" / f"{key}{kind}.json"

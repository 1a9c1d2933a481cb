"""Which place a path or a URL means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from defocus.batch.places import LocalFolder
from defocus.folders import expanded

if TYPE_CHECKING:
    from pathlib import Path

    from defocus.batch.places import Place


def place_of(path: str | Path) -> Place:
    """The place behind a path, or a URL such as ``s3://bucket/folder``.

    Raises:
        MissingExtraError: a URL needs fsspec.
        DefocusError: fsspec does not know the protocol, or lacks the package for it.
    """
    text = str(path)
    if "://" not in text or text.startswith("file://"):
        return LocalFolder(expanded(text.removeprefix("file://")).absolute())
    from defocus.batch.remote import RemoteFolder

    folder = RemoteFolder(text.rstrip("/"))
    folder.check()
    return folder

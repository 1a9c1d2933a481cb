"""Files are written beside their target and renamed: whole, or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def replacing(target: Path, *, overwrite: bool) -> Iterator[Path]:
    """A temporary path beside ``target`` that takes its place when the block succeeds.

    Args:
        target: where the file goes; its folder must exist.
        overwrite: replace an existing target.

    Raises:
        FileExistsError: the target exists and ``overwrite`` is false, even if it came into being
            while the block ran.
        OSError: what the system said; the temporary file is gone.
    """
    if not overwrite and os.path.lexists(target):
        raise FileExistsError(17, "exists already", str(target))
    temporary = target.with_name(f".defocus-{secrets.token_hex(8)}.part")
    try:
        yield temporary
        if overwrite:
            temporary.replace(target)
        else:
            _rename_new(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def _rename_new(temporary: Path, target: Path) -> None:
    try:
        os.link(temporary, target)  # fails if the target exists: no race, unlike a check before
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if os.path.lexists(target):
            raise FileExistsError(17, "exists already", str(target)) from None
        temporary.rename(target)

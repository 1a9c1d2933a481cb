"""A portrait in the place of its photo, with a way back: what an editor asks of an external one."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from defocus.blame import advice
from defocus.errors import PhotoError
from defocus.files import is_there, write_whole
from defocus.progress import silent

if TYPE_CHECKING:
    from pathlib import Path

    from defocus.formats.codec import Format
    from defocus.progress import Progress
    from defocus.session.session import Session

# Where the original stays: in a file of its own, in the portrait (JPEG), or nowhere.
Keep = Literal["beside", "embed", "no"]


def check_over(path: Path, keep: Keep = "beside") -> Format:
    """Whether a portrait can take the place of a photo, told before anybody spends time on it.

    Returns:
        The format that its content has, whatever its name says.

    Raises:
        PhotoError: it cannot be read, is write-protected, is of a format that is only read, or one
            that cannot hold the original.
    """
    from defocus.formats import FORMATS, sniff

    try:
        # Renaming would get round a file's own protection; root's rights too.
        if not path.stat().st_mode & 0o222:
            raise PhotoError(f"{path} is write-protected: allow writing, or use 'defocus blur'")
        with path.open("rb") as file:
            found = sniff(file.read(65536), path.suffix.lower())
    except OSError as error:
        raise PhotoError(f"{path} cannot be read: {advice(error)}") from None
    except PhotoError as error:
        named = str(error) if str(path) in str(error) else f"{path}: {error}"
        raise PhotoError(named) from None
    if found.holds is None:
        can = ", ".join(known.title for known in FORMATS if known.writable)
        raise PhotoError(
            f"{path} is {found.title}, which defocus does not write: have your editor send TIFF "
            f"({can} are written), or use 'defocus blur' for a new file"
        )
    if keep == "embed" and not found.holds.depth:
        raise PhotoError(f"{path}: only a JPEG can hold its original; keep it beside")
    return found


def save_over(session: Session, keep: Keep = "beside", progress: Progress = silent) -> Path | None:
    """Render a session's edit and give the portrait the name of its photo.

    Args:
        session: of a file that :func:`check_over` lets pass.
        keep: where the original stays.
        progress: of reading, depth, rendering and writing.

    Returns:
        The original's copy, if it is kept beside.

    Raises:
        PhotoError: somebody else has changed the photo since it was opened, or the portrait cannot
            be written; the photo is as it was.
        DefocusError: see :meth:`.Session.export`.
    """
    from defocus.formats.faults import naming
    from defocus.formats.writing import encode_photo
    from defocus.session.kept import save_edit

    path = session.path
    chosen = check_over(path, keep)
    output = replace(session.edit.output, format=chosen.name, embed_disparity=keep == "embed")
    edit = replace(session.edit, output=output)
    portrait, embed = session.finished(edit, path.suffix.lower(), progress)
    progress("writing", 0.0)
    with naming(path):
        encoded = encode_photo(portrait, chosen, output=output, **embed)
        original = _unchanged(session)
        copy = None
        if keep == "beside":
            copy = write_whole(_free_name(path), original, overwrite=False, like=path)
        write_whole(path, encoded, overwrite=True)
    if keep == "embed":  # opened again, it goes on from here
        save_edit(hashlib.sha256(encoded).hexdigest(), session.edit)
    return copy


def _unchanged(session: Session) -> bytes:
    """The photo's bytes, which are those that the session was opened on."""
    content = session.path.read_bytes()
    if hashlib.sha256(content).hexdigest() != session.key:
        raise PhotoError(
            "was changed by another program since it was opened and is left as it is: "
            "cancel, and edit it anew"
        )
    return content


def _free_name(path: Path) -> Path:
    number, free = 2, path.with_name(f"{path.stem}-original{path.suffix}")
    while is_there(free):
        free = path.with_name(f"{path.stem}-original-{number}{path.suffix}")
        number += 1
    return free

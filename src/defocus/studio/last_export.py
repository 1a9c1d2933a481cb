"""How the last export was made: on disk, for “as last time” the next time the studio runs."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from defocus.errors import EditError
from defocus.files import write_whole
from defocus.folders import state_dir
from defocus.formats.output import Output
from defocus.session.recipe import Recipe

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class LastExport:
    """Format, quality, size, name and place of a result."""

    output: Output
    recipe: Recipe
    beside: bool


def keep_export(made: LastExport) -> None:
    """Keep it. A disk that is full or read-only keeps none: no export fails for that."""
    path = _path()
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(path, f"{json.dumps(asdict(made))}\n".encode(), overwrite=True)


def last_export() -> dict[str, Any] | None:
    """JSON-able; None if there was none, or none that can be read."""
    try:
        kept = json.loads(_path().read_bytes())
        output, recipe = Output(**kept["output"]), Recipe(**kept["recipe"])
        return asdict(LastExport(output, recipe, kept["beside"] is True))
    except (OSError, ValueError, KeyError, TypeError, EditError):  # of another version, cut off
        return None


def _path() -> Path:
    return state_dir() / "last-export.json"

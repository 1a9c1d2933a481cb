"""The report of a batch: a line of JSON for each photo, in a file that is whole or not there."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from defocus.blame import advice
from defocus.errors import DefocusError
from defocus.files import check_ordinary, is_folder, is_there, write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from defocus.batch import Entry


class Report:
    """Collects entries in a ``with`` block and writes them when it ends, however it ends.

    Args:
        path: of the file; None collects for nobody. Of what is there already, only a report is
            replaced.

    Raises:
        DefocusError: the file is something else, or could not be written.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lines: list[str] = []
        if path is None:
            return
        if is_there(path) and not _is_report(path):
            raise DefocusError(
                f"{path} exists and is no report: it stays as it is, choose another --report"
            )
        if not is_folder(path.parent) or not os.access(path.parent, os.W_OK):
            raise DefocusError(f"the report {path} cannot be written: is its folder there?")

    def __enter__(self) -> Report:
        return self

    def __exit__(self, failure: object, *_: object) -> None:
        if self._path is None or (failure and not self._lines):
            return
        text = "".join(line + "\n" for line in self._lines)
        try:
            write_whole(self._path, text.encode("utf-8", "backslashreplace"), overwrite=True)
        except OSError as error:
            raise DefocusError(
                f"the report {self._path} cannot be written: {advice(error)}"
            ) from None

    def add(self, entry: Entry) -> None:
        """One photo."""
        self._lines.append(entry.to_json())


def _is_report(path: Path) -> bool:
    """Whether a file is empty, or begins as a report does."""
    try:
        check_ordinary(path)
        with path.open("rb") as file:
            first = file.readline(1_000_000)
        entry = json.loads(first) if first else {"source": "", "status": ""}
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(entry, dict) and {"source", "status"} <= entry.keys()

"""The commands and the Python of the docs, as a reader would take them."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

_BLOCK = re.compile(
    r"(?:^<!-- not run: (?P<why>[^\n]+) -->\n)?^(?P<fence>```|~~~)(?P<language>\w*)\n"
    r"(?P<text>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """One fenced block: its language (may be empty), text, and why it is not run, or None."""

    language: str
    text: str
    why_not: str | None = None

    def lines(self) -> list[str]:
        """Its commands, without comments; a command that goes on over lines is one."""
        whole = re.sub(r"\\\n\s*", "", self.text)
        return [line for line in map(_bare, whole.splitlines()) if line]


def _bare(line: str) -> str:
    return re.sub(r"(^|\s)#.*", "", line).strip()


def blocks(page: Path) -> list[Block]:
    """Every fenced block of a page."""
    return [
        Block(found["language"], found["text"], found["why"])
        for found in _BLOCK.finditer(page.read_text(encoding="utf-8"))
    ]


def unfenced(page: Path) -> str:
    """All else of a page."""
    return _BLOCK.sub("", page.read_text(encoding="utf-8"))


def words(line: str, folder: Path) -> list[str] | None:
    """What the shell would make of a plain command; None if it takes more than names with ``*``."""
    if re.search(r"[|<>$;&`]|^\w+=", line):
        return None
    found: list[str] = []
    for word in shlex.split(line):
        names = sorted(folder.glob(word)) if "*" in word else []
        found += [str(name.relative_to(folder)) for name in names] or [word]
    return found

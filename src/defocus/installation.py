"""What to type to add something to this very installation, from a clone, a wheel or an index."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import sys
from functools import cache
from pathlib import Path

_NAME = "defocus"


def to_install(*words: str) -> str:
    """A shell line that installs packages beside this defocus.

    Args:
        words: packages and options, as pip and uv both take them.
    """
    # The tools of uv have no pip of their own.
    has_pip = importlib.util.find_spec("pip") is not None
    python = sys.executable or "python"
    start = (python, "-m", "pip", "install") if has_pip else ("uv", "pip", "install", "-p", python)
    return shell_line(*start, *words)


@cache
def to_install_extra(extra: str) -> str:
    """A shell line that adds an extra, whether or not this version is on a package index."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        # PEP 610: what is not of an index says what it was installed from.
        found = distribution(_NAME).read_text("direct_url.json")
        origin = json.loads(found) if found else None
    except (PackageNotFoundError, ValueError):
        origin = None
    if origin is None:
        return to_install(f"{_NAME}[{extra}]")
    clone = _folder_of(origin)
    if clone is None:
        return to_install(*packages_of(extra))
    editable = ("-e",) if origin["dir_info"].get("editable") else ()
    return to_install(*editable, f"{clone}[{extra}]")


def packages_of(extra: str) -> list[str]:
    """What an extra brings, as pip takes it; nothing if there is no such extra."""
    from importlib.metadata import distribution

    found: list[str] = []
    for line in distribution(_NAME).requires or ():
        package, _, condition = line.partition(";")
        if not re.search(rf"extra\s*==\s*['\"]{extra}['\"]", condition):
            continue
        ours = re.fullmatch(rf"{_NAME}\[(.+)\]", package.strip())
        if ours is None:
            found.append(package.replace(" ", ""))
        else:
            found += [each for name in ours[1].split(",") for each in packages_of(name)]
    return list(dict.fromkeys(found))


def _folder_of(origin: dict[str, object]) -> Path | None:
    """The folder of sources that it was installed from, if it is still there."""
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    url = urlsplit(str(origin.get("url")))
    if url.scheme != "file" or "dir_info" not in origin:
        return None
    folder = Path(url2pathname(url.path))
    return folder if (folder / "pyproject.toml").is_file() else None


def shell_line(*words: str) -> str:
    """What to type in this system's shell."""
    if os.name != "nt":
        return shlex.join(words)
    return " ".join(word if re.fullmatch(r"[\w.:/\\-]+", word) else f'"{word}"' for word in words)

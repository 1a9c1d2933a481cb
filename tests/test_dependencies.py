"""Ranges in pyproject.toml, versions and hashes in the lock: they agree."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import defocus
from defocus import _maps_core
from defocus.render import _core

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK = (ROOT / "requirements" / "ci.lock").read_text()
# Versions that count by date say nothing of what they break.
BY_DATE = {"fsspec"}

CORE = PROJECT["project"]["dependencies"]
EXTRAS = PROJECT["project"]["optional-dependencies"]
GROUPS = PROJECT["dependency-groups"]
# An extra may be made of others: those are looked at by themselves.
RUNTIME = [
    Requirement(text)
    for texts in (CORE, *EXTRAS.values())
    for text in texts
    if Requirement(text).name != "defocus"
]
# torch comes from an index of its own in CI: the plain one brings CUDA.
LOCKED = [
    Requirement(text)
    for texts in (CORE, *(EXTRAS[name] for name in EXTRAS if name != "torch"),
                  GROUPS["test"], GROUPS["lint"], GROUPS["docs"], GROUPS["hosts"])
    for text in texts
    if Requirement(text).name != "defocus"
]  # fmt: skip


def locked() -> dict[str, list[str]]:
    """Versions by name; a name may have several, for several Pythons."""
    found: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([\w.\[\],-]+)==([^\s;\\]+)", LOCK, re.MULTILINE):
        found.setdefault(canonicalize_name(name.partition("[")[0]), []).append(version)
    return found


@pytest.mark.parametrize("requirement", RUNTIME, ids=str)
def test_every_range_has_two_ends(requirement: Requirement) -> None:
    operators = {specifier.operator for specifier in requirement.specifier}
    assert ">=" in operators
    assert "<" in operators or requirement.name in BY_DATE


@pytest.mark.parametrize("requirement", LOCKED, ids=str)
def test_the_lock_holds_a_version_of_the_range(requirement: Requirement) -> None:
    versions = locked()[canonicalize_name(requirement.name)]
    assert all(requirement.specifier.contains(version) for version in versions)


def test_every_version_in_the_lock_has_hashes() -> None:
    entries = re.split(r"\n(?=\S)", LOCK.strip())
    pinned = [entry for entry in entries if not entry.startswith("#")]
    assert len(pinned) > 30
    for entry in pinned:
        assert "==" in entry
        assert "--hash=sha256:" in entry, entry


MEGABYTE = 1e6  # as disks and indexes count
BESIDE = ("numpy", "onnxruntime", "opencv-python-headless")  # what any such program has


def needed(names: Iterable[str]) -> set[str]:
    """These distributions and all that they need, as installed here."""
    found: set[str] = set()
    left = list(names)
    while left:
        name = canonicalize_name(left.pop())
        if name in found:
            continue
        found.add(name)
        wanted = map(Requirement, metadata.requires(name) or [])
        left += [
            need.name for need in wanted if not need.marker or need.marker.evaluate({"extra": ""})
        ]
    return found


def installed_size(name: str) -> int:
    """In bytes, with the bytecode that pip makes."""
    files = [Path(str(file.locate())) for file in metadata.files(name) or []]
    return sum(file.stat().st_size for file in files if file.is_file())


def test_the_core_is_small() -> None:
    package = Path(defocus.__file__).parent
    ours = [p for p in package.rglob("*") if p.is_file() and p.parent.name != "__pycache__"]
    native = {p for module in (_core, _maps_core) for p in [Path(module.__file__)]} - set(ours)
    wheel = sum(path.stat().st_size for path in (*ours, *native))
    assert wheel < 30 * MEGABYTE  # unpacked, so packed all the more
    bytecode = 2.5 * MEGABYTE  # of our own modules; here it may be that of several Pythons, or none
    others = needed(requirement.name for requirement in map(Requirement, CORE)) - needed(BESIDE)
    assert others >= {"pillow", "click", "tqdm"}
    assert wheel + bytecode + sum(map(installed_size, others)) < 60 * MEGABYTE

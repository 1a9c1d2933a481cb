"""Ranges in pyproject.toml, versions and hashes in the lock: they agree."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

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

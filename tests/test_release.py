"""Nothing is published before it says who made it and where it lives."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import defocus

ROOT = Path(__file__).parents[1]
FILES = ("CHANGELOG.md", "CITATION.cff", "pyproject.toml", "src/defocus/__init__.py")
URLS = """
[project.urls]
Homepage = "https://example.org"
Source = "https://example.org/source"
Issues = "https://example.org/issues"
Documentation = "https://example.org/docs"
"""
TAG = f"v{defocus.__version__}"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The tree as it would be published."""
    for name in (*FILES, ".ci/release"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    project = (tmp_path / "pyproject.toml").read_text("utf-8").partition("\n[project.urls]")[0]
    if "\nauthors" not in project:
        project = project.replace("[project]\n", '[project]\nauthors = [{ name = "Somebody" }]\n')
    (tmp_path / "pyproject.toml").write_text(project + URLS, "utf-8")
    change(tmp_path, "CHANGELOG.md", f"## {defocus.__version__} (unreleased)",
           f"## {defocus.__version__} (2026-12-01)")  # fmt: skip
    return tmp_path


def change(tree: Path, name: str, old: str, new: str) -> None:
    text = (tree / name).read_text("utf-8")
    assert old in text
    (tree / name).write_text(text.replace(old, new), "utf-8")


def release(tree: Path, tag: str = TAG) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, tree / ".ci" / "release", tag], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr


def test_a_complete_tree_may_be_published(tree: Path) -> None:
    assert release(tree) == (0, "")


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("pyproject.toml", "authors = [", "maintainers = [", "no authors"),
        ("pyproject.toml", "[project.urls]", "[tool.urls]", "no Homepage"),
        ("pyproject.toml", 'Issues = "https:', 'Issues = "ftp:', "no Issues"),
        ("CHANGELOG.md", "(2026-12-01)", "(unreleased)", "no date"),
        ("CITATION.cff", f"version: {defocus.__version__}", "version: 0.0.9", "CITATION.cff"),
    ],
)
def test_what_is_missing_is_named(tree: Path, name: str, old: str, new: str, said: str) -> None:
    change(tree, name, old, new)
    code, text = release(tree)
    assert code == 1
    assert said in text


def test_the_tag_is_the_version(tree: Path) -> None:
    assert "the tag is v9.9.9" in release(tree, "v9.9.9")[1]


def test_the_workflow_asks_before_it_publishes() -> None:
    text = (ROOT / ".github" / "workflows" / "wheels.yml").read_text("utf-8")
    sdist = text[text.index("\n  sdist:") : text.index("\n  publish:")]
    assert "startsWith(github.ref, 'refs/tags/v')" in sdist
    assert '.ci/release "$GITHUB_REF_NAME"' in sdist
    assert "needs: [wheels, sdist]" in text[text.index("\n  publish:") :]

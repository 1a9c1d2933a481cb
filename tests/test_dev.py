"""The script ./dev, with stand-ins for what it sets up."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a shell script")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    folder = tmp_path / "a clone"
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    (folder / "src" / "defocus").mkdir(parents=True)
    (folder / "src" / "core").mkdir()
    for name in ("dev", "pyproject.toml", "CMakeLists.txt"):
        shutil.copy(ROOT / name, folder)
    for name in ("python", "defocus"):
        program = programs / name
        program.write_text(f'#!/bin/sh\necho "{name} in $(pwd):" "$@"\n')
        program.chmod(0o755)
    return folder


def dev(clone: Path, *words: str, code: int = 0) -> tuple[list[str], str]:
    elsewhere = clone.parent / "photos"
    elsewhere.mkdir(exist_ok=True)
    done = subprocess.run(
        [clone / "dev", *words], cwd=elsewhere, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    return done.stdout.splitlines(), done.stderr


@pytest.mark.parametrize("command", ["defocus", "python"])
def test_it_works_in_the_folder_where_one_is(command: str, clone: Path) -> None:
    said, _ = dev(clone, command, "blur", "photo.jpg")
    assert said[-1] == f"{command} in {clone.parent / 'photos'}: blur photo.jpg"


@pytest.mark.parametrize("command", ["studio", "edit"])
def test_the_studio_brings_what_it_needs(command: str, clone: Path) -> None:
    def installs(*words: str) -> bool:
        return any("--editable .[studio]" in line for line in dev(clone, "defocus", *words)[0])

    assert not installs("blur", "photo.jpg")
    assert installs(command, "photo.jpg")
    assert not installs(command, "photo.jpg")  # it is there


def test_the_tests_are_set_up_in_one_installation_that_is_told(clone: Path) -> None:
    page = clone / "tests" / "page"
    page.mkdir(parents=True)
    (page / "none.test.js").touch()
    said, told = dev(clone, "test")
    assert [line for line in said if "--editable" in line] == [
        f"python in {clone}: -m pip install -q --editable .[studio,heif] --group test"
    ]
    assert said[-1] == f"python in {clone}: -m pytest"
    assert "what its tests need" in told
    assert "the tests in Python" in told
    assert not any("pip" in line for line in dev(clone, "test", "tests/test_focus.py")[0])
    assert "--editable .[studio,heif,torch,ray]" in "".join(dev(clone, "setup", "torch,ray")[0])


def test_a_word_it_does_not_know_leads_to_the_program(clone: Path) -> None:
    _, said = dev(clone, "blur", "photo.jpg", code=2)
    assert "./dev defocus blur photo.jpg" in said
    assert "./dev test" in said
    assert "./dev test" in "\n".join(dev(clone, "help")[0])


def test_the_docs_say_where_they_are(clone: Path) -> None:
    assert "build/site/index.html" in dev(clone, "docs")[1]

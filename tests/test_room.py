"""Where memory is short, whatever is asked for ends in a sentence, never without a word."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from cli_words import noise

from defocus import read_photo, room
from defocus.errors import OutOfMemoryError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs limits that hold")

LIMITED = """
import resource, sys
from defocus.cli import main
limit = getattr(resource, sys.argv[1])
resource.setrlimit(limit, (int(sys.argv[2]) << 20,) * 2)
main(sys.argv[3:])
"""
LIMITS = [("RLIMIT_AS", mb) for mb in (60, 120, 200, 300, 400, 500, 650)]
LIMITS += [("RLIMIT_DATA", mb) for mb in (40, 80, 130, 180, 230, 300)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("in")
    noise(made / "a.png")
    noise(made / "b.jpg")
    return made


def limited(folder: Path, limit: str, mb: int, *words: object) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, limit, str(mb), *map(str, words)],
        cwd=folder, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    return done.returncode, done.stderr


@pytest.mark.parametrize(("limit", "mb"), LIMITS)
def test_blur_in_little_memory_works_or_says_why_not(
    folder: Path, tmp_path: Path, limit: str, mb: int
) -> None:
    target = tmp_path / "o.png"
    code, said = limited(folder, limit, mb, "blur", "a.png", "-o", target, "--quality", "fast")
    assert code in (0, 2)
    assert target.exists() == (code == 0)
    if code:
        assert "memory" in said
        assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == [target] * (code == 0)


@pytest.mark.parametrize("words", [["inspect", "b.jpg"], ["depth", "a.png", "-o", "d.png"]])
@pytest.mark.parametrize("mb", [200, 350])
def test_other_commands_say_it_too(folder: Path, words: list[str], mb: int) -> None:
    code, said = limited(folder, "RLIMIT_AS", mb, *words)
    assert code == 2
    assert "not enough memory" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("mb", [300, 400])
def test_a_batch_says_it_of_every_photo(folder: Path, tmp_path: Path, mb: int) -> None:
    code, said = limited(folder, "RLIMIT_AS", mb, "batch", ".", tmp_path / "out", "--workers", 1)
    assert code == 2
    assert "memory" in said
    assert "died" not in said


def test_what_needs_no_libraries_needs_no_room(folder: Path) -> None:
    for words in (["--version"], ["--help"], ["looks", "list"]):
        assert limited(folder, "RLIMIT_AS", 300, *words)[0] == 0


def test_nothing_is_refused_where_there_is_no_limit_or_all_is_loaded(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = room.Room("no such module", 1 << 60, 1 << 60)
    room.check_room(endless)
    read_photo(folder / "a.png")
    monkeypatch.setattr("resource.getrlimit", lambda _: (1 << 20, 1 << 20))
    with pytest.raises(OutOfMemoryError, match="ulimit"):
        room.check_room(endless)
    assert np.asarray(read_photo(folder / "a.png").pixels).size  # OpenCV is here already

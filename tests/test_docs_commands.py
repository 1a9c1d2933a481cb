"""Every command and every piece of Python in the docs runs, in the order of the page."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import click
import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from doc_blocks import PAGES, Block, blocks, unfenced, words

import defocus
import defocus.depth
from defocus.cli import main

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# They need a browser or a network, and have tests of their own; here their words are read only.
READ_ONLY = (["studio"], ["edit"], ["models", "fetch"])

WITH_BLOCKS = [page for page in PAGES if any(b.language in ("sh", "python") for b in blocks(page))]


@pytest.fixture(scope="session")
def estimates() -> dict[str, Any]:
    """What the network said of each picture: it is the same for every command."""
    return {}


@pytest.fixture
def desk(
    tmp_path: Path, example: Path, estimates: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A folder with what the docs speak of, and ``defocus`` on the path."""
    folder = tmp_path / "desk"
    (folder / "holiday").mkdir(parents=True)
    photo = defocus.read_photo(example)
    small = cv2.resize(photo.pixels, (256, 256), interpolation=cv2.INTER_AREA)
    for name in ("photo.jpg", "photo.tif", "copy.tif", "a.tif", "b.tif", "c.tif",
                 "holiday/one.jpg", "holiday/two.jpg"):  # fmt: skip
        defocus.write_photo(defocus.Photo(small), folder / name)
    wide = defocus.Photo(np.hstack([small, small])[:200, :400].copy())
    defocus.write_photo(wide, folder / "panorama.jpg")
    ramp = np.linspace(1, 9, small.shape[0] * small.shape[1], dtype=np.float32)
    metres = ramp.reshape(small.shape[:2])
    np.save(folder / "metres.npy", metres)
    cv2.imwrite(str(folder / "map.png"), (255 - metres * 20).astype(np.uint8))
    programs = tmp_path / "bin"
    programs.mkdir()
    program = programs / "defocus"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m defocus "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(folder)
    estimate = defocus.depth.estimate

    def remembered(photo: defocus.Photo, model: str = "auto", **choices: Any) -> Any:
        digest = hashlib.sha256(photo.pixels.tobytes()).hexdigest()
        key = f"{digest} {model} {choices.get('quality')}"
        if model != "auto" or choices.get("invert"):
            return estimate(photo, model, **choices)
        if key not in estimates:
            estimates[key] = estimate(photo, model, **choices)
        return estimates[key]

    monkeypatch.setattr(defocus.depth, "estimate", remembered)
    return folder


def read_only(line_words: Sequence[str]) -> None:
    """Have click read the words, which refuses unknown flags and bad values."""
    command: click.Command = main
    rest = list(line_words)
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), rest.pop(0))
        assert found is not None, line_words
        command = found
    command.make_context(command.name, rest)


def run(line: str, folder: Path) -> None:
    plain = words(line, folder)
    if plain is not None and plain[0] == "defocus":
        if any(plain[1 : 1 + len(start)] == start for start in READ_ONLY):
            read_only(plain[1:])
            return
        result = CliRunner().invoke(main, plain[1:])
        assert result.exit_code == 0, f"{line}\n{result.output}"
        return
    done = subprocess.run(["sh", "-ec", line], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"


def can_run(block: Block) -> bool:
    return block.why_not is None and not (
        "defocus.notebook" in block.text and not importlib.util.find_spec("anywidget")
    )


@pytest.mark.skipif(os.name == "nt", reason="the docs' commands are for a POSIX shell")
@pytest.mark.parametrize("page", WITH_BLOCKS, ids=lambda page: page.stem)
def test_every_block_of_a_page_runs(page: Path, desk: Path) -> None:
    space: dict[str, Any] = {"__name__": "page"}
    for block in filter(can_run, blocks(page)):
        if block.language == "sh":
            for line in block.lines():
                if page.name != "README.md":  # a newcomer types all of that, one after the other
                    for leftover in desk.glob("photo-*"):  # here each line is the first
                        leftover.unlink()
                run(line, desk)
        elif block.language == "python":
            exec(compile(block.text, page.name, "exec"), space)


def test_a_broken_command_in_a_page_is_noticed(desk: Path) -> None:
    for line in ("defocus blur photo.jpg --f-stop 2", "defocus blur nothing.jpg", "false | false"):
        with pytest.raises(AssertionError):
            run(line, desk)
    with pytest.raises(click.UsageError):
        run("defocus studio --no-such-flag photo.jpg", desk)


def test_a_command_is_read_as_the_shell_reads_it(desk: Path) -> None:
    block = Block("sh", "defocus blur holiday/*.jpg \\\n    -o out   # all\n\n# nothing\n")
    assert block.lines() == ["defocus blur holiday/*.jpg -o out"]
    assert words(block.lines()[0], desk) == [
        "defocus", "blur", "holiday/one.jpg", "holiday/two.jpg", "-o", "out"
    ]  # fmt: skip
    assert words("cat a | defocus blur -", desk) is None


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_commands_of_a_page_stand_in_blocks_that_are_run(page: Path) -> None:
    if page.name == "cli.md":  # made of the commands' own help
        return
    for block in blocks(page):
        if not block.language:
            assert not block.text.lstrip().startswith(("defocus ", "pip ", "import "))
    for line in unfenced(page).splitlines():
        assert not line.startswith(("    defocus ", "    pip ", "    ./dev "))

"""On a terminal a bar shows how the work gets on, and leaves no trace."""

from __future__ import annotations

import os
import subprocess
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from cli_words import halves, noise, start

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of POSIX")

COLUMNS = 70


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for name in ("a.png", "in/a.png", "in/b.png"):
        noise(tmp_path / name)
    halves(tmp_path / "depth.npy")
    (tmp_path / "in" / "bad.jpg").write_text("hello")
    return tmp_path


def on_terminal(*words: object, cwd: Path) -> str:
    """What ``defocus WORDS`` sends to a terminal as its standard error."""
    import fcntl
    import struct
    import termios

    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(_all_of, ours)  # meanwhile: a terminal that nobody reads is soon full
        start(*words, cwd=cwd, capture_output=False, stdout=subprocess.DEVNULL, stderr=theirs)
        os.close(theirs)
        return sent.result().decode()


def _all_of(terminal: int) -> bytes:
    sent = b""
    with suppress(OSError), open(terminal, "rb", 0) as stream:
        while more := stream.read(65536):
            sent += more
    return sent


def frames(sent: str) -> list[str]:
    """All that was drawn, one after the other."""
    return [frame for frame in sent.replace("\n", "\r").split("\r") if frame.strip()]


def screen(sent: str) -> list[str]:
    """The lines that are left: a carriage return goes back, and what follows writes over it."""
    lines = []
    for line in sent.replace("\r\n", "\n").split("\n"):
        cells: list[str] = []
        for drawn in line.split("\r"):
            cells[: len(drawn)] = drawn
        lines.append("".join(cells).rstrip())
    return [line for line in lines if line]


def test_a_photo_shows_its_stages_and_leaves_what_was_said(here: Path) -> None:
    sent = on_terminal(
        "blur", "a.png", "in/b.png", "--model", "depth.npy", "--focus", "eyes", cwd=here
    )
    for stage in ("reading", "render"):
        for name in ("a.png", "b.png"):
            assert any(f"{stage}  {name}" in frame for frame in frames(sent)), (stage, name)
    assert any("█" in frame for frame in frames(sent))
    said = [line.split(":")[1] for line in screen(sent) if "no face was found" in line]
    assert said == [" a.png", " b.png"]
    assert screen(sent)[2:] == ["2 of 2 photos done"]


def test_a_batch_shows_how_many_and_leaves_the_summary(here: Path) -> None:
    words = ["batch", "in", "out", "--model", "depth.npy", "--workers", "1"]
    first, again = (on_terminal(*words, cwd=here) for _ in range(2))
    for number in range(4):
        assert any(f" {number} of 3" in frame for frame in frames(first))
    assert any("1 failed, " in frame and "photos/s" in frame for frame in frames(first))
    assert "0 of 0" in again  # what failed before and is not tried again is no step of this run
    assert "1 of 0" not in again
    for sent, last in ((first, "2 done in"), (again, "2 done before")):
        assert [line.split(":")[0] for line in screen(sent)] == ["defocus", "3 photos"]
        assert last in screen(sent)[-1]


def test_a_bar_fits_the_terminal_whatever_the_name(here: Path) -> None:
    hostile = here / ("\x1b[31m" + "写真" * 30 + ".png")
    (here / "a.png").rename(hostile)
    sent = on_terminal("blur", hostile, "--model", "depth.npy", cwd=here)
    told = [frame for frame in frames(sent) if "写真" in frame]
    assert told
    wide = {"W", "F"}
    for frame in told:
        assert sum(1 + (unicodedata.east_asian_width(c) in wide) for c in frame) <= COLUMNS
    assert "\x1b[31m" not in sent
    assert screen(sent) == []


@pytest.mark.parametrize("words", [["--quiet"], []])
def test_no_bar_where_nobody_wants_or_sees_one(here: Path, words: list[str]) -> None:
    command = ["blur", "a.png", "--model", "depth.npy", *words]
    if words:
        assert on_terminal(*command, cwd=here) == ""
    else:
        assert start(*command, cwd=here).stderr == b""

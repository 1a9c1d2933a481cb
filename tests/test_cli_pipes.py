"""``-`` is standard input and output."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from cli_words import halves, noise, start
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def here(tmp_path: Path) -> Path:
    for suffix in ("png", "jpg", "tif", "webp"):
        noise(tmp_path / f"a.{suffix}")
    halves(tmp_path / "depth.npy")
    return tmp_path


MODEL = ["--model", "depth.npy"]


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp"])
def test_a_photo_goes_through_a_pipe_as_through_a_file(here: Path, suffix: str) -> None:
    photo = here / f"a.{suffix}"
    through = start("blur", "-", "-o", "-", *MODEL, cwd=here, input=photo.read_bytes())
    assert through.returncode == 0, through.stderr
    assert start("blur", photo, *MODEL, cwd=here).returncode == 0
    assert through.stdout == (here / f"a-defocus.{suffix}").read_bytes()


def test_each_end_may_be_a_file(here: Path) -> None:
    photo = (here / "a.png").read_bytes()
    to_file = start("blur", "-", "-o", "b.jpg", *MODEL, cwd=here, input=photo)
    assert to_file.stdout == b"b.jpg\n"
    from_file = start("blur", "a.png", "-o", "-", "--format", "jpeg", *MODEL, cwd=here)
    assert from_file.stdout == (here / "b.jpg").read_bytes()
    alone = start("blur", "-", *MODEL, cwd=here, input=photo)
    with Image.open(io.BytesIO(alone.stdout)) as image:
        assert image.format == "PNG"
    assert not (here / "-").exists()


def test_what_is_lost_is_told_beside_the_result(here: Path) -> None:
    with Image.open(here / "a.png") as image:
        image.putalpha(image.convert("L"))
        image.save(here / "a.png")
    words = ["blur", "-", "--format", "jpeg", *MODEL]
    done = start(*words, cwd=here, input=(here / "a.png").read_bytes())
    assert done.stderr == b"defocus: standard input: transparent parts become white in JPEG\n"
    assert done.stdout.startswith(b"\xff\xd8")


@pytest.mark.parametrize("content", [b"", b"no photo", b"\xff\xd8\xff\xe0 cut off"])
def test_what_is_no_photo_is_one_line_and_no_output(here: Path, content: bytes) -> None:
    done = start("blur", "-", "-o", "-", *MODEL, cwd=here, input=content)
    assert done.returncode == 2
    assert done.stderr.startswith(b"defocus: standard input: ")
    assert done.stderr.count(b"\n") == 1
    assert done.stdout == b""


@pytest.mark.parametrize("words", [["-", "a.png"], ["a.png", "a.jpg", "-o", "-"], ["-", "-o", "."]])
def test_one_photo_and_a_file(here: Path, words: list[str]) -> None:
    done = start("blur", *words, *MODEL, cwd=here, input=b"")
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1


def test_a_file_called_dash_is_a_file(here: Path) -> None:
    (here / "a.png").rename(here / "-")
    done = start("blur", "./-", "-o", "b.png", *MODEL, cwd=here, input=b"")
    assert done.returncode == 0, done.stderr
    assert (here / "b.png").exists()


@pytest.mark.parametrize("end", ["full", "closed"])
def test_an_output_that_takes_nothing_is_told(here: Path, end: str) -> None:
    if end == "full":
        if not os.path.exists("/dev/full"):  # noqa: PTH110
            pytest.skip("needs /dev/full")
        writable = os.open("/dev/full", os.O_WRONLY)
    else:
        readable, writable = os.pipe()
        os.close(readable)
    done = start(
        "blur", "a.png", "-o", "-", *MODEL, cwd=here, capture_output=False, stdout=writable,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    os.close(writable)
    assert done.returncode != 0
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr
    if end == "full":
        assert done.stderr.startswith(b"defocus: standard output cannot be written")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of POSIX")
@pytest.mark.parametrize("which", ["stdin", "stdout"])
def test_a_terminal_is_no_photo(here: Path, which: str) -> None:
    ours, theirs = os.openpty()
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, which: theirs}
    done = start(
        "blur", "-", *MODEL, cwd=here, capture_output=False, stderr=subprocess.PIPE, **streams
    )
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 2
    assert b"is a terminal" in done.stderr


# ------------------------------------------------------------------------- depth and inspect


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp"])
@pytest.mark.parametrize("look", [[], ["--colour"]])
def test_depth_goes_through_a_pipe_as_into_a_file(here: Path, suffix: str, look: list[str]) -> None:
    photo = here / f"a.{suffix}"
    assert start("depth", photo, "-o", "d.png", *look, *MODEL, cwd=here).returncode == 0
    through = start("depth", "-", *look, *MODEL, cwd=here, input=photo.read_bytes())
    assert through.returncode == 0, through.stderr
    assert through.stdout == (here / "d.png").read_bytes()
    half = start("depth", photo, "-o", "-", *look, *MODEL, cwd=here)
    assert half.stdout == through.stdout
    other = start("depth", "-", "-o", "e.png", *look, *MODEL, cwd=here, input=photo.read_bytes())
    assert other.stdout == b"e.png\n"
    assert (here / "e.png").read_bytes() == through.stdout


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp"])
def test_inspect_takes_a_photo_from_a_pipe(here: Path, suffix: str) -> None:
    photo = here / f"a.{suffix}"
    words = ["inspect", "--no-depth", "--json"]
    by_name = start(*words, photo, cwd=here)
    piped = start(*words, "-", cwd=here, input=photo.read_bytes())
    assert piped.returncode == 0, piped.stderr
    assert piped.stdout == by_name.stdout
    assert b"standard input" in start("inspect", "-", "--no-depth", cwd=here,
                                      input=photo.read_bytes()).stdout  # fmt: skip


@pytest.mark.parametrize(
    "words", [["depth", "-"], ["depth", "-", "-o", "-"], ["inspect", "-", "--no-depth"]]
)
@pytest.mark.parametrize("content", [b"", b"no photo", b"\xff\xd8\xff\xe0 cut off"])
def test_what_is_no_photo_is_one_line_for_every_command(
    here: Path, words: list[str], content: bytes
) -> None:
    done = start(*words, cwd=here, input=content)
    assert done.returncode == 2
    assert done.stderr.startswith(b"defocus: standard input: ")
    assert done.stderr.count(b"\n") == 1
    assert done.stdout == b""


@pytest.mark.parametrize("words", [["a.png", "-o", "-", "--layers"], ["-", "-o", "."]])
def test_depth_in_a_pipe_is_one_picture_with_a_name(here: Path, words: list[str]) -> None:
    done = start("depth", *words, *MODEL, cwd=here, input=(here / "a.png").read_bytes())
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    assert done.stdout == b""


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX")
@pytest.mark.parametrize("command", ["blur", "depth --colour"])
def test_a_short_write_is_no_success_without_a_buffer_either(here: Path, command: str) -> None:
    words = f'ulimit -f 2; "$0" -c "$1" {command} large.png --model map.npy -o - > out'
    noise(here / "large.png", width=400)
    np.save(here / "map.npy", np.random.default_rng(0).random((300, 400), np.float32))
    code = "from defocus.cli import main; main()"
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    done = subprocess.run(
        ["sh", "-c", words, sys.executable, code], cwd=here, env=environment, capture_output=True
    )
    assert done.returncode == 2
    assert b"standard output cannot be written" in done.stderr


def test_without_a_buffer_all_of_a_result_comes_through(here: Path) -> None:
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    plain = start("blur", "a.png", "-o", "-", *MODEL, cwd=here)
    through = start("blur", "a.png", "-o", "-", *MODEL, cwd=here, env=environment)
    assert plain.stdout == through.stdout != b""


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("blur a.png -o - >&-", b"standard output is closed"),
        ("blur - -o - <a.png >&-", b"standard output is closed"),
        ("depth a.png -o - >&-", b"standard output is closed"),
        ("blur - -o - <&-", b"standard input is closed"),
    ],
)
def test_a_stream_that_is_closed_gets_and_gives_nothing(
    here: Path, words: str, told: bytes
) -> None:
    done = in_a_shell(here, f"{words} --model depth.npy")
    assert done.returncode == 2
    assert told in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX")
@pytest.mark.parametrize(
    "words",
    [
        "blur - -o a.png --overwrite <a.png",
        "blur - -o link.png --overwrite <a.png",
        "blur a.png -o - >>a.png",
        "blur link.png -o - 1<>a.png",
        "blur - -o - <a.png >>a.png",
        "depth - -o a.png --overwrite <a.png",
        "depth a.png -o - >>a.png",
    ],
)
def test_no_redirection_writes_over_what_is_read(here: Path, words: str) -> None:
    (here / "link.png").symlink_to("a.png")
    before = (here / "a.png").read_bytes()
    done = in_a_shell(here, f"{words} --model depth.npy")
    assert done.returncode == 2
    assert b"which this call reads" in done.stderr
    assert (here / "a.png").read_bytes() == before


def in_a_shell(folder: Path, words: str) -> subprocess.CompletedProcess[bytes]:
    code = "from defocus.cli import main; main()"
    return subprocess.run(
        ["sh", "-c", f'"$0" -c "$1" {words}', sys.executable, code], cwd=folder, capture_output=True
    )

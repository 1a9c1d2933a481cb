"""The command in surroundings that nobody wishes for: one line, the right exit code, no harm."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from cli_words import halves, noise, run, start
from waiting import PATIENCE_S

if TYPE_CHECKING:
    from pathlib import Path

as_somebody = pytest.mark.skipif(
    not shutil.which("unshare") or os.geteuid() != 0, reason="needs user namespaces"
)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with a.png and depth.npy."""
    noise(tmp_path / "a.png")
    halves(tmp_path / "depth.npy")
    return tmp_path


def one_line(done: subprocess.CompletedProcess[bytes]) -> str:
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert done.stderr.count(b"\n") == 1, done.stderr.decode()
    return done.stderr.decode()


def unprivileged(here: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    """``defocus`` as a user to whom the modes of files mean something, even if we are root."""
    code = "from defocus.cli import main; main()"
    return subprocess.run(
        ["unshare", "--user", "--map-user=12345", "--map-group=12345", sys.executable, "-c", code,
         *words],
        cwd=here, capture_output=True, check=False, timeout=PATIENCE_S,
    )  # fmt: skip


# -- streams ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("closed", ["2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("words", ["blur a.png -o b.png", "depth a.png -o b.png"])
def test_it_works_without_standard_streams(here: Path, closed: str, words: str) -> None:
    code = "from defocus.cli import main; main()"
    command = f"{sys.executable} -c '{code}' {words} --model depth.npy {closed}"
    done = subprocess.run(["sh", "-c", command], cwd=here, check=False, timeout=PATIENCE_S)
    assert done.returncode == 0
    assert (here / "b.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
def test_a_full_standard_output_is_told_after_the_work(here: Path) -> None:
    noise(here / "c.png", seed=3)
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = start(
            "blur", "a.png", "c.png", "--model", "depth.npy", cwd=here,
            stdout=full, stderr=subprocess.PIPE, capture_output=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert b"standard output cannot be written" in done.stderr
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr
    assert (here / "a-defocus.png").exists()
    assert (here / "c-defocus.png").exists()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
def test_a_full_standard_error_stops_nothing(here: Path) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = start(
            "blur", "a.png", "no.png", "--model", "depth.npy", cwd=here,
            stderr=full, stdout=subprocess.PIPE, capture_output=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stdout == b"a-defocus.png\n"


def test_what_libraries_say_past_us_does_not_reach_the_terminal(here: Path) -> None:
    """A TIFF with a tag that libtiff does not know, a warning of Python, a line of C."""
    (here / "noisy").mkdir()
    (here / "noisy" / "sitecustomize.py").write_text(
        "import logging, os, sys, warnings\n"
        "def noise(event, words):\n"
        "    if event == 'open' and str(words[0]).endswith('depth.npy'):\n"
        "        os.write(2, b'[W:C library] beware')\n"
        "        warnings.warn('Python beware')\n"
        "        logging.getLogger('tifffile').warning('log beware')\n"
        "        open('heard', 'w').close()\n"
        "sys.addaudithook(noise)\n"
    )
    done = start(
        "blur", "a.png", "--model", "depth.npy", cwd=here, env={"PYTHONPATH": str(here / "noisy")}
    )
    assert done.returncode == 0
    assert (here / "heard").exists()
    assert done.stderr == b""


# -- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [b"caf\xe9.png", b"\xff\xfe.png", b"a\x80b.png"])
def test_a_name_that_is_no_utf_8_is_a_name(here: Path, name: bytes) -> None:
    (here / "a.png").rename(here / os.fsdecode(name))
    done = start("blur", os.fsdecode(name), "--model", "depth.npy", cwd=here)
    assert done.returncode == 0, done.stderr
    assert done.stdout == name.replace(b".png", b"-defocus.png\n")
    missing = start("blur", "none-" + os.fsdecode(name), "--model", "depth.npy", cwd=here)
    assert "no such file" in one_line(missing)


@pytest.mark.parametrize("length", [240, 250, 255])
def test_a_name_that_is_too_long_is_told_before_the_work(here: Path, length: int) -> None:
    name = "a" * (length - 4) + ".png"
    (here / "a.png").rename(here / name)
    result = run("blur", here / name, "--model", here / "depth.npy")
    if length + len("-defocus") <= 255:
        assert result.exit_code == 0
        return
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "longer than 255 bytes" in result.stderr


@pytest.mark.parametrize("words", [["-o", "x" * 300 + ".png"], ["--model", "m" * 300 + ".npy"],
                                   ["--model", "m" * 5000], ["--edit", "e" * 300]])  # fmt: skip
def test_any_other_name_that_is_too_long_is_one_line(here: Path, words: list[str]) -> None:
    result = run("blur", here / "a.png", "--model", here / "depth.npy", *words)
    assert result.exit_code == 2
    assert result.stderr.startswith("defocus: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("photo", [".", "/", "..", ""])
def test_a_folder_is_no_photo(here: Path, photo: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(here)
    result = run("blur", photo, "--model", "depth.npy")
    assert result.exit_code == 2
    assert "folder" in result.stderr
    assert result.stderr.count("\n") == 1


# -- files that are none ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["pipe", "socket", "device", "folder", "circle"])
@pytest.mark.parametrize("role", ["photo", "model", "edit", "report"])
def test_what_only_has_the_name_of_a_file_is_refused_at_once(
    here: Path, kind: str, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    thing = here / ("thing.npy" if role == "model" else "thing.png")
    monkeypatch.chdir(here)  # a socket's path is short
    if kind == "pipe":
        os.mkfifo(thing)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(thing.name)
    elif kind == "folder":
        thing.mkdir()
    else:
        thing.symlink_to("/dev/zero" if kind == "device" else thing)
    words = {
        "photo": ["blur", thing, "--model", here / "depth.npy"],
        "model": ["blur", here / "a.png", "--model", thing],
        "edit": ["blur", here / "a.png", "--edit", thing],
        "report": ["batch", here, here / "out", "--report", thing],
    }[role]
    result = run(*words)
    assert result.exit_code == 2
    assert thing.name in result.stderr
    of_click = kind == "folder" and role in ("edit", "report")  # it puts its usage before
    assert result.stderr.count("\n") == (4 if of_click else 1)


# -- permissions -----------------------------------------------------------------------------------


@as_somebody
@pytest.mark.parametrize(
    "words",
    [
        ["blur", "a.png", "-o", "locked/x.png"],
        ["blur", "a.png", "-o", "locked"],
        ["blur", "locked/a.png"],
        ["depth", "a.png", "-o", "locked/x.png"],
        ["blur", "a.png", "--save-edit", "locked/x.json"],
        ["blur", "a.png", "--edit", "locked/x.json"],
        ["batch", "in", "locked/out"],
        ["batch", "in", "out", "--report", "locked/r.jsonl"],
        ["batch", "locked", "out"],
        ["studio", "locked/a.png", "--no-browser"],
        ["inspect", "locked/a.png"],
    ],
)
def test_a_locked_folder_is_one_line(here: Path, words: list[str]) -> None:
    here.chmod(0o777)
    (here / "locked").mkdir(mode=0)
    noise(here / "in" / "a.png")
    model = [] if words[0] in ("studio",) else ["--model", "depth.npy"]
    try:
        assert "locked" in one_line(unprivileged(here, *words, *model))
    finally:
        (here / "locked").chmod(0o700)


# -- libraries -------------------------------------------------------------------------------------


@pytest.mark.parametrize("library", ["cv2", "onnxruntime", "numpy", "PIL"])
def test_a_library_that_is_broken_is_named_and_no_photo(here: Path, library: str) -> None:
    (here / "fake" / library).mkdir(parents=True)
    (here / "fake" / library / "__init__.py").write_text(
        "raise ImportError('libGL.so.1: cannot open shared object file')"
    )
    noise(here / "b.jpg")
    for photo in ("a.png", "b.jpg"):
        done = start("blur", photo, cwd=here, env={"PYTHONPATH": str(here / "fake")})
        said = one_line(done)
        assert "damaged" not in said
        assert "libGL.so.1" in said


@pytest.mark.parametrize("suffix", ["heic", "dng"])
def test_an_extra_that_is_broken_is_not_called_missing(here: Path, suffix: str) -> None:
    library = {"heic": "pillow_heif", "dng": "rawpy"}[suffix]
    (here / "fake" / library).mkdir(parents=True)
    (here / "fake" / library / "__init__.py").write_text("raise ImportError('libheif.so.1: gone')")
    head = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" if suffix == "heic" else b"II*\0\x08\0\0\0"
    (here / f"p.{suffix}").write_bytes(head + bytes(100))
    done = start("blur", f"p.{suffix}", cwd=here, env={"PYTHONPATH": str(here / "fake")})
    said = one_line(done)
    assert "libheif.so.1: gone" in said
    assert "needs the extra" not in said

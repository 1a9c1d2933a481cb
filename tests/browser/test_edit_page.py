"""``defocus edit`` as a photo manager calls it: a process, a page, an exit code, the same file."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import tifffile

from defocus import read_photo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

PATIENCE_S = 180
# Out of focus everywhere, by the page's own way to change an edit.
MUCH = """studio.edit(edit => ({
    ...edit, amount: 4, by_distance: false, focus: { mode: "disparity", at: [1.5], range: null },
})), true"""


class Editor:
    """A photo manager with one file, or some, in an external editor.

    Args:
        browser: that shows its page.
        state: where the studio keeps edits.
        words: of the command line.
        gone_s: how long the studio waits for a page that was closed.
    """

    def __init__(self, browser: Browser, state: Path, *words: object, gone_s: float) -> None:
        code = (
            f"from defocus.studio import hand_over; hand_over.GONE_S = {gone_s};"
            "from defocus.cli import main; main()"
        )
        command = [sys.executable, "-c", code, "edit"]
        self.process = subprocess.Popen(
            [*command, "--no-browser", *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "DEFOCUS_STATE": str(state)},
        )
        assert self.process.stdout is not None
        link = self.process.stdout.readline().strip()
        assert link, self.process.communicate()[1]
        self.context = browser.new_context()
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(1000 * PATIENCE_S)
        self.page.goto(link)

    def ready(self, photos: int = 1) -> None:
        """Wait until they are open and ready."""
        self.page.locator("#hand-over:enabled").wait_for()
        while not self.page.evaluate(
            "studio.current?.ready"  # before its layers are here, the page takes no edit
            f" && studio.photos.filter(photo => photo.state === 'ready').length === {photos}"
        ):
            self.page.wait_for_timeout(50)

    def ended(self) -> tuple[int, str, str]:
        """Exit code, what it printed, and its errors."""
        said, errors = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, said, errors


@pytest.fixture
def edit(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Editor]]:
    running: list[Editor] = []

    def start(*words: object, gone_s: float = 10 * PATIENCE_S) -> Editor:
        running.append(Editor(browser, tmp_path / "state", *words, gone_s=gone_s))
        return running[-1]

    yield start
    for one in running:
        one.context.close()
        if one.process.poll() is None:
            one.process.kill()
            one.process.communicate()


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def detail(path: Path) -> float:
    """How much fine detail there is: variance of the Laplacian."""
    return float(cv2.Laplacian(read_photo(path).pixels.astype(np.float32), cv2.CV_32F).var())


def test_done_saves_16_bits_over_the_same_file_and_the_original_beside(
    edit: Callable[..., Editor], tmp_path: Path
) -> None:
    path = tmp_path / "a photo ä.tif"
    pixels = np.random.default_rng(3).integers(0, 65536, (120, 160, 3), np.uint16)
    tifffile.imwrite(path, pixels, photometric="rgb", description="mine")
    path.chmod(0o640)
    before, was = digest(path), detail(path)
    editor = edit(path)
    editor.ready()
    editor.page.evaluate(MUCH)
    editor.page.click("#hand-over")
    code, said, _ = editor.ended()
    assert code == 0
    assert str(path) in said
    after = read_photo(path)
    assert after.pixels.dtype == np.uint16
    assert after.size_wh == (160, 120)
    assert detail(path) < 0.9 * was
    assert path.stat().st_mode & 0o777 == 0o640
    assert digest(tmp_path / "a photo ä-original.tif") == before
    assert not list(tmp_path.glob(".defocus-*"))


def test_what_the_page_chose_is_what_several_files_become(
    edit: Callable[..., Editor], copies: Callable[..., list[Path]]
) -> None:
    first, second = copies("one.jpg", "two.jpg")
    editor = edit("--keep-original", "embed", first, second)
    editor.ready(2)
    # The second stays with the usual blur, which is little in so small a picture.
    editor.page.evaluate(MUCH)
    editor.page.click("#hand-over")
    assert editor.ended()[0] == 0
    assert detail(first) < 0.8 * detail(second)
    assert not list(first.parent.glob("*-original*"))
    assert read_photo(first).embedded.original is not None


@pytest.mark.parametrize("how", ["cancel", "close", "kill", "terminate"])
def test_whatever_else_happens_the_file_stays_and_the_code_says_so(
    how: str, edit: Callable[..., Editor], copies: Callable[..., list[Path]]
) -> None:
    (path,) = copies("same.jpg")
    before = digest(path)
    editor = edit(path, gone_s=0.2)
    editor.ready()
    if how == "cancel":
        editor.page.click("#hand-back")
    elif how == "close":
        editor.context.close()
    else:
        editor.process.send_signal(signal.SIGKILL if how == "kill" else signal.SIGTERM)
    code, _, errors = editor.ended()
    assert code == 1 if how in ("cancel", "close") else code != 0
    assert "Traceback" not in errors
    assert digest(path) == before
    assert [each.name for each in path.parent.glob("*.jpg")] == ["same.jpg"]


def test_a_page_that_is_loaded_again_keeps_the_editor_open(
    edit: Callable[..., Editor], copies: Callable[..., list[Path]]
) -> None:
    (path,) = copies("again.jpg")
    editor = edit("--keep-original", "no", path)
    editor.ready()
    editor.page.reload()
    editor.ready()
    # How long it waits for one that was closed: tests/test_studio_hand_over.py.
    assert editor.process.poll() is None
    editor.page.click("#hand-over")
    assert editor.ended()[0] == 0
    assert [each.name for each in path.parent.glob("*.jpg")] == ["again.jpg"]


def test_a_file_that_somebody_else_has_changed_meanwhile_is_left_alone(
    edit: Callable[..., Editor], copies: Callable[..., list[Path]]
) -> None:
    (path,) = copies("shared.jpg")
    editor = edit(path)
    editor.ready()
    path.write_bytes(path.read_bytes() + b"mine")
    before = digest(path)
    editor.page.click("#hand-over")
    said = "document.getElementById('toasts').innerText"
    while "was changed by another program" not in editor.page.evaluate(said):
        editor.page.wait_for_timeout(50)
    editor.page.click("#hand-back")
    assert editor.ended()[0] == 1
    assert digest(path) == before
    assert [each.name for each in path.parent.glob("*.jpg")] == ["shared.jpg"]

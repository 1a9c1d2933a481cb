"""A studio and a browser for the benchmarks, and what a hand does there."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

DESK = {"width": 1440, "height": 900}
SHOOT = 30  # photos
PATIENCE_S = 120
AT_REST = "!!(window.studio?.current?.ready && studio.preview.atRest)"


@dataclass(frozen=True)
class Running:
    """A studio in a process of its own."""

    url: str
    pid: int

    def ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """What a page of it asks, without a page."""
        base, _, token = self.url.partition("/?token=")
        headers = {"x-defocus-token": token, "x-page": "benchmark", "x-name": "photo.jpg"}
        request = urllib.request.Request(base + path, body, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            data: bytes = answer.read()
            return data

    def warm(self) -> None:
        """Wait until its libraries and networks are loaded, as they are when a person has looked
        for a photo."""
        status = json.loads(self.ask("POST", "/api/open/sample"))
        while status["state"] == "working":
            status = json.loads(
                self.ask("GET", f"/api/photos/{status['id']}?seen={status['stamp']}")
            )
        self.ask("DELETE", f"/api/photos/{status['id']}")

    def resident_mb(self) -> float:
        """Memory that it holds now."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextlib.contextmanager
def server() -> Iterator[Running]:
    """A new studio."""
    command = [sys.executable, "-c", "from defocus.cli import main; main()", "studio"]
    with subprocess.Popen(
        [*command, "--no-browser"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as running:
        assert running.stdout is not None
        try:
            yield Running(running.stdout.readline().strip(), running.pid)
        finally:
            running.terminate()


# How the photos stand, and what the page has said: why something is waited for in vain.
_STATE = """window.studio && JSON.stringify({
    photos: studio.photos.map(({ name, stamp, ready, unloaded, error }) => [
        name, stamp, ready ? "here" : unloaded ? "unloaded" : "not here", error,
    ]),
    shown: studio.photos.indexOf(studio.current),
    rest: studio.preview.atRest,
    lost: studio.preview.base.lost,
    said: ["toasts", "banner-text"].map((id) => document.getElementById(id).textContent),
})"""


def until(
    page: Page, expression: str, patience_s: float = PATIENCE_S, every_s: float = 0.02
) -> None:
    """Wait until JavaScript holds true; to look takes 2 ms of the processor."""
    end = time.monotonic() + patience_s
    while not page.evaluate(expression):
        if time.monotonic() > end:
            raise TimeoutError(f"waited in vain for {expression}: {page.evaluate(_STATE)}")
        time.sleep(every_s)


def open_page(browser: Browser, url: str) -> Page:
    """A new page of a studio."""
    page = browser.new_context(viewport=DESK).new_page()
    page.goto(url)
    until(page, "!!window.studio")
    return page


WATCH_FRAMES = """() => {
    const renderer = studio.preview.base;
    const render = renderer.render.bind(renderer);
    window.frames_ms = [];
    renderer.render = (params) => {
        const before = performance.now();
        render(params);
        frames_ms.push(performance.now() - before);
    };
}"""


def watch_frames(page: Page) -> None:
    """Note what each frame takes, in ``window.frames_ms``."""
    page.evaluate(WATCH_FRAMES)


def drag(page: Page, seconds: float) -> tuple[list[float], list[str]]:
    """Drag the focus over the photo; frame times and what was asked of the server meanwhile."""
    box = page.locator("#preview").bounding_box()
    assert box is not None
    asked: list[str] = []
    time.sleep(0.7)  # the edit before it is being saved
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("frames_ms.length = 0")
    begin = time.monotonic()
    while (spent := time.monotonic() - begin) < seconds:
        x = 0.5 + 0.4 * np.sin(2.1 * spent)
        y = 0.5 + 0.4 * np.sin(1.3 * spent)
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
    times = page.evaluate("frames_ms.slice()")
    during = list(asked)
    page.mouse.up()
    return times, during

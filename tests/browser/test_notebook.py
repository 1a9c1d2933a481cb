"""The widget in a real JupyterLab and a real marimo, driven as a person would."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

PATIENCE_S = 240
for module in ("anywidget", "jupyterlab", "marimo"):
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"no {module} here: pip install anywidget jupyterlab marimo",
                    allow_module_level=True)  # fmt: skip

MAKE = "from defocus.notebook import Refocus\nwidget = Refocus({path!r})\nwidget"
# Every graphics context that the page was given.
WATCH = """window.contexts = [];
const get = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (...words) {
    const made = get.apply(this, words);
    if (words[0] === "webgl2" && made) contexts.push(made);
    return made;
};"""
ALIVE = "contexts.filter(context => !context.isContextLost()).length"
TELL = "print('at', widget.edit.focus.mode, widget.result().pixels.shape)"


@contextmanager
def server(folder: Path, *command: str) -> Iterator[str]:
    """A notebook server on a free port."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    words = [word.format(port=port) for word in command]
    places = {"HOME": "", "JUPYTER_CONFIG_DIR": "config", "JUPYTER_RUNTIME_DIR": "run"}
    # Also where the packages lie beside a virtual environment that only points to them.
    found = importlib.util.find_spec("anywidget")
    assert found is not None
    shares = [each / "share" / "jupyter" for each in Path(str(found.origin)).parents]
    data = {"JUPYTER_PATH": os.pathsep.join(str(each) for each in shares if each.is_dir())}
    home = os.environ | data | {name: str(folder / place) for name, place in places.items()}
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", *words], cwd=folder, env=home, stdout=log, stderr=log
        )
    url = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                urllib.request.urlopen(url, timeout=20).close()
                break
            except OSError:
                assert running.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < end, (folder / "log").read_text()
                time.sleep(0.2)
        yield url
    finally:
        running.terminate()
        running.wait(30)


@contextmanager
def page_of(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    page = context.new_page()
    page.set_default_timeout(1000 * PATIENCE_S)
    yield page
    context.close()


def run_cell(page: Page, index: int) -> None:
    """Run a cell to its end. A kernel that still starts forgets what it is asked: ask again."""
    cell = page.locator(".jp-CodeCell").nth(index)
    prompt = cell.locator(".jp-InputPrompt")
    before = prompt.inner_text()
    end = time.monotonic() + PATIENCE_S
    while (now := prompt.inner_text()) == before or not re.search(r"\d", now):
        assert time.monotonic() < end, f"cell {index} does not run"
        if "*" not in now:
            cell.locator(".cm-content").click()
            page.keyboard.press("Control+Enter")
        page.wait_for_timeout(500)


def test_in_jupyterlab_a_click_is_an_edit_in_python(
    browser: Browser, planes_photo: Path, tmp_path: Path
) -> None:
    pytest.importorskip("ipykernel")
    cells = [
        {"cell_type": "code", "id": f"c{number}", "metadata": {}, "outputs": [],
         "execution_count": None, "source": source}
        for number, source in enumerate([MAKE.format(path=str(planes_photo)), "widget", TELL])
    ]  # fmt: skip
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}}
    (tmp_path / "n.ipynb").write_text(json.dumps({**notebook, "cells": cells}))
    command = ("jupyterlab", "--no-browser", "--allow-root", "--ServerApp.port={port}",
               "--IdentityProvider.token=", "--ServerApp.allow_root=True")  # fmt: skip
    with server(tmp_path, *command) as url, page_of(browser) as page:
        page.add_init_script(WATCH)
        page.goto(f"{url}/lab/tree/n.ipynb?reset")
        run_cell(page, 0)
        run_cell(page, 1)
        # One model, shown twice.
        page.locator(".defocus-cell canvas").nth(1).wait_for()
        page.locator(".defocus-cell canvas").first.click(position={"x": 20, "y": 60})
        run_cell(page, 2)
        page.get_by_text("at point (240, 320, 3)").wait_for()
        # A cell that runs again frees the graphics of the view that it had.
        for _ in range(3):
            before = page.evaluate("contexts.length")
            run_cell(page, 1)
            while page.evaluate("contexts.length") == before:
                page.wait_for_timeout(50)
        while page.evaluate(ALIVE) > 2:
            page.wait_for_timeout(50)


def test_in_marimo_it_shows_itself(browser: Browser, planes_photo: Path, tmp_path: Path) -> None:
    body = MAKE.format(path=str(planes_photo)).replace("\n", "\n    ")
    (tmp_path / "n.py").write_text(
        "import marimo\napp = marimo.App()\n\n@app.cell\ndef _():\n    "
        f"{body}\n    return\n\nif __name__ == '__main__':\n    app.run()\n"
    )
    command = ("marimo", "run", "n.py", "--headless", "--no-token", "--port", "{port}")
    with server(tmp_path, *command) as url, page_of(browser) as page:
        page.goto(url)
        canvas = page.locator(".defocus-cell canvas")
        canvas.wait_for()
        seen = "canvas => canvas.toDataURL()"
        before = canvas.evaluate(seen)
        canvas.click(position={"x": 20, "y": 60})
        while canvas.evaluate(seen) == before:
            page.wait_for_timeout(100)
        assert page.locator(".defocus-cell output").inner_text() == "f/2"

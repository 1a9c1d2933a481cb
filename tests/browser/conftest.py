"""One studio and one headless Chromium for all browser tests."""

from __future__ import annotations

import base64
import hashlib
import itertools
import os
import shutil
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from chromium import ARGUMENTS, CHROMIUM

from defocus import Photo, write_photo
from defocus.disparity import Disparity
from defocus.edit import Output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from defocus.disparity import Estimate
    from defocus.quality import Quality
    from defocus.studio.server import Studio

PATIENCE_S = 180  # nine photos on a busy machine take more than a minute


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def planes_photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """320×240 of fine texture whose depth it brings along: left third near, middle, right far."""
    rng = np.random.default_rng(4)
    grain = cv2.GaussianBlur(rng.normal(0, 1, (240, 320, 3)), (0, 0), 1.2)
    pixels = np.clip(110 + 120 * grain, 0, 235).astype(np.uint8)
    columns = np.repeat(np.array([1, 0.5, 0], np.float32), (107, 106, 107))
    path = tmp_path_factory.mktemp("photos") / "planes.jpg"
    output = Output(embed_disparity=True, quality=95)
    return write_photo(
        Photo(pixels), path, output=output, disparity=Disparity(np.tile(columns, (240, 1)))
    )


_COPY = itertools.count()


@pytest.fixture
def copies(planes_photo: Path, tmp_path: Path) -> Callable[..., list[Path]]:
    """Makes copies of ``planes_photo``, of names given, each with bytes that no other file has.

    Edits are kept by the bytes of a photo, and a page that goes still says what they are: copies
    that were alike would begin with what another test did.
    """

    def make(*names: str) -> list[Path]:
        paths = [tmp_path / name for name in names]
        for path in paths:
            path.write_bytes(planes_photo.read_bytes() + str(next(_COPY)).encode())
        return paths

    return make


@pytest.fixture(scope="session")
def sample_photo(tmp_path_factory: pytest.TempPathFactory, example: Path) -> Path:
    """The example portrait, where results may be saved beside it."""
    path = tmp_path_factory.mktemp("sample") / "portrait.png"
    shutil.copyfile(example, path)
    return path


@pytest.fixture(scope="session")
def known_depth() -> Iterator[None]:
    """What the network has said of some pixels it does not work out again: copies have the same."""
    from defocus.depth.builtin import Builtin

    said: dict[tuple[bytes, tuple[int, ...], str], Estimate] = {}
    ask = Builtin.estimate

    def remember(self: Builtin, pixels: np.ndarray, quality: Quality = "default") -> Estimate:
        key = hashlib.sha256(pixels.tobytes()).digest(), pixels.shape, quality
        if key not in said:
            said[key] = ask(self, pixels, quality)
        return said[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Builtin, "estimate", remember)
        yield


@pytest.fixture(scope="session")
def studio(
    planes_photo: Path,
    sample_photo: Path,
    tmp_path_factory: pytest.TempPathFactory,
    known_depth: None,
) -> Iterator[Studio]:
    """A studio that offers ``planes_photo`` and ``sample_photo``, in this order."""
    from defocus.studio.server import Studio

    # An edit that is saved after a test has ended must not reach the user's own folder.
    before = os.environ.get("DEFOCUS_STATE")
    os.environ["DEFOCUS_STATE"] = str(tmp_path_factory.mktemp("state"))
    running = Studio((planes_photo, sample_photo))
    ready = threading.Event()
    thread = threading.Thread(target=running.run, args=(ready.set,))
    thread.start()
    ready.wait(10)
    yield running
    running.stop()
    thread.join(20)
    if before is None:
        del os.environ["DEFOCUS_STATE"]
    else:
        os.environ["DEFOCUS_STATE"] = before


@dataclass
class Desk:
    """A page of the studio, in words of a person."""

    page: Page

    def js(self, expression: str) -> Any:
        return self.page.evaluate(expression)

    def wait(self, reached: Callable[[], bool], what: str) -> None:
        """Wait until it is so, however busy the machine is."""
        end = time.monotonic() + PATIENCE_S
        while not reached():
            assert time.monotonic() < end, f"waited in vain for {what}"
            time.sleep(0.03)

    def until(self, expression: str) -> None:
        """Wait until JavaScript holds true. (The page forbids the eval of wait_for_function.)"""
        self.wait(lambda: bool(self.js(expression)), expression)

    def settle(self) -> None:
        """Wait until the photo is there and the preview as good as it gets."""
        self.until("!!(window.studio?.current?.ready && window.studio.preview.atRest)")

    def open(self, index: int, name: str) -> None:
        """Open a photo of the command line, without the edit that another test left it with."""
        self.js(f"studio.openOffered({index}).then(() => true)")
        self.until(f"studio.current?.name === '{name}'")
        self.settle()
        self.js("studio.reset()")
        self.save()
        self.settle()

    def add(self, *paths: Path) -> None:
        """Open files, and wait until all are ready and the first of them at rest."""
        before = self.js("studio.photos.length")
        self.page.set_input_files("#files", paths)
        self.until(
            f"studio.photos.length === {before + len(paths)} && studio.photos.every("
            "photo => photo.state === 'ready' && (photo.ready || photo.unloaded))"
        )
        self.settle()

    def save(self) -> None:
        """Keep the edits of all photos on the server now."""
        self.js("Promise.all(studio.photos.map(photo => photo.save())).then(() => true)")

    def let_timers_run(self, ms: int = 600) -> None:
        """Until all timers have run that the page has set so far, for at most ``ms``.

        One that is set now for later runs after them, however busy the machine is.
        """
        self.js(f"new Promise(resume => setTimeout(() => resume(true), {ms}))")

    def pixels(self) -> np.ndarray:
        """What the preview shows: H×W×3 float, RGB."""
        data = self.js("document.getElementById('preview').toDataURL()").split(",")[1]
        decoded = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
        assert decoded is not None
        return decoded[..., ::-1].astype(np.float64)

    def edit(self) -> Any:
        return self.js("studio.current.edit")

    def click_photo(self, x: float, y: float) -> None:
        """Click at fractions of the photo."""
        self.page.mouse.click(*self.at(x, y))

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Page coordinates of fractions of the photo."""
        box = self.page.locator("#preview").bounding_box()
        assert box is not None
        return box["x"] + x * box["width"], box["y"] + y * box["height"]


@pytest.fixture(scope="session")
def pages(browser: Browser, studio: Studio) -> Iterator[Callable[..., tuple[Page, list[str]]]]:
    """Makes pages without photos, each with the list of its JavaScript faults."""
    contexts = []

    def make(**options: Any) -> tuple[Page, list[str]]:
        options.setdefault("viewport", {"width": 900, "height": 640})
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(1000 * PATIENCE_S)
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        context.route("**/api/studio", _without_offers)
        page.goto(studio.url)
        return page, faults

    yield make
    for context in contexts:
        context.close()


def _without_offers(route: Any) -> None:
    """Let tests choose what is opened: the page opens nothing by itself."""
    response = route.fetch()
    facts = response.json()
    facts["offered"] = []
    route.fulfill(response=response, json=facts)


@pytest.fixture
def new_desk(pages: Callable[..., tuple[Page, list[str]]]) -> Iterator[Callable[..., Desk]]:
    """Makes pages of their own; a fault in their JavaScript fails the test."""
    made: list[tuple[Page, list[str]]] = []

    def make(**options: Any) -> Desk:
        made.append(pages(**options))
        desk = Desk(made[-1][0])
        desk.until("!!window.studio")
        return desk

    yield make
    for page, faults in made:
        page.close()
        assert faults == []


FOLDS = "[...document.querySelectorAll('details')].map(fold => fold.open)"


@pytest.fixture(scope="session")
def shared_page(
    pages: Callable[..., tuple[Page, list[str]]],
) -> tuple[Page, list[str], list[bool]]:
    """The page of ``empty_desk``, its faults, and which of its folds were open at first."""
    page, faults = pages()
    desk = Desk(page)
    desk.until("!!window.studio")
    return page, faults, desk.js(FOLDS)


# Closes for good what was open; the page itself stays, for it compiles its shaders for seconds.
EMPTY = """(folds) => {
    document.querySelectorAll("details").forEach((fold, index) => { fold.open = folds[index]; });
    for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
    studio.beside.toggle(false);
    if (!document.getElementById("splitter").hidden) studio.view.toggleSplit();
    const { overlay } = studio.preview.view;
    if (overlay !== "none") studio.view.toggleOverlay(overlay);
    studio.panel.setBrush(false);
    studio.album.close(...studio.photos);
    studio.album.forgetClosed();
    studio.album.sort("opened");
    Object.assign(studio.exportDialog, { last: null, size: null });
    studio.exportDialog.name.value = "{name}-defocus";
    document.getElementById("order").value = "opened";
    document.getElementById("toasts").replaceChildren();
    studio.viewport.fit();
    document.activeElement.blur();
}"""


@pytest.fixture
def empty_desk(shared_page: tuple[Page, list[str], list[bool]]) -> Iterator[Desk]:
    """A page without photos that other tests have used before.

    Whoever changes the page's own functions, or the browser's window, takes ``new_desk``.
    """
    page, faults, folds = shared_page
    faults.clear()
    page.unroute_all()
    page.context.set_offline(False)
    page.mouse.up()
    page.evaluate(EMPTY, folds)
    yield Desk(page)
    assert faults == []


@pytest.fixture(scope="session")
def planes_page(pages: Callable[..., tuple[Page, list[str]]]) -> tuple[Page, list[str]]:
    """The page of ``desk``: opened once, because a photo's depth takes its time."""
    page, faults = pages()
    desk = Desk(page)
    desk.until("!!window.studio")
    desk.open(0, "planes.jpg")
    return page, faults


# Undoes what a test may have done; cheaper than a reload, which compiles all shaders again.
TIDY = """() => {
    window.folds ??= new Map(
        [...document.querySelectorAll("details")].map((fold) => [fold, fold.open]),
    );
    for (const [fold, open] of folds) fold.open = open;
    for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
    const [first, ...others] = studio.photos;
    for (const photo of others) studio.album.close(photo);
    if (studio.current !== first) studio.album.choose(first);
    document.getElementById("toasts").replaceChildren();
    if (!document.getElementById("splitter").hidden) studio.view.toggleSplit();
    const { overlay } = studio.preview.view;
    if (overlay !== "none") studio.view.toggleOverlay(overlay);
    document.querySelector(".depth-brush [data-value=focus]").click();
    studio.panel.setBrush(false);
    studio.beside.toggle(false);
    Object.assign(studio.panel.brush, { radius: 0.03, strength: 1, hardness: 0.6, edges: false });
    studio.edit(() => structuredClone(studio.schema.edit));
    studio.viewport.splitter.at = 0.5;
    studio.viewport.point = {x: 0.5, y: 0.5};
    studio.viewport.fit();
    document.activeElement.blur();
}"""


def tidy(desk: Desk) -> None:
    """Undo what tests did to a page, also those that failed half-way.

    The picture need not have come to rest: who looks at it, or counts what is done, settles first.
    """
    desk.page.unroute_all()
    desk.page.context.set_offline(False)
    desk.page.mouse.up()
    desk.js(TIDY)
    desk.save()
    desk.until("studio.current.ready && studio.current.state === 'ready'")


@pytest.fixture
def desk(planes_page: tuple[Page, list[str]]) -> Iterator[Desk]:
    """A page with ``planes_photo``, whatever earlier tests did to it undone."""
    page, faults = planes_page
    faults.clear()
    made = Desk(page)
    tidy(made)
    yield made
    assert faults == []


PHONE = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="session")
def phone_page(pages: Callable[..., tuple[Page, list[str]]]) -> tuple[Page, list[str]]:
    """The page of ``phone``."""
    page, faults = pages(**PHONE)
    desk = Desk(page)
    desk.until("!!window.studio")
    desk.open(0, "planes.jpg")
    return page, faults


@pytest.fixture
def phone(phone_page: tuple[Page, list[str]]) -> Iterator[Desk]:
    """As ``desk``, on a small screen that is touched."""
    page, faults = phone_page
    faults.clear()
    made = Desk(page)
    tidy(made)
    yield made
    assert faults == []

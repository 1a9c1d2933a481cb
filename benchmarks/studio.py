"""The studio in a real Chromium: frames, requests, the way from drop to picture, likeness, weight.

    python benchmarks/studio.py [table] [frames] [drop] [likeness] [weight] [memory] [--photo FILE]

Without words it measures all. The browser renders WebGL in software (SwiftShader), as a machine
without a GPU does. Needs Chromium, Playwright and the extra ``studio``.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from playwright.sync_api import sync_playwright

import defocus
from defocus.depth import estimate_disparity
from defocus.optics import Lens
from defocus.photo import Photo

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "tests" / "support"))

from chromium import ARGUMENTS, CHROMIUM  # noqa: E402
from similarity import similarity  # noqa: E402
from studio_desk import AT_REST, SHOOT, Running, drag, open_page, server, until, watch_frames  # noqa: E402
from studio_table import print_table  # noqa: E402

STATIC = ROOT / "src" / "defocus" / "studio" / "static"
EXAMPLE = ROOT / "examples" / "eileen-collins.png"
PARTS = ("table", "frames", "drop", "likeness", "weight", "memory")


def twelve_megapixels(photo: Path, target: Path) -> Path:
    """The middle of a photo, 4:3, as a JPEG of 4000×3000 with the grain of a camera."""
    pixels = defocus.read_photo(photo).pixels
    height, width = pixels.shape[:2]
    wide, tall = min(width, height * 4 // 3), min(height, width * 3 // 4)
    y, x = (height - tall) // 2, (width - wide) // 2
    large = cv2.resize(
        pixels[y : y + tall, x : x + wide], (4000, 3000), interpolation=cv2.INTER_CUBIC
    )
    grain = np.random.default_rng(0).normal(0, 3, large.shape)
    noisy = np.clip(large + grain, 0, 255).astype(np.uint8)
    return defocus.write_photo(Photo(noisy), target, output=defocus.Output(quality=92))


# -- frames ---------------------------------------------------------------------------------------

HOLD_LEVEL = """level => Object.defineProperty(
    studio.preview.base, "level", { get: () => level, set() {}, configurable: true })"""
F_NUMBER = "f => studio.edit(edit => ({...edit, lens: {...edit.lens, f_number: f}}))"


def measure_frames(browser: Browser, photo: Path) -> None:
    with server() as studio:
        page = open_page(browser, studio.url)
        page.set_input_files("#files", photo)
        until(page, AT_REST)
        watch_frames(page)
        size = page.evaluate("`${studio.current.picture.width}×${studio.current.picture.height}`")
        print(f"dragging the focus at {size}, software GL: median and 90th percentile, ms")
        for f_number in (1.4, 2.8):
            for name, level in (("full size", 3), ("three quarters", 2), ("adapted", None)):
                page.evaluate(F_NUMBER, f_number)
                if level is None:
                    page.evaluate("delete studio.preview.base.level; studio.preview.base.level = 3")
                else:
                    page.evaluate(HOLD_LEVEL, level)
                times, asked = drag(page, 5)
                shown = page.evaluate("`${preview.width}×${preview.height}`")
                middle, tenth = statistics.median(times), np.percentile(times, 90)
                print(
                    f"  f/{f_number:<4} {name:15} {shown:10} {middle:6.0f} {tenth:6.0f}"
                    f"   {len(times)} frames, {len(asked)} requests"
                )


# -- drop -----------------------------------------------------------------------------------------

WATCH_DROP = """() => {
    window.marks = {};
    const mark = (name) => { marks[name] ??= performance.now() - marks.start; };
    document.getElementById("files").addEventListener("change", () => {
        window.marks = { start: performance.now() };
    }, { capture: true });
    const { preview } = studio;
    const { base } = preview;
    const show = preview.show.bind(preview);
    preview.show = (photo) => {
        mark(photo.ready ? "depth" : "photo");
        show(photo);
        if (!photo.ready) mark("sharp");
    };
    const render = base.render.bind(base);
    base.render = (params) => { render(params); mark("frame"); };
}"""


def measure_drop(browser: Browser, photo: Path) -> None:
    print("a 12 MP JPEG from drop to the first blurred preview, ms")
    read = defocus.read_photo(photo)
    alone = [timed(lambda: estimate_disparity(read, "auto")) for _ in range(7)]
    print(f"  inference alone            {statistics.median(alone[2:]):6.0f}")
    with server() as studio:
        time.sleep(3)
        shares = [timed(lambda: ask_server(studio, photo)) for _ in range(5)]
        numbers = " ".join(f"{share:.0f}" for share in shares)
        print(f"  a client without a page    {numbers}  (new server, one photo after another)")
    for _ in range(2):
        with server() as studio:
            page = open_page(browser, studio.url)
            time.sleep(3)  # a person needs longer to find a photo
            page.evaluate(WATCH_DROP)
            for turn in range(4):
                page.set_input_files("#files", photo)
                until(page, f"studio.photos.length === {turn + 1} && 'frame' in marks")
                until(page, AT_REST)
                marks = page.evaluate("marks")
                print(
                    f"  new server, photo {turn + 1}:"
                    f"  as it is {marks['sharp']:6.0f}  depth {marks['depth']:6.0f}"
                    f"  first blurred frame {marks['frame']:6.0f}"
                )
                page.evaluate("studio.album.choose(null)")
            page.close()


def timed(work: Any) -> float:
    begin = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - begin)


def ask_server(studio: Running, photo: Path) -> None:
    """Upload a photo and fetch what the page needs for it."""
    status = json.loads(studio.ask("POST", "/api/photos", photo.read_bytes()))
    path = f"/api/photos/{status['id']}"
    while status["depths"] == 0:
        status = json.loads(studio.ask("GET", f"{path}?seen={status['stamp']}"))
    for layer in ("photo", "disparity", "subject"):
        studio.ask("GET", f"{path}/layers/{layer}")


# -- likeness -------------------------------------------------------------------------------------


def shown_pixels(page: Page) -> np.ndarray:
    data = page.evaluate("document.getElementById('preview').toDataURL()").split(",")[1]
    decoded = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    return decoded[..., ::-1].astype(np.float64)


FREEZE = """() => {
    const { base } = studio.preview;
    Object.defineProperty(base, "level", { get: () => 3, set() {}, configurable: true });
    base.render(base.params);
}"""


def measure_likeness(browser: Browser, photo: Path) -> None:
    """A quick frame and the picture at rest against the export, at half the preview's size."""
    print("SSIM with the export, both at 800 pixels: at rest, while dragging")
    read = defocus.read_photo(photo)
    with server() as studio:
        page = open_page(browser, studio.url)
        page.set_input_files("#files", photo)
        until(page, AT_REST)
        for f_number in (0.95, 1.4, 2.8, 5.6):
            for at in ((0.5, 0.4), (0.04, 0.1)):
                page.evaluate(
                    "([f, at]) => studio.edit(edit => ({...edit, lens: {...edit.lens, f_number: f},"
                    " focus: {...edit.focus, mode: 'point', at}}))",
                    [f_number, at],
                )
                until(page, AT_REST)
                rest = shown_pixels(page)
                page.evaluate(FREEZE)
                moving = shown_pixels(page)
                page.evaluate("delete studio.preview.base.level; studio.preview.base.level = 3")
                edit = defocus.Edit(
                    lens=Lens(f_number),
                    focus=defocus.Focus("point", at),
                )
                export = defocus.apply(read, edit).photo.pixels.astype(np.float64)
                truth = halved(export)
                scores = [similarity(halved(shown), truth) for shown in (rest, moving)]
                print(f"  f/{f_number:<5}{at!s:14} {scores[0]:.3f} {scores[1]:.3f}")


def halved(pixels: np.ndarray) -> np.ndarray:
    tall = round(800 * pixels.shape[0] / pixels.shape[1])
    return cv2.resize(pixels, (800, tall), interpolation=cv2.INTER_AREA)


def measure_weight() -> None:
    sizes = {
        path: path.stat().st_size
        for path in STATIC.rglob("*")
        if path.is_file() and not path.name.startswith("sample")
    }
    print(f"page weight: {sum(sizes.values()) / 1000:.0f} kB in {len(sizes)} files")


def measure_memory(photo: Path) -> None:
    """Of the server: idle, with a shoot open, and after all of it was closed."""
    print(f"memory of the server with {SHOOT} photos of 12 MP, MB")
    with server() as studio:
        time.sleep(5)  # it warms up
        print(f"  idle    {studio.resident_mb():6.0f}")
        opened = []
        for number in range(SHOOT):
            # Other bytes in each, as of other photos.
            body = photo.read_bytes() + bytes([number])
            status = json.loads(studio.ask("POST", "/api/photos", body))
            opened.append(status["id"])
            while status["state"] == "working":
                time.sleep(0.1)
                status = json.loads(studio.ask("GET", f"/api/photos/{status['id']}"))
        print(f"  open    {studio.resident_mb():6.0f}")
        for photo_id in opened:
            studio.ask("DELETE", f"/api/photos/{photo_id}")
        time.sleep(2)
        print(f"  closed  {studio.resident_mb():6.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART")
    parser.add_argument("--photo", type=Path, default=EXAMPLE)
    options = parser.parse_args()
    parts = options.parts or PARTS
    if CHROMIUM is None:
        raise SystemExit("needs Chromium: apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        os.environ["DEFOCUS_STATE"] = folder  # an edit of an earlier run must not come back
        photo = twelve_megapixels(options.photo, Path(folder) / "photo.jpg")
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        if "table" in parts:
            print_table(browser, photo, Path(folder))
        if "frames" in parts:
            measure_frames(browser, photo)
        if "drop" in parts:
            measure_drop(browser, photo)
        if "likeness" in parts:
            measure_likeness(browser, photo)
        if "weight" in parts:
            measure_weight()
        browser.close()
        if "memory" in parts:
            measure_memory(photo)


if __name__ == "__main__":
    main()

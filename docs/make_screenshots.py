"""Make the pictures of the studio for the README and the docs.

    ./dev python docs/make_screenshots.py

Needs Chromium and the extra ``studio``. What the pictures show is rendered by the page itself.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "tests" / "support"))

from chromium import ARGUMENTS, CHROMIUM  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
PHOTO = ROOT / "examples" / "eileen-collins.png"
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 780}


def settle(page: Page) -> None:
    """Wait until the photo is there and rendered as well as the page can."""
    ready = "!!(window.studio?.current?.ready && window.studio.preview.atRest)"
    end = time.monotonic() + 120
    while not page.evaluate(ready):
        if time.monotonic() > end:
            raise TimeoutError("the studio did not come to rest")
        time.sleep(0.1)


def open_page(browser: Browser, url: str, **options: Any) -> Page:
    page = browser.new_context(**options).new_page()
    page.goto(url)
    settle(page)
    page.evaluate("studio.edit(edit => ({...edit, lens: {...edit.lens, f_number: 1.4}}))")
    settle(page)
    return page


def shoot(page: Page, name: str) -> None:
    page.screenshot(path=PICTURES / f"{name}.jpg", type="jpeg", quality=88)


def take(browser: Browser, url: str) -> None:
    page = open_page(browser, url, viewport=DESK, color_scheme="dark")
    shoot(page, "studio")
    page.keyboard.press("d")
    settle(page)
    shoot(page, "studio-depth")
    page.keyboard.press("d")
    page.keyboard.press("Control+e")
    page.wait_for_selector("#export-dialog[open]")
    shoot(page, "studio-export")
    light = open_page(browser, url, viewport=DESK, color_scheme="light")
    light.keyboard.press("s")
    settle(light)
    shoot(light, "studio-light")
    phone = open_page(
        browser, url, viewport=PHONE, color_scheme="dark", has_touch=True, is_mobile=True
    )
    shoot(phone, "studio-phone")


def main() -> None:
    if CHROMIUM is None:
        raise SystemExit("needs Chromium: apt-get install chromium")
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as state:
        os.environ["DEFOCUS_STATE"] = state
        from defocus.studio.server import Studio

        studio = Studio((PHOTO,))
        thread = threading.Thread(target=studio.run)
        thread.start()
        try:
            with sync_playwright() as driver:
                browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
                take(browser, studio.url)
                browser.close()
        finally:
            studio.stop()
            thread.join()


if __name__ == "__main__":
    main()

"""The studio's table of targets: what a photographer waits for, and what the server holds."""

from __future__ import annotations

import json
import os
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio_desk import AT_REST, DESK, SHOOT, drag, server, until, watch_frames

import defocus
from defocus.batch.runner import Options, run_batch
from defocus.depth import estimate_disparity
from defocus.edit import Edit

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser

REPEATS = 3
# Notes when the page's own code stands.
WATCH_START = """let studio;
Object.defineProperty(window, "studio", {
    get: () => studio,
    set: (value) => { studio = value; window.readyMs = performance.now(); },
});"""
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
FIRST_USABLE = "!!studio.current?.ready"
ALL_READY = f"studio.photos.length === {SHOOT} && studio.photos.every(p => p.state === 'ready')"


@dataclass
class Row:
    """One line of the table: what was measured, in its unit, and what it shall be at most."""

    what: str
    unit: str
    most: float | None = None
    values: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)

    def line(self) -> str:
        best = min(self.values)
        target = "" if self.most is None else f"≤ {self.most:6.0f}"
        verdict = "" if self.most is None else ("held" if best <= self.most else "MISSED")
        cpu = f"{min(self.cpu_s):6.2f} s" if self.cpu_s else ""
        middle = statistics.median(self.values)
        return (
            f"  {self.what:46} {best:8.0f} {middle:8.0f} {self.unit:3} {target:9} {verdict:7} {cpu}"
        )


def print_table(browser: Browser, photo: Path, folder: Path) -> None:
    """Measure each row and print it: the best, the median, the target, processor time.

    On a machine with other work the best of some repeats and the processor time say most.
    """
    print("what: best, median, target; processor time of studio and browser")
    parts: list[Callable[[], list[Row]]] = [
        lambda: starts(browser),
        lambda: drops(browser, photo),
        lambda: frames(browser, photo),
        lambda: shoot(browser, photo, folder),
        lambda: memory(photo),
    ]
    for measure in parts:
        try:
            rows = measure()
        except TimeoutError as error:  # the others are worth something all the same
            print(f"  {error}", flush=True)
            continue
        for row in rows:
            print(row.line(), flush=True)


def starts(browser: Browser) -> list[Row]:
    paint, ready = Row("first paint", "ms", 500), Row("page ready", "ms", 1500)
    for _ in range(REPEATS):
        with server() as studio:
            studio.warm()
            page = browser.new_context(viewport=DESK).new_page()
            page.add_init_script(WATCH_START)
            before = cpu_s()
            page.goto(studio.url)
            until(page, "!!window.studio")
            until(page, f"({PAINTED}) !== null")
            ready.cpu_s.append(cpu_s() - before)
            ready.values.append(page.evaluate("readyMs"))
            paint.values.append(page.evaluate(PAINTED))
            page.context.close()
    return [paint, ready]


def drops(browser: Browser, photo: Path) -> list[Row]:
    read = defocus.read_photo(photo)
    alone = Row("inference alone, 12 MP", "ms")
    for _ in range(REPEATS):
        before = time.process_time()
        alone.values.append(1000 * took(lambda: estimate_disparity(read, "auto")))
        alone.cpu_s.append(time.process_time() - before)
    blurred = Row("12 MP drop to first blur", "ms", min(alone.values) + 800)
    rest = Row("12 MP drop to rest", "ms", 4000)
    with server() as studio:
        studio.warm()
        page = browser.new_context(viewport=DESK).new_page()
        page.goto(studio.url)
        until(page, "!!window.studio")
        for turn in range(REPEATS):
            # Each its own file: none finds what was made for another.
            path = photo.with_name(f"drop-{turn}.jpg")
            path.write_bytes(photo.read_bytes() + bytes([turn]))
            before, begin = cpu_s(), time.perf_counter()
            page.set_input_files("#files", path)
            until(page, "!!studio.current?.ready && studio.preview.shown !== null")
            blurred.values.append(1000 * (time.perf_counter() - begin))
            blurred.cpu_s.append(cpu_s() - before)
            until(page, AT_REST)
            rest.values.append(1000 * (time.perf_counter() - begin))
            rest.cpu_s.append(cpu_s() - before)
            page.evaluate("studio.album.close(...studio.photos); studio.album.forgetClosed()")
        page.context.close()
    return [alone, blurred, rest]


def frames(browser: Browser, photo: Path) -> list[Row]:
    rows = []
    with server() as studio:
        page = browser.new_context(viewport=DESK).new_page()
        page.goto(studio.url)
        until(page, "!!window.studio")
        page.set_input_files("#files", photo)
        until(page, AT_REST)
        watch_frames(page)
        middle, worst = Row("a frame of a drag: median", "ms", 120), Row("… worst", "ms", 250)
        for _ in range(REPEATS):
            before = cpu_s()
            times, _ = drag(page, 4)
            middle.values.append(statistics.median(times))
            middle.cpu_s.append((cpu_s() - before) / len(times))
            worst.values.append(max(times))
        rows += [middle, worst]
        page.context.close()
    return rows


def shoot(browser: Browser, photo: Path, folder: Path) -> list[Row]:
    """Thirty photos at once, beside what the batch tool needs for their depth alone."""
    source = folder / "shoot"
    source.mkdir()
    paths = [source / f"{number:02d}.jpg" for number in range(SHOOT)]
    for number, path in enumerate(paths):
        path.write_bytes(photo.read_bytes() + bytes([number]))
    batch = Row(f"depth of {SHOOT} photos by the batch tool", "ms")
    before = cpu_s()
    batch.values.append(
        1000
        * took(lambda: run_batch(source, folder / "depth", Edit(), Options(), work=depth_alone))
    )
    batch.cpu_s.append(cpu_s() - before)
    first = Row(f"{SHOOT} photos dropped: the first usable", "ms")
    everything = Row(f"{SHOOT} photos dropped: all ready", "ms", 1.2 * batch.values[0])
    with server() as studio:
        studio.warm()
        page = browser.new_context(viewport=DESK).new_page()
        page.goto(studio.url)
        until(page, "!!window.studio")
        before, begin = cpu_s(), time.perf_counter()
        page.set_input_files("#files", paths)
        until(page, FIRST_USABLE)
        first.values.append(1000 * (time.perf_counter() - begin))
        until(page, ALL_READY, patience_s=900, every_s=0.25)
        everything.values.append(1000 * (time.perf_counter() - begin))
        everything.cpu_s.append(cpu_s() - before)
        page.context.close()
    return [batch, first, everything]


def depth_alone(photo: Path, result: Path, edit: Edit) -> None:
    """What the batch tool does for a photo's depth: read, network, edges, subject."""
    defocus.prepare(defocus.read_photo(photo), edit)
    result.write_bytes(b"done")


def memory(photo: Path) -> list[Row]:
    """Of the server, with a shoot open and after all of it was closed."""
    opened = Row(f"server with {SHOOT} photos open", "MB", 600)
    closed = Row("server after closing them", "MB", 250)
    with server() as studio:
        studio.warm()
        ids = []
        for number in range(SHOOT):
            body = photo.read_bytes() + bytes([number])
            status: dict[str, Any] = json.loads(studio.ask("POST", "/api/photos", body))
            ids.append(status["id"])
            while status["state"] == "working":
                time.sleep(0.1)
                status = json.loads(studio.ask("GET", f"/api/photos/{status['id']}"))
        opened.values.append(studio.resident_mb())
        for photo_id in ids:
            studio.ask("DELETE", f"/api/photos/{photo_id}")
        closed.values.append(studio.resident_mb())
    return [opened, closed]


def took(work: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def cpu_s() -> float:
    """Processor time of this process and of all that it has started, and of those that ended."""
    ours, parents, spent = os.getpid(), {}, {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            words = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parents[int(folder.name)] = int(words[1])
        # User and system time, of itself and of its children that have ended.
        spent[int(folder.name)] = sum(map(int, words[11:15])) / os.sysconf("SC_CLK_TCK")

    def is_ours(pid: int) -> bool:
        while pid in parents:
            if pid == ours:
                return True
            pid = parents[pid]
        return False

    return sum(seconds for pid, seconds in spent.items() if is_ours(pid))

"""The lens renderer's CPU time beside its peers', in one run.

    python benchmarks/render_speed.py [--megapixels 12] [--rounds 7] [--peer-megapixels 0.5]

Prints medians and ratios to the blog's method (threshold, morphology, box blur, choose) and to
``cv2.blur`` alone: at radius 40 for two scenes, then over radii, then wall time on one and two
threads and the memory taken. GEGL and ImageMagick, where installed, run on a small picture.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from render_peers import cpu_seconds, installed
from render_scenes import blog, scene

from defocus.optics import Lens
from defocus.render import render_lens

if TYPE_CHECKING:
    from collections.abc import Callable


def medians(work: dict[str, Callable[[], object]], rounds: int) -> dict[str, tuple[float, float]]:
    """CPU and wall seconds of each piece of work, measured in turns."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in work}
    for turn in range(rounds + 1):
        for name, run in work.items():
            cpu, wall = cpu_seconds(), time.perf_counter()
            run()
            if turn or rounds == 0:  # the first turn warms up
                times[name].append((cpu_seconds() - cpu, time.perf_counter() - wall))
    return {
        name: (statistics.median(c for c, _ in t), statistics.median(w for _, w in t))
        for name, t in times.items()
    }


def compare(megapixels: float, radius: float, kind: str, rounds: int) -> None:
    image, radii = scene(megapixels, radius, kind)
    disparity = (np.abs(radii) < 1.5).astype(np.float32)
    result = medians(
        {
            "defocus": lambda: render_lens(image, radii),
            "highlights": lambda: render_lens(image, radii, Lens(highlights=0.3)),
            "blog": lambda: blog(image, disparity),
            "cv2.blur": lambda: cv2.blur(image, (21, 21)),
        },
        rounds,
    )
    cpu = {name: value for name, (value, _) in result.items()}
    print(
        f"{kind:9s} radius {radius:3.0f}: {cpu['defocus'] * 1e3:6.0f} ms CPU, "
        f"{cpu['defocus'] / cpu['blog']:.2f} × blog, "
        f"{cpu['defocus'] / cpu['cv2.blur']:.2f} × cv2.blur; with highlights recovered as the "
        f"command does, {cpu['highlights'] / cpu['blog']:.2f} and "
        f"{cpu['highlights'] / cpu['cv2.blur']:.2f}"
    )


def over_radii(megapixels: float, rounds: int) -> None:
    for kind in ("portrait", "complex"):
        times = {}
        for radius in (8, 16, 32, 64, 128):
            image, radii = scene(megapixels, radius, kind)
            run = {"defocus": lambda i=image, r=radii: render_lens(i, r)}
            times[radius] = medians(run, rounds)["defocus"][0]
        line = ", ".join(f"{r}: {t / times[32]:.2f}" for r, t in times.items())
        print(f"{kind:9s} CPU time over that at radius 32: {line}")


def threads(megapixels: float, rounds: int) -> None:
    image, radii = scene(megapixels, 40, "complex")
    work = {str(n): (lambda n=n: render_lens(image, radii, threads=n)) for n in (1, 2)}
    result = medians(work, rounds)
    print(f"complex   wall time, 1 thread over 2: {result['1'][1] / result['2'][1]:.2f}")


def _memory(megapixels: float, kind: str, queue: multiprocessing.Queue[float]) -> None:
    image, radii = scene(megapixels, 40, kind)
    render_lens(image[:64, :64].copy(), radii[:64, :64].copy())
    cv2.blur(image, (3, 3))  # its result is as large as ours
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    held = np.zeros(max(0, before * 1024 - _resident()), np.uint8)
    held[:] = 1  # the peak so far is the present: what follows adds to it
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = render_lens(image, radii)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    queue.put(((after - before) * 1024 - result.nbytes) / radii.size)


def _resident() -> int:
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * resource.getpagesize()


def memory(megapixels: float) -> None:
    for kind in ("portrait", "complex"):
        child = multiprocessing.get_context("spawn")
        queue = child.Queue()
        process = child.Process(target=_memory, args=(megapixels, kind, queue))
        process.start()
        print(f"{kind:9s} memory beside input and output: {queue.get():.1f} bytes a pixel")
        process.join()


def peers(megapixels: float) -> None:
    image, radii = scene(megapixels, 12, "complex")
    work = {name: (lambda run=run: run(image, radii)) for name, run in installed().items()}
    work["defocus"] = lambda: render_lens(image, radii)
    result = medians(work, 1)
    for name, (cpu, _) in result.items():
        if name != "defocus":
            print(f"{name}: {cpu / result['defocus'][0]:.0f} × our CPU time ({megapixels:g} MP)")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--megapixels", type=float, default=12)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--peer-megapixels", type=float, default=0.5)
    options = parser.parse_args()
    for kind in ("portrait", "complex"):
        compare(options.megapixels, 40, kind, options.rounds)
    over_radii(options.megapixels, max(1, options.rounds // 2))
    threads(options.megapixels, options.rounds)
    memory(options.megapixels)
    peers(options.peer_megapixels)


if __name__ == "__main__":
    main()

"""Measure ``defocus batch``: its rate against one-at-a-time calls, and the memory of a worker.

    python benchmarks/batch.py rate --count 100 --megapixels 3
    python benchmarks/batch.py memory --megapixels 3 12 48

``rate`` times ``defocus blur`` once a photo, as a shell loop does, and ``defocus batch`` over all
of them, in the same run, and checks that both give the same files. On a machine with other work
the CPU times tell more than the wall times. ``memory`` does one photo of each size in a process of
its own and fits what ``defocus.batch.memory`` plans with.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

PHOTO = Path(__file__).parent.parent / "examples" / "eileen-collins.png"
DEFOCUS = Path(sys.executable).with_name("defocus")


def write_photo(path: Path, megapixels: float, seed: int, bits: int = 8) -> None:
    """A 3:2 photo that no other resembles exactly: the example, enlarged, with a little noise."""
    import cv2

    width = round((megapixels * 1e6 * 1.5) ** 0.5)
    height = round(width / 1.5)
    image = cv2.resize(cv2.imread(str(PHOTO)), (width, height), interpolation=cv2.INTER_CUBIC)
    rng = np.random.default_rng(seed)
    noise = rng.integers(-4, 5, (height, width, 1), np.int8)
    image = np.clip(image.astype(np.int16) + noise, 0, 255).astype(np.uint8)
    if seed % 2:
        image = image[:, ::-1]
    if bits == 16:
        image = image.astype(np.uint16) * 257
    cv2.imwrite(str(path), image)


def measure_rate(count: int, calls: int, megapixels: float, workers: int | None) -> None:
    """Print both rates and their ratio."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("in", "single"):
            (folder / part).mkdir()
        photos = [folder / "in" / f"{i:04}.jpg" for i in range(count)]
        for i, photo in enumerate(photos):
            write_photo(photo, megapixels, i)
        subprocess.run([DEFOCUS, "blur", photos[0], "-o", folder / "warm.jpg", "-q"], check=True)

        with Stopwatch() as single:
            for photo in photos[:calls]:
                target = folder / "single" / photo.name
                subprocess.run([DEFOCUS, "blur", photo, "-o", target, "-q"], check=True)
        extra = ["--workers", str(workers)] if workers else []
        with Stopwatch() as batch:
            source, target = folder / "in", folder / "out"
            subprocess.run([DEFOCUS, "batch", source, target, "-q", *extra], check=True)

        for photo in photos[:calls]:
            same = (folder / "single" / photo.name, folder / "out" / photo.name)
            if same[0].read_bytes() != same[1].read_bytes():
                raise SystemExit(f"{photo.name}: batch and blur differ")
    cpus = len(os.sched_getaffinity(0))
    print(f"{count} photos of {megapixels:g} MP on {cpus} CPUs, {calls} single calls")
    print("               wall s   CPU s   a photo")
    print(f"one at a time  {single.wall / calls:6.2f}  {single.cpu / calls:6.2f}")
    print(f"batch          {batch.wall / count:6.2f}  {batch.cpu / count:6.2f}")
    walls = single.wall / calls / (batch.wall / count)
    print(f"ratio          {walls:6.2f}  {single.cpu / calls / (batch.cpu / count):6.2f}")


class Stopwatch:
    """Wall and CPU seconds of the child processes in a ``with`` block."""

    def __enter__(self) -> Stopwatch:
        self.wall, self.cpu = -time.perf_counter(), -self._children()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall += time.perf_counter()
        self.cpu += self._children()

    @staticmethod
    def _children() -> float:
        times = os.times()
        return times.children_user + times.children_system


def measure_memory(sizes: list[float], bits: int) -> None:
    """Print the peak of a worker at each size, and the line through them."""
    peaks = []
    suffix = ".jpg" if bits == 8 else ".tif"
    for megapixels in sizes:
        with tempfile.TemporaryDirectory() as name:
            photo = Path(name) / f"a{suffix}"
            write_photo(photo, megapixels, 1, bits)
            script = (
                "import sys; from pathlib import Path\n"
                "from defocus.batch.work import portrait; from defocus.edit import Edit\n"
                "portrait(Path(sys.argv[1]), Path(sys.argv[2]), Edit())\n"
            )
            result = Path(name) / f"b{suffix}"
            process = subprocess.Popen([sys.executable, "-c", script, photo, result])
            _, status, usage = os.wait4(process.pid, 0)
            if status:
                raise SystemExit(f"{megapixels} MP failed")
        peaks.append(usage.ru_maxrss * 1024)
        print(f"{megapixels:6.1f} MP  {peaks[-1] / 2**20:7.0f} MiB")
    if len(sizes) > 1:
        slope, base = np.polyfit(np.array(sizes) * 1e6, peaks, 1)
        print(f"{base / 2**20:.0f} MiB and {slope:.0f} bytes a pixel of {bits} bits")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    commands = parser.add_subparsers(dest="command", required=True)
    rate = commands.add_parser("rate")
    rate.add_argument("--count", type=int, default=100, help="photos (default 100)")
    rate.add_argument("--calls", type=int, help="single calls to time (default: one a photo)")
    rate.add_argument("--megapixels", type=float, default=3.0)
    rate.add_argument("--workers", type=int)
    memory = commands.add_parser("memory")
    memory.add_argument("--megapixels", type=float, nargs="+", default=[3.0, 12.0, 48.0])
    memory.add_argument("--bits", type=int, choices=[8, 16], default=8)
    arguments = parser.parse_args()
    if arguments.command == "memory":
        measure_memory(arguments.megapixels, arguments.bits)
        return
    calls = min(arguments.calls or arguments.count, arguments.count)
    measure_rate(arguments.count, calls, arguments.megapixels, arguments.workers)


if __name__ == "__main__":
    main()

"""Reading and writing a 12 MP photo against the plain codec: CPU time, medians of interleaved runs.

python benchmarks/photo_io.py [--runs 7]
"""

from __future__ import annotations

import argparse
import io
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

import defocus
from defocus.photo import Photo

if TYPE_CHECKING:
    from collections.abc import Callable


def scene(width: int = 4000, height: int = 3000) -> np.ndarray:
    """Smooth shapes and a little noise: compresses like a photo."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    waves = [np.sin(x / 90 + k) + np.sin(y / (120 + 30 * k)) for k in range(3)]
    noise = np.random.default_rng(0).normal(0, 4, (height, width, 3))
    return np.clip(128 + 50 * np.dstack(waves) + noise, 0, 255).astype(np.uint8)


def cpu_seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def compare(name: str, ours: Callable[[], object], plain: Callable[[], object], runs: int) -> None:
    """One line: our median, the plain codec's, and the median of the paired ratios."""
    pairs = [(cpu_seconds(ours), cpu_seconds(plain)) for _ in range(runs)]
    mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"{name:28} {mine * 1e3:7.0f} ms   {theirs * 1e3:7.0f} ms   {ratio:5.2f} ×")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    pixels = scene()
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=92)
    print(f"{'12 MP':28} {'defocus':>10}   {'plain':>10}   ratio")
    with tempfile.TemporaryDirectory() as folder:
        start, target = Path(folder) / "a.jpg", Path(folder) / "b.jpg"
        start.write_bytes(buffer.getvalue())
        photo = defocus.read_photo(start)

        def write(suffix: str) -> Callable[[], object]:
            path = target.with_suffix(suffix)
            return lambda: defocus.write_photo(photo, path, overwrite=True)

        def save(suffix: str) -> Callable[[], object]:
            path = target.with_suffix(suffix)
            return lambda: Image.fromarray(photo.pixels).save(path)

        compare("JPEG read, Image.load", lambda: defocus.read_photo(start),
                lambda: Image.open(start).load(), runs)  # fmt: skip
        compare("JPEG read, np.asarray", lambda: defocus.read_photo(start),
                lambda: np.asarray(Image.open(start)), runs)  # fmt: skip
        compare("JPEG write, quality 92", write(".jpg"),
                lambda: Image.fromarray(pixels).save(target, quality=92), runs)  # fmt: skip
        compare("PNG write", write(".png"), save(".png"), runs)
        deep = Photo(pixels.astype(np.uint16) * 257)
        for suffix in (".png", ".tif"):
            path = target.with_suffix(suffix)
            seconds = cpu_seconds(lambda p=path: defocus.write_photo(deep, p, overwrite=True))  # type: ignore[misc]
            again = cpu_seconds(lambda p=path: defocus.read_photo(p))  # type: ignore[misc]
            print(f"16 bits {suffix}: write {seconds * 1e3:.0f} ms, read {again * 1e3:.0f} ms")


if __name__ == "__main__":
    main()

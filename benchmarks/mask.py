"""The blog's mask method: its literal steps against ``defocus.classic``.

    python benchmarks/mask.py [--megapixels 12] [--rounds 5]

Prints the median wall and CPU time of each kernel size and the ratio literal / defocus, after
checking that both results are the same bits.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from defocus.classic import blur_background

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


def literal_blur_background(
    img: NDArray[Any],
    depth_map: NDArray[Any],
    blur_ksize: int = 21,
    depth_threshold: float | None = None,
) -> NDArray[Any]:
    """The method step by step, as anyone would write it with OpenCV and NumPy."""
    depth = cv2.medianBlur(depth_map.astype(np.float32), 5)
    if depth_threshold is None:
        depth_threshold = depth.min() + 0.6 * (depth.max() - depth.min())
    mask = (depth < depth_threshold).astype(np.uint8)
    kernel = np.ones((5, 5), np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel)
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, kernel)
    blurred = cv2.blur(img, (blur_ksize, blur_ksize))
    return np.where(mask[..., None] == 1, blurred, img)


def make_scene(megapixels: float, seed: int = 1) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Smooth colours, and a depth like a network's: 64 times coarser than the picture."""
    rng = np.random.default_rng(seed)
    width = round((megapixels * 1e6 * 4 / 3) ** 0.5)
    size_wh = (width, round(width * 3 / 4))

    def field(cell: int, channels: int) -> NDArray[np.float32]:
        shape = (size_wh[1] // cell, size_wh[0] // cell, channels)
        coarse = rng.random(shape, np.float32)
        return np.asarray(cv2.resize(coarse, size_wh, interpolation=cv2.INTER_CUBIC))

    image = np.clip(field(8, 3) * 255, 0, 255).astype(np.uint8)
    return image, field(64, 1)


def measure(run: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median wall and CPU milliseconds."""
    walls, cpus = [], []
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        run()
        walls.append(1e3 * (time.perf_counter() - wall))
        cpus.append(1e3 * (time.process_time() - cpu))
    return statistics.median(walls), statistics.median(cpus)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megapixels", type=float, default=12)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    image, depth = make_scene(options.megapixels)
    print(f"{image.shape[1]}×{image.shape[0]}, median of {options.rounds}, milliseconds")
    print("ksize  threshold  literal wall/CPU  defocus wall/CPU   ratio wall/CPU")
    for ksize, threshold in [(21, None), (21, 0.4), (61, None), (201, None)]:
        expected = literal_blur_background(image, depth, ksize, threshold)
        if not np.array_equal(blur_background(image, depth, ksize, threshold), expected):
            raise SystemExit(f"ksize {ksize}: the results differ")
        literal = measure(
            lambda k=ksize, t=threshold: literal_blur_background(image, depth, k, t),
            options.rounds,
        )
        ours = measure(
            lambda k=ksize, t=threshold: blur_background(image, depth, k, t), options.rounds
        )
        print(
            f"{ksize:5}  {'60 %' if threshold is None else threshold:>9}"
            f"  {literal[0]:8.0f} /{literal[1]:6.0f}  {ours[0]:8.0f} /{ours[1]:6.0f}"
            f"  {literal[0] / ours[0]:8.1f} /{literal[1] / ours[1]:5.1f}"
        )


if __name__ == "__main__":
    main()

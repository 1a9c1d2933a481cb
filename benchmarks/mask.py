"""The blog's two functions: their literal steps against ``defocus.classic``.

    python benchmarks/mask.py [--megapixels 12] [--rounds 5]

Prints the median wall and CPU time and the ratio literal / defocus, after checking that both
results are the same bits: of the map's enlargement (with torch), and of the mask method.
"""

from __future__ import annotations

import argparse
import statistics
import time
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from defocus.classic import blur_background, full_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


def literal_full_size(
    model_output: NDArray[np.float32], size_wh: tuple[int, int]
) -> NDArray[np.float32]:
    """What the blog does to MiDaS's map, step by step, with PyTorch and OpenCV."""
    import torch

    prediction = torch.from_numpy(model_output)[None, None]
    prediction = torch.nn.functional.interpolate(
        prediction, size=size_wh[::-1], mode="bilinear", align_corners=False
    )
    return cv2.medianBlur(prediction.squeeze((0, 1)).numpy(), 5)


def literal_blur_background(
    img: NDArray[Any],
    depth_map: NDArray[Any],
    blur_ksize: int = 21,
    depth_threshold: float | None = None,
) -> NDArray[Any]:
    """The method step by step, as anyone would write it with OpenCV and NumPy."""
    if depth_threshold is None:
        depth_threshold = depth_map.min() + 0.6 * (depth_map.max() - depth_map.min())
    mask = (depth_map < depth_threshold).astype(np.uint8)
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
    print("step                    literal wall/CPU  defocus wall/CPU   ratio wall/CPU")
    small = cv2.resize(depth, (512, 384), interpolation=cv2.INTER_AREA)
    size_wh = (image.shape[1], image.shape[0])
    steps: list[tuple[str, Callable[[], Any], Callable[[], Any]]] = []
    if find_spec("torch") is not None:
        steps.append(
            (
                "full size",
                lambda: literal_full_size(small, size_wh),
                lambda: full_size(small, size_wh),
            )
        )
    for ksize, threshold in [(21, None), (21, 0.4), (61, None), (201, None)]:
        given = (image, depth, ksize, threshold)
        steps.append(
            (
                f"blur {ksize}, {'60 %' if threshold is None else threshold}",
                partial(literal_blur_background, *given),
                partial(blur_background, *given),
            )
        )
    for name, literal, ours in steps:
        if not np.array_equal(ours(), literal()):
            raise SystemExit(f"{name}: the results differ")
        slow, fast = measure(literal, options.rounds), measure(ours, options.rounds)
        print(
            f"{name:22}  {slow[0]:8.0f} /{slow[1]:6.0f}  {fast[0]:8.0f} /{fast[1]:6.0f}"
            f"  {slow[0] / fast[0]:8.1f} /{slow[1] / fast[1]:5.1f}"
        )


if __name__ == "__main__":
    main()

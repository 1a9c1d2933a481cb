"""Isolated sharp specks in blurred areas, and how much of the subject the matte eats.

    python benchmarks/specks.py PHOTO… [--f 1.4] [--quality default] [--no-matte]

A speck is a connected patch of pixels that are sharp (most of them blurred by less than 2 px),
smaller than a hundredth of the long side squared, with a rim three pixels wide that is blurred by
more than 8 px (its median). Eaten are pixels of which the subject is certain (> .95) and the matte
takes more than a tenth away.
"""

from __future__ import annotations

import argparse
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

import defocus
from defocus.edit import Edit
from defocus.layers import make_layers
from defocus.optics import Lens
from defocus.pipeline import focal_plane

if TYPE_CHECKING:
    from defocus.layers import Layers

Floats = NDArray[np.float32]

MARKED = Path(__file__).with_name("marked")
SHARP_PX, BLURRED_PX = 2.0, 8.0
RIM_PX = 3
LARGEST = 0.01  # of the long side, squared
CERTAIN, KEPT = 0.95, 0.9


def blur_seen(layers: Layers) -> tuple[Floats, Floats]:
    """Weight of what is sharp, and blur radius of the sample that weighs most, H×W each."""
    front = np.abs(layers.radius_px)
    if layers.behind is None:
        return (front < SHARP_PX).astype(np.float32), front
    alpha = layers.behind.alpha.astype(np.float32) / 255
    back = np.abs(layers.behind.radius_px)
    sharp = alpha * (front < SHARP_PX) + (1 - alpha) * (back < SHARP_PX)
    return sharp.astype(np.float32), np.where(alpha >= 0.5, front, back)


def specks(sharp: Floats, blur: Floats) -> NDArray[np.bool_]:
    """Pixels of isolated sharp patches in areas that are blurred; ``labels`` of them."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(
        (sharp > 0.25).astype(np.uint8), connectivity=8
    )
    most = (LARGEST * max(sharp.shape)) ** 2
    kernel = np.ones((2 * RIM_PX + 1,) * 2, np.uint8)
    found = np.zeros(len(stats), np.bool_)
    for label in np.flatnonzero(stats[:, cv2.CC_STAT_AREA] < most):
        left, top, width, height = (int(v) for v in stats[label, :4])
        box = np.s_[
            max(0, top - RIM_PX) : top + height + RIM_PX,
            max(0, left - RIM_PX) : left + width + RIM_PX,
        ]
        inside = labels[box] == label
        rim = (cv2.dilate(inside.astype(np.uint8), kernel) > 0) & ~inside
        found[label] = label > 0 and bool(rim.any()) and np.median(blur[box][rim]) > BLURRED_PX
    return np.asarray(np.where(found[labels], labels, 0))


def measure(scene: Any, edit: Edit) -> tuple[int, int]:
    """Specks, and eaten pixels."""
    plane = focal_plane(scene, edit)
    layers = make_layers(scene, edit, plane)
    count = len(np.unique(specks(*blur_seen(layers)))) - 1
    eaten = 0
    if scene.subject is not None and plane.holds_subject and layers.behind is not None:
        lost = layers.behind.alpha < 255 * KEPT
        eaten = int(np.count_nonzero(lost & (scene.subject.weight > CERTAIN)))
    return count, eaten


@cache
def marked_total() -> tuple[int, int]:
    """Specks, and eaten pixels, over the marked pictures of the tree, at f/1.4."""
    edit = Edit(lens=Lens(f_number=1.4), by_distance=False)  # the same blur in each picture
    found = [
        measure(defocus.prepare(defocus.read_photo(path), edit), edit)
        for path in sorted(MARKED.glob("*.jpg"))
    ]
    specks_found, eaten = np.sum(found, 0)
    return int(specks_found), int(eaten)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photo", type=Path, nargs="+")
    parser.add_argument("--f", type=float, default=1.4)
    parser.add_argument("--quality", default="default")
    parser.add_argument("--no-matte", action="store_true")
    options = parser.parse_args()
    edit = Edit(
        lens=Lens(f_number=options.f),
        quality=options.quality,
        matte=not options.no_matte,
        by_distance=False,
    )
    total = np.zeros(2, np.int64)
    for path in options.photo:
        photo = defocus.read_photo(path)
        found = measure(defocus.prepare(photo, edit), edit)
        total += found
        print(f"{path.name:40s} {found[0]:6d} specks {found[1]:8d} px eaten", flush=True)
    print(f"{'all':40s} {total[0]:6d} specks {total[1]:8d} px eaten")


if __name__ == "__main__":
    main()

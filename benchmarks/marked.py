"""Marked pictures: is what a photographer would keep sharp, sharp, and the rest blurred?

    python benchmarks/marked.py [--worst 10]

Prints, for each kind of mark, the share of points that are as they should be; see
``benchmarks/marked/README.md``.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from functools import cache
from itertools import chain
from pathlib import Path

import numpy as np

from defocus import Edit, Lens, prepare, read_photo
from defocus.layers import make_layers
from defocus.pipeline import focal_plane

FOLDER = Path(__file__).with_name("marked")
SHARP_PX, BLURRED_PX = 1.0, 2.0
BLURRED = ("background", "net")
KINDS = ("subject", "hair", "hands", "held", *BLURRED)

Marks = dict[str, list[list[float]]]


def marks() -> dict[str, Marks]:
    """Picture → kind → points, as fractions of width and height."""
    found: dict[str, Marks] = {}
    for name in ("photos.json", "renders.json"):
        found |= json.loads((FOLDER / name).read_text())
    return found


def right(name: str, each: Marks) -> dict[str, list[bool]]:
    """For each kind, whether each point is as it should be."""
    photo = read_photo(FOLDER / name)
    # What is blurred is asked, not how much: as for a portrait, however far away it was taken.
    edit = Edit(lens=Lens(1.4), by_distance=False)
    scene = prepare(photo, edit)
    layers = make_layers(scene, edit, focal_plane(scene, edit))
    height, width = layers.radius_px.shape
    radius = np.abs(layers.radius_px)
    if layers.behind is not None:  # of two samples, the one that is mostly seen
        through = layers.behind.alpha < 128
        radius = np.where(through, np.abs(layers.behind.radius_px), radius)
    verdicts: dict[str, list[bool]] = {}
    for kind, points in each.items():
        at = [radius[int(y * height), int(x * width)] for x, y in points]
        verdicts[kind] = [bool(r >= BLURRED_PX if kind in BLURRED else r < SHARP_PX) for r in at]
    return verdicts


@cache
def verdicts() -> dict[str, dict[str, list[bool]]]:
    """Of every picture."""
    return {name: right(name, each) for name, each in marks().items()}


def share(kind: str) -> float:
    """Of the points of a kind that are as they should be; each picture counts the same."""
    per_picture = [np.mean(v[kind]) for v in verdicts().values() if kind in v]
    return float(np.mean(per_picture))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--worst", type=int, default=0, help="also list so many pictures")
    options = parser.parse_args()
    counts: dict[str, int] = defaultdict(int)
    for each in verdicts().values():
        for kind in each:
            counts[kind] += 1
    for kind in KINDS:
        print(f"{kind:10s} {share(kind):.3f}  in {counts[kind]} pictures")
    order = sorted(verdicts(), key=lambda name: np.mean([*chain(*verdicts()[name].values())]))
    for name in order[: options.worst]:
        each = "  ".join(f"{kind} {np.mean(v):.2f}" for kind, v in verdicts()[name].items())
        print(f"{name:24s} {each}")


if __name__ == "__main__":
    main()

"""Marked pictures for ``benchmarks/marked.py``: renders kept out of training, as they are or with
something drawn over them.

    python mark.py RENDERS LABELS OUT

RENDERS and LABELS are as for ``fit.py``. Each picture is a render as it is, one with a thing in a
hand or on a head (``held.py``), or one behind a net, bars or twigs (``fences.py``); the marks are
points at which geometry knows what is there. Writes OUT/NAME.jpg and OUT/renders.json.
"""

from __future__ import annotations

import argparse
import json
import zlib
from pathlib import Path

import cv2
import fences
import held
import numpy as np
import renders
from numpy.typing import NDArray
from renders import Pair

POINTS = 16  # of each kind in a picture, at most
LEAST = 0.06  # of the picture, for somebody to be its subject
KINDS = ("plain", "held", "net")
Mask = NDArray[np.bool_]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("renders", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=36)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    marks: dict[str, dict[str, list[list[float]]]] = {}
    for name in filter(renders.is_validation, renders.names(options.renders)):
        if len(marks) == options.count:
            break
        pair = renders.read_labelled(options.renders, name, options.labels)
        if (pair.person > 0.75).mean() < LEAST:
            continue
        kind = KINDS[len(marks) % len(KINDS)]
        rng = np.random.default_rng(zlib.crc32(name.encode()))
        made = drawn(pair, kind, rng)
        points = {what: scattered(mask, rng) for what, mask in masks(pair, made, kind).items()}
        if kind != "plain" and not points[kind]:
            continue
        title = f"{kind}-{len(marks) // len(KINDS):02d}"
        picture = np.round(255 * made.image[..., ::-1].clip(0, 1)).astype(np.uint8)
        cv2.imwrite(str(options.out / f"{title}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 92])
        marks[f"{title}.jpg"] = {what: found for what, found in points.items() if found}
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(each)}" for name, each in marks.items())
    (options.out / "renders.json").write_text(f"{{\n{lines}\n}}\n")


def drawn(pair: Pair, kind: str, rng: np.random.Generator) -> Pair:
    """The pair with something of that kind that can be seen."""
    if kind == "held":
        return held.held(pair, pair.person > 0.75, rng)
    made = pair
    while kind == "net" and made is pair:
        made = fences.perhaps_fenced(pair, rng)
    return made


def masks(before: Pair, after: Pair, kind: str) -> dict[str, Mask]:
    """Where each kind of mark may lie: well inside of what it means."""
    person = before.person > 0.75
    changed = np.abs(after.disparity - before.disparity) > 0.02 * before.disparity.max()
    near = float(np.median(before.disparity[person]))
    thing = changed if kind == "net" else changed | ((after.person > 0.9) & ~person)
    far = (before.disparity < 0.6 * near) & (before.person < 0.1)
    found = {
        "subject": _inner(person & ~changed, 3),
        "background": _inner(far & ~_inner(~far & ~person, 0) & ~changed, 7),
    }
    if kind == "held":
        found["held"] = _inner(thing & (after.person > 0.9), 1)
    if kind == "net":
        found["net"] = thing & (after.disparity > 1.3 * near)
    return found


def _inner(mask: Mask, reach_px: int) -> Mask:
    kernel = np.ones((2 * reach_px + 1,) * 2, np.uint8)
    return np.asarray(cv2.erode(mask.astype(np.uint8), kernel) > 0)


def scattered(mask: Mask, rng: np.random.Generator) -> list[list[float]]:
    """Some points of a mask, as fractions of width and height."""
    places = np.argwhere(mask)
    chosen = places[rng.permutation(len(places))[:POINTS]]
    height, width = mask.shape
    return [[round((x + 0.5) / width, 4), round((y + 0.5) / height, 4)] for y, x in chosen]


if __name__ == "__main__":
    main()

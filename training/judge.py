"""What a network says of people and of held things, on scenes that no training saw.

    python judge.py RENDERS LABELS NETWORK.onnx [NETWORK.onnx …]

Printed: how much of a held thing is a person (share of its pixels over one half), how much of a
thing that lies about is wrongly one, and the intersection over union of people with nothing added.
The things are drawn as in training, with other random numbers.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import renders
from held import held, lying
from renders import Floats, Pair

SEED = 14
PEOPLE = 0.02  # of a view, at least


@dataclass
class Counts:
    """Pixels, over all views."""

    held: int = 0
    held_found: int = 0
    lying: int = 0
    lying_found: int = 0
    both: int = 0
    either: int = 0

    def __str__(self) -> str:
        return (
            f"held {self.held_found / max(self.held, 1):.3f}  "
            f"lying {self.lying_found / max(self.lying, 1):.3f}  "
            f"people IoU {self.both / max(self.either, 1):.3f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("renders", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("networks", type=Path, nargs="+")
    options = parser.parse_args()
    views = [renders.plain(pair) for pair in people_of(options.renders, options.labels)]
    for path in options.networks:
        threads = onnxruntime.SessionOptions()
        threads.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(path, threads)
        counts = Counts()
        for number, view in enumerate(views):
            count(counts, session, view, np.random.default_rng([SEED, number]))
        print(path.name, counts, flush=True)


def people_of(folder: Path, labels: Path) -> list[Pair]:
    """Validation pairs with somebody in them."""
    names = [name for name in renders.names(folder) if renders.is_validation(name)]
    pairs = (renders.read_labelled(folder, name, labels) for name in names)
    return [pair for pair in pairs if (pair.person > 0.75).mean() > PEOPLE]


def count(
    counts: Counts,
    session: onnxruntime.InferenceSession,
    view: Pair,
    rng: np.random.Generator,
) -> None:
    people = view.person > 0.75
    found = _person(session, view) > 0.5
    known = view.weight > 0
    counts.both += int((found & people & known).sum())
    counts.either += int(((found | people) & known).sum())
    with_thing = held(view, people, rng)
    thing = (with_thing.person > 0.5) & ~(view.person > 0.5)
    counts.held += int(thing.sum())
    counts.held_found += int(((_person(session, with_thing) > 0.5) & thing).sum())
    with_thing = lying(view, people, rng)
    thing = np.abs(with_thing.disparity - view.disparity) > 1e-4
    counts.lying += int(thing.sum())
    counts.lying_found += int(((_person(session, with_thing) > 0.5) & thing).sum())


def _person(session: onnxruntime.InferenceSession, view: Pair) -> Floats:
    image = view.image.clip(0, 1).transpose(2, 0, 1)[None].astype(np.float32)
    (found,) = session.run(["person"], {"image": image})
    return found[0, 0].repeat(2, 0).repeat(2, 1)


if __name__ == "__main__":
    main()

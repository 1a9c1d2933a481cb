"""Position embeddings brought to a picture's grid by two products instead of one ``Resize``.

    python positions.py NETWORK.onnx depth.onnx

ONNX Runtime's cubic ``Resize`` of the embeddings' 37 × 37 grid takes a fifth of the time of a whole
view. The interpolation is linear in the grid and the same in rows and columns, so it is a small
matrix from each side. The sums are of float64: the int8 layers behind make much of little.
``export.py`` does it to what it writes; the command, to an older file.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from pathlib import Path

import onnx
import torch
from dinov2 import GRID, WIDTH
from onnx import compose, numpy_helper
from torch import Tensor, nn

SHARPNESS = -0.75  # of the cubic kernel, as torch and ONNX have it (Keys 1981)
REACH = 2  # of that kernel, in cells of the grid
OPSET = 17
PREFIX = "positions/"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", type=Path)
    parser.add_argument("target", type=Path)
    options = parser.parse_args()
    onnx.save(with_products(onnx.load(options.network)), options.target)
    digest = hashlib.sha256(options.target.read_bytes()).hexdigest()
    print(f"{options.target}: {options.target.stat().st_size:,} bytes, SHA-256 {digest}")


class Positions(nn.Module):
    """Patches (1, WIDTH, h, w), of which the size alone counts, to their position embeddings.

    Args:
        grid: (1, WIDTH, GRID, GRID), as trained.
    """

    def __init__(self, grid: Tensor) -> None:
        super().__init__()
        self.register_buffer("grid", grid[0].permute(1, 2, 0).flatten(1).contiguous())

    def forward(self, patches: Tensor) -> Tensor:
        rows, columns = (cubic(patches.shape[axis]) for axis in (2, 3))
        raised = (rows @ self.grid.double()).reshape(-1, GRID, WIDTH)
        return (columns @ raised).permute(2, 0, 1)[None].float()


def cubic(count: int | Tensor) -> Tensor:
    """How much each of the grid's cells gives to each of ``count`` places: (count, GRID)."""
    places = (torch.arange(count).double() + 0.5) * (GRID / count) - 0.5
    away = (places[:, None] - torch.arange(-REACH, GRID + REACH)).abs()
    near = ((SHARPNESS + 2) * away - (SHARPNESS + 3)) * away * away + 1
    far = SHARPNESS * (((away - 5) * away + 8) * away - 4)
    shares = torch.where(away < 1, near, torch.where(away < REACH, far, 0 * away))
    # Beyond its border the grid goes on as it is there.
    first = shares[:, : REACH + 1].sum(1, keepdim=True)
    last = shares[:, GRID + REACH - 1 :].sum(1, keepdim=True)
    return torch.cat([first, shares[:, REACH + 1 : GRID + REACH - 1], last], 1)


def with_products(model: onnx.ModelProto) -> onnx.ModelProto:
    """The network without the ``Resize`` of its position embeddings, its values as they were but
    for rounding."""
    graph = model.graph
    stored = {tensor.name: tensor for tensor in graph.initializer}
    (resize,) = (n for n in graph.node if n.op_type == "Resize" and n.input[0] in stored)
    (add,) = (node for node in graph.node if resize.output[0] in node.input)
    (patches,) = (name for name in add.input if name != resize.output[0])
    grid = torch.from_numpy(numpy_helper.to_array(stored[resize.input[0]]).copy())
    products = compose.add_prefix(_exported(Positions(grid)), PREFIX).graph
    renamed = {f"{PREFIX}patches": patches, f"{PREFIX}positions": resize.output[0]}
    for node in products.node:
        for names in (node.input, node.output):
            names[:] = [renamed.get(name, name) for name in names]
    nodes = list(graph.node)
    at = nodes.index(resize)
    del graph.node[:]
    graph.node.extend([*nodes[:at], *products.node, *nodes[at + 1 :]])
    graph.initializer.extend(products.initializer)
    _without_unused(graph)
    onnx.checker.check_model(model)
    return model


def _without_unused(graph: onnx.GraphProto) -> None:
    used = {output.name for output in graph.output}
    kept = []
    for node in reversed(graph.node):
        if used & set(node.output):
            used |= set(node.input)
            kept.append(node)
    kept.reverse()
    weights = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(kept)
    graph.initializer.extend(weights)


def _exported(positions: Positions) -> onnx.ModelProto:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "positions.onnx"
        torch.onnx.export(
            positions,
            (torch.rand(1, WIDTH, 18, 24),),
            path,
            input_names=["patches"],
            output_names=["positions"],
            dynamic_axes={"patches": {2: "rows", 3: "columns"}},
            opset_version=OPSET,
            do_constant_folding=False,  # the grid stays float32 in the file
            dynamo=False,
        )
        return onnx.load(path)


if __name__ == "__main__":
    main()

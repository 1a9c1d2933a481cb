"""Maps enlarged by whole factors are those that were enlarged to sizes."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from onnx import ModelProto

TRAINING = Path(__file__).parents[1] / "training"


def enlarging(rows: int, columns: int) -> ModelProto:
    """1×2×6×9 to that many rows and columns, and those to 24×36."""
    from onnx import TensorProto, helper, numpy_helper

    sizes = [
        numpy_helper.from_array(np.array([1, 2, *size], np.int64), name)
        for name, size in (("first", (rows, columns)), ("last", (24, 36)))
    ]
    how = {"mode": "linear", "coordinate_transformation_mode": "pytorch_half_pixel"}
    nodes = [
        helper.make_node("Resize", ["image", "", "", "first"], ["middle"], **how),
        helper.make_node("Resize", ["middle", "", "", "last"], ["map"], **how),
    ]
    ends = [
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 2, *size])]
        for name, size in (("image", (6, 9)), ("map", (24, 36)))
    ]
    graph = helper.make_graph(nodes, "enlarging", *ends, sizes)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.mark.parametrize(
    ("middle", "sizes_left"), [((12, 18), 0), ((24, 36), 0), ((12, 20), 2), ((8, 12), 1)]
)
def test_whole_factors_give_the_same_maps(
    middle: tuple[int, int], sizes_left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnx")
    import onnxruntime

    monkeypatch.setattr(sys, "path", [str(TRAINING), *sys.path])
    with_factors = importlib.import_module("factors").with_factors

    image = np.random.default_rng(0).random((1, 2, 6, 9), np.float32)

    def run(model: ModelProto) -> np.ndarray:
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), providers=["CPUExecutionProvider"]
        )
        return np.asarray(session.run(None, {"image": image})[0])

    model = enlarging(*middle)
    before = run(model)
    changed = with_factors(model)
    assert sum(len(node.input) == 4 for node in changed.graph.node) == sizes_left
    assert len(changed.graph.initializer) > 0
    np.testing.assert_allclose(run(changed), before, atol=1e-6)

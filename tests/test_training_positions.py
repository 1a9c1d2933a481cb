"""Position embeddings by two products: the same values as the ``Resize`` that they replace."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from types import ModuleType

TRAINING = Path(__file__).parents[1] / "training"
SIZES_HW = ((18, 24), (22, 30), (37, 37), (50, 37), (5, 60), (1, 1))


@pytest.fixture(scope="module")
def positions():
    for needed in ("torch", "onnx"):
        pytest.importorskip(needed)
    sys.path.insert(0, str(TRAINING))
    yield importlib.import_module("positions")
    sys.path.remove(str(TRAINING))


@pytest.fixture(scope="module")
def grid(positions: ModuleType) -> np.ndarray:
    shape = (1, positions.WIDTH, positions.GRID, positions.GRID)
    return np.random.default_rng(7).normal(0, 1, shape).astype(np.float32)


def resizing(positions: ModuleType, grid: np.ndarray):
    """A network like an exported one up to its first sum: patches and their positions, of which the
    grid here has a deviation of 1."""
    from onnx import TensorProto, helper, numpy_helper

    width = positions.WIDTH
    stored = {
        "patch": np.zeros((width, 3, 14, 14), np.float32),
        "grid": grid,
        "lead": np.array([1, width], np.int64),
        "from": np.array([2], np.int64),
        "to": np.array([4], np.int64),
    }
    nodes = [
        helper.make_node("Conv", ["image", "patch"], ["patches"], strides=[14, 14]),
        helper.make_node("Shape", ["patches"], ["shape"]),
        helper.make_node("Slice", ["shape", "from", "to"], ["size"]),
        helper.make_node("Concat", ["lead", "size"], ["sizes"], axis=0),
        helper.make_node(
            "Resize", ["grid", "", "", "sizes"], ["seen"], mode="cubic",
            coordinate_transformation_mode="half_pixel", cubic_coeff_a=positions.SHARPNESS,
        ),
        helper.make_node("Add", ["patches", "seen"], ["sum"]),
    ]  # fmt: skip
    graph = helper.make_graph(
        nodes,
        "resizing",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, "h", "w"])],
        [helper.make_tensor_value_info("sum", TensorProto.FLOAT, [1, width, "rows", "columns"])],
        [numpy_helper.from_array(value, name) for name, value in stored.items()],
    )
    opset = helper.make_opsetid("", positions.OPSET)
    return helper.make_model(graph, opset_imports=[opset], ir_version=8)


@pytest.mark.usefixtures("tracing")
def test_a_network_says_the_same_at_any_size_and_resizes_no_grid(positions, grid):
    import onnxruntime

    before = resizing(positions, grid)
    session = onnxruntime.InferenceSession(before.SerializeToString())
    after = positions.with_products(before)
    assert "Resize" not in {node.op_type for node in after.graph.node}
    assert "grid" not in {tensor.name for tensor in after.graph.initializer}
    changed = onnxruntime.InferenceSession(after.SerializeToString())
    for rows, columns in SIZES_HW:
        image = np.zeros((1, 3, 14 * rows, 14 * columns), np.float32)
        (wanted,), (found,) = (s.run(["sum"], {"image": image}) for s in (session, changed))
        assert found.shape == wanted.shape
        assert np.abs(found - wanted).max() < 1e-4


def test_shares_of_every_place_sum_to_one(positions):
    for count in (1, 18, 37, 50):
        assert np.allclose(positions.cubic(count).sum(1), 1, atol=1e-5)

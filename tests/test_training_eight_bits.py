"""A network in numbers of 8 bits says what it said, on any processor."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from onnx import ModelProto

TRAINING = Path(__file__).parents[1] / "training"


@pytest.fixture
def eight_bits(monkeypatch: pytest.MonkeyPatch) -> Any:
    pytest.importorskip("onnx")
    monkeypatch.syspath_prepend(str(TRAINING))
    return importlib.import_module("eight_bits")


def network(kernels: list[np.ndarray]) -> ModelProto:
    """A convolution and its rectified and halved map, joined with itself, then a second one."""
    from onnx import TensorProto, helper, numpy_helper

    first, second = kernels
    constants = [numpy_helper.from_array(k, name) for k, name in ((first, "a"), (second, "b"))]
    constants.append(numpy_helper.from_array(np.full(len(first), 0.1, np.float32), "bias"))
    nodes = [
        helper.make_node("Conv", ["image", "a", "bias"], ["plain"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["plain"], ["positive"]),
        helper.make_node("MaxPool", ["positive"], ["half"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Concat", ["half", "half"], ["twice"], axis=1),
        helper.make_node("Conv", ["twice", "b"], ["answer"]),
    ]
    ends = [
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)]
        for name, shape in (("image", [1, 3, 16, 12]), ("answer", [1, 1, 8, 6]))
    ]
    graph = helper.make_graph(nodes, "network", *ends, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def run(model: ModelProto, image: np.ndarray) -> np.ndarray:
    import onnxruntime

    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return np.asarray(session.run(None, {"image": image})[0])


@pytest.mark.parametrize("seed", range(3))
def test_it_says_nearly_what_it_said(eight_bits: Any, seed: int) -> None:
    chance = np.random.default_rng(seed)
    kernels = [chance.normal(size=s).astype(np.float32) for s in ((4, 3, 3, 3), (1, 8, 1, 1))]
    model, image = network(kernels), chance.normal(size=(1, 3, 16, 12)).astype(np.float32)
    before = run(model, image)
    changed = eight_bits.in_bytes(model, eight_bits.reached(model, [image]))
    assert sum(node.op_type == "QuantizeLinear" for node in changed.graph.node) == 3
    assert np.abs(run(changed, image) - before).mean() < 0.02 * before.std()  # three roundings


@pytest.mark.parametrize("shape", [(4, 3, 3, 3), (8, 64, 3, 3), (1, 32, 1, 1)])
def test_no_two_neighbours_are_more_than_sixteen_bits_hold(
    eight_bits: Any, shape: tuple[int, ...]
) -> None:
    weights = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    codes, step = eight_bits.coded(weights)
    rounded = codes * step.reshape(-1, 1, 1, 1)
    assert np.abs(rounded - weights).max() <= 0.501 * step.max()
    for order in (codes, codes.transpose(0, 2, 3, 1)):
        row = order.reshape(len(codes), -1).astype(int)
        for side in (np.maximum(row, 0), np.maximum(-row, 0)):
            assert 255 * (side[:, 1:] + side[:, :-1]).max() <= 2**15


@pytest.mark.parametrize("seed", range(3))
def test_weights_of_few_bits_keep_their_codes(eight_bits: Any, seed: int) -> None:
    chance = np.random.default_rng(seed)
    codes = chance.integers(-31, 32, (5, 8, 3, 3))
    codes[:, 0, 0, 0] = 31
    step = chance.uniform(1e-4, 1, 5).astype(np.float32)
    found, found_step = eight_bits.coded((codes * step.reshape(-1, 1, 1, 1)).astype(np.float32))
    np.testing.assert_array_equal(found, codes)
    np.testing.assert_allclose(found_step, step, rtol=1e-5)


def test_packed_weights_come_out_plain(eight_bits: Any) -> None:
    from onnx import TensorProto, helper, numpy_helper

    chance = np.random.default_rng(0)
    kernels = [chance.normal(size=s).astype(np.float32) for s in ((4, 3, 3, 3), (1, 8, 1, 1))]
    model, image = network(kernels), chance.normal(size=(1, 3, 16, 12)).astype(np.float32)
    packed = network(kernels)
    graph = packed.graph
    kept = [tensor for tensor in graph.initializer if tensor.name != "b"]
    codes = np.rint(kernels[1] * 20).astype(np.int8)
    step = np.full((1, 1, 1, 1), 1 / 20, np.float32)
    del graph.initializer[:]
    graph.initializer.extend(kept)
    graph.initializer.extend([numpy_helper.from_array(codes, "b_q")])
    graph.initializer.extend([numpy_helper.from_array(step, "b_s")])
    graph.node.insert(0, helper.make_node("Cast", ["b_q"], ["b_f"], to=TensorProto.FLOAT))
    graph.node.insert(1, helper.make_node("Mul", ["b_f", "b_s"], ["b"]))
    plain = eight_bits.unpacked(packed)
    assert [node.op_type for node in plain.graph.node] == [n.op_type for n in model.graph.node]
    np.testing.assert_array_equal(run(plain, image), run(packed, image))

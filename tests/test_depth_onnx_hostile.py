"""A file that says it is a network is one, or a typed error, and takes no more than it may."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("onnx")

import onnx
from onnx import TensorProto, helper, numpy_helper

from defocus.depth.registry import load_model
from defocus.errors import DefocusError, ModelError, OutOfMemoryError

if TYPE_CHECKING:
    from pathlib import Path

PIXELS = np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)
FLOAT = TensorProto.FLOAT


def save(
    path: Path,
    nodes: list[Any],
    shape: list[Any] | None = None,
    *,
    metadata: dict[str, str] | None = None,
    constants: dict[str, Any] | None = None,
    outputs: dict[str, int] | None = None,
) -> str:
    """A network of these nodes from x to y."""
    x = helper.make_tensor_value_info("x", FLOAT, shape or [1, 3, "h", "w"])
    ends = [
        helper.make_tensor_value_info(name, kind, None)
        for name, kind in (outputs or {"y": FLOAT}).items()
    ]
    initial = [numpy_helper.from_array(np.array(v), name) for name, v in (constants or {}).items()]
    graph = helper.make_graph(nodes, "g", [x], ends, initial)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    for key, value in (metadata or {}).items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    path.write_bytes(model.SerializeToString())
    return str(path)


def mean(name: str = "y") -> Any:
    return helper.make_node("ReduceMean", ["x"], [name], axes=[1], keepdims=0)


def run(name: str) -> None:
    load_model(name).estimate(PIXELS)


@pytest.mark.parametrize(
    "shape", [[1, 3, 0, 0], [1, 3, 60_000, 60_000], [1, 3, 1, 9000], [7, 3, "h", "w"],
              [1, 5, "h", "w"], [1, 3, 64, "w"], [1, 3, 1, 1], [3, "h", "w"]],
)  # fmt: skip
def test_sizes_that_make_no_sense(tmp_path: Path, shape: list[Any]) -> None:
    with pytest.raises(ModelError):
        run(save(tmp_path / "m.onnx", [mean()], shape))


@pytest.mark.parametrize(
    "metadata",
    [
        {"defocus.std": "nan,nan,nan"},
        {"defocus.std": "0,1,1"},
        {"defocus.std": "1e-60,1,1"},
        {"defocus.std": "1,1"},
        {"defocus.std": ""},
        {"defocus.mean": "inf,1,1"},
        {"defocus.mean": "1e400,1,1"},
        {"defocus.multiple": "0"},
        {"defocus.multiple": "5000"},
        {"defocus.multiple": "1000000000000"},
        {"defocus.multiple": "9" * 5000},
        {"defocus.output": "\x00"},
    ],
    ids=str,
)
def test_metadata_that_makes_no_sense(tmp_path: Path, metadata: dict[str, str]) -> None:
    with pytest.raises(ModelError, match="senseless"):
        run(save(tmp_path / "m.onnx", [mean()], metadata=metadata))


@pytest.mark.parametrize("side", [10**6, 2**40])
def test_a_network_that_wants_all_memory_gets_none(tmp_path: Path, side: int) -> None:
    nodes = [helper.make_node("Expand", ["c", "shape"], ["y"])]
    constants = {"c": np.float32([1]), "shape": np.int64([side, side])}
    with pytest.raises((OutOfMemoryError, ModelError)):
        run(save(tmp_path / "m.onnx", nodes, constants=constants))


@pytest.mark.parametrize("kind", [TensorProto.INT64, TensorProto.BOOL, TensorProto.STRING])
def test_outputs_of_any_type_are_a_map_or_typed(tmp_path: Path, kind: int) -> None:
    nodes = [mean("a"), helper.make_node("Cast", ["a"], ["y"], to=kind)]
    with contextlib.suppress(DefocusError):
        run(save(tmp_path / "m.onnx", nodes, outputs={"y": kind}))


@pytest.mark.parametrize("location", ["../../../../etc/passwd", "/dev/zero", "/etc/hostname"])
def test_no_network_reads_other_files(tmp_path: Path, location: str) -> None:
    tensor = TensorProto(name="c", data_type=FLOAT, dims=[2], data_location=TensorProto.EXTERNAL)
    for key, value in (("location", location), ("length", "8")):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    name = save(tmp_path / "m.onnx", [mean("a"), helper.make_node("ReduceMean", ["c"], ["b"]),
                                      helper.make_node("Add", ["a", "b"], ["y"])])  # fmt: skip
    model = onnx.load_model_from_string((tmp_path / "m.onnx").read_bytes())
    model.graph.initializer.append(tensor)
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ModelError):
        run(name)


@pytest.mark.parametrize("content", [b"", b"hello", bytes(1000), b"\x08" * 50, b"\xff" * 5000])
def test_bytes_that_are_no_network(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(ModelError):
        run(str(tmp_path / "m.onnx"))


def test_a_network_with_changed_bytes(tmp_path: Path) -> None:
    good = save(tmp_path / "m.onnx", [mean()], metadata={"defocus.std": "1,1,1"})
    data = (tmp_path / "m.onnx").read_bytes()
    rng = np.random.default_rng(3)
    for trial in range(60):
        changed = bytearray(data)
        for _ in range(1 + trial % 4):
            changed[rng.integers(len(data))] ^= 1 << int(rng.integers(8))
        (tmp_path / "m.onnx").write_bytes(changed[: len(data) if trial % 3 else trial * 3])
        with contextlib.suppress(DefocusError):
            run(good)

"""Replaces large convolutions of an ONNX graph by thinner ones that do nearly the same.

A convolution O×I×3×3 becomes 1×1 (I to s), 3×3 (s to r) and 1×1 (r to O): r principal components
of what it gives, s of what of its input they depend on, both as measured on pictures (Zhang et al.
2016, "Accelerating very deep convolutional networks", arXiv:1505.06798, for the output side). Each
component has unit variance between the three, so that a few bits a weight are enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import helper, numpy_helper

if TYPE_CHECKING:
    import onnx
    from numpy.typing import NDArray

LARGE = 60_000  # weights: below this a convolution is kept as it is
_STEP = 8  # channels: components are kept by so many
_FAINT = 1e-7  # of the strongest direction's energy: what is weaker is noise


@dataclass(frozen=True)
class Moments:
    """Of a tensor's channels over places and pictures: mean, and mean of products."""

    mean: NDArray[np.float64]
    products: NDArray[np.float64]


def factored(model: onnx.ModelProto, moments: dict[str, Moments], loss: float) -> int:
    """Change the model in place.

    Args:
        model: its convolutions have a bias and one group.
        moments: of the inputs and (before ReLU) outputs of all convolutions of at least LARGE.
        loss: share of the energy that each side of a convolution may lose.

    Returns:
        How many weights the convolutions have then.
    """
    weights = {i.name: i for i in model.graph.initializer}
    nodes: list[Any] = []
    added: list[Any] = []
    dropped: set[str] = set()
    count = 0
    for node in model.graph.node:
        if node.op_type != "Conv":
            nodes.append(node)
            continue
        weight, bias = (numpy_helper.to_array(weights[name]) for name in node.input[1:3])
        parts = None
        if weight.size >= LARGE:
            given = moments[node.input[0]], moments[node.output[0]]
            parts = _parts(weight.astype(np.float64), bias, *given, loss)
        if parts is None:
            nodes.append(node)
            count += weight.size
            continue
        dropped |= set(node.input[1:3])
        name, source = node.output[0], node.input[0]
        where = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        for index, (kernel, shift) in enumerate(parts):
            tensor, target = f"{name}_{index}", name if index == 2 else f"{name}_{index}_out"
            inputs = [source, tensor]
            added.append(numpy_helper.from_array(kernel.astype(np.float32), tensor))
            if shift is not None:
                added.append(numpy_helper.from_array(shift.astype(np.float32), f"{tensor}_b"))
                inputs.append(f"{tensor}_b")
            pads, dilations = (
                (where["pads"], where["dilations"]) if index == 1 else ([0] * 4, [1, 1])
            )
            side = kernel.shape[2]
            nodes.append(
                helper.make_node(
                    "Conv", inputs, [target], name=f"{tensor}_conv", kernel_shape=[side, side],
                    pads=pads, dilations=dilations, strides=[1, 1],
                )
            )  # fmt: skip
            source = target
            count += kernel.size
    kept = [i for i in model.graph.initializer if i.name not in dropped]
    del model.graph.node[:], model.graph.initializer[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(kept + added)
    return count


def _parts(
    weight: NDArray[np.float64],
    bias: NDArray[np.float64],
    given: Moments,
    gives: Moments,
    loss: float,
) -> list[tuple[NDArray[np.float64], NDArray[np.float64] | None]] | None:
    """Kernels and biases of the three; None if they would be no smaller than the one."""
    outputs, inputs, side = weight.shape[0], weight.shape[1], weight.shape[2]
    spread = gives.products - np.outer(gives.mean, gives.mean)
    strong, basis = _strongest(spread, loss)
    kept = len(strong)
    deviation = np.sqrt(strong)
    core = np.einsum("or,oikl->rikl", basis, weight)
    flat = core.transpose(0, 2, 3, 1).reshape(-1, inputs)
    energy, directions = np.linalg.eigh(given.products)
    energy = np.maximum(energy, energy.max() * _FAINT)
    half = (directions * np.sqrt(energy)) @ directions.T
    inverse = (directions / np.sqrt(energy)) @ directions.T
    _, seen = _strongest((flat @ half).T @ (flat @ half), loss)
    # The rows of the first kernel, orthonormal in units of each input's own deviation.
    units = np.sqrt(np.diag(given.products))
    units = np.maximum(units, units.max() * 1e-3)
    rows, turned = np.linalg.qr((seen.T @ inverse * units).T)
    first, middle = rows.T / units, flat @ half @ seen @ turned.T
    scale = np.sqrt(np.maximum(np.einsum("ki,ij,kj->k", first, given.products, first), 1e-12))
    first, middle = first / scale[:, None], middle * scale
    if first.size + middle.size + basis.size >= weight.size:
        return None
    middle = middle.reshape(kept, side, side, len(scale)).transpose(0, 3, 1, 2)
    shift = basis @ (basis.T @ (bias - gives.mean)) + gives.mean
    last = (basis * deviation).reshape(outputs, kept, 1, 1)
    return [
        (first[:, :, None, None], None),
        (middle / deviation[:, None, None, None], None),
        (last, shift),
    ]


def _strongest(
    products: NDArray[np.float64], loss: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Energies and directions that together lack no more than ``loss`` of all energy."""
    energy, directions = np.linalg.eigh(products)
    energy, directions = np.maximum(energy[::-1], 0), directions[:, ::-1]
    lacking = 1 - np.cumsum(energy) / energy.sum()
    count = int(np.argmax(lacking <= loss)) + 1
    count = min(len(energy), -(-count // _STEP) * _STEP)
    return np.maximum(energy[:count], 1e-12), directions[:, :count]

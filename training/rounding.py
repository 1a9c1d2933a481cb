"""Rounding linear layers to few levels so that what they give moves least, not each weight.

Columns are rounded one after another, and the columns that follow make up for the error as far as
the layer's inputs are alike (Frantar et al. 2022, GPTQ, arXiv:2210.17323).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from pathlib import Path

    from network import Network

LEVELS = 64  # on either side of zero: 7 bits, as ONNX Runtime has them with a reduced range
DAMPING = 0.01
LONG_SIDE = 336
PATCH = 14


def round_linear_layers(network: Network, pictures: list[Path]) -> None:
    """Round every linear layer in place, for inputs as these pictures give them."""
    layers = [module for module in network.modules() if isinstance(module, nn.Linear)]
    products = {layer: torch.zeros(layer.in_features, layer.in_features) for layer in layers}

    def note(layer: nn.Module, inputs: tuple[Tensor]) -> None:
        rows = inputs[0].flatten(0, -2)
        products[layer] += rows.T @ rows  # type: ignore[index]

    hooks = [layer.register_forward_pre_hook(note) for layer in layers]
    with torch.inference_mode():
        for path in pictures:
            network(_picture(path))
    for hook in hooks:
        hook.remove()
    for layer in layers:
        layer.weight.data = rounded(layer.weight.data, products[layer])


def rounded(weight: Tensor, product: Tensor) -> Tensor:
    """Weights out×in on a grid of ``LEVELS`` steps a side for each output, the largest of them at
    its end; ``product`` in×in is the sum over inputs x of x xᵀ."""
    step = weight.abs().amax(1).clamp_min(1e-12) / LEVELS
    largest = weight.abs().argmax(1)
    damped = product + DAMPING * product.diagonal().mean() * torch.eye(len(product))
    spread = torch.linalg.cholesky(torch.linalg.inv(damped.double()), upper=True).float()
    left, found = weight.clone(), torch.empty_like(weight)
    for column in range(weight.shape[1]):
        values = torch.where(largest == column, weight[:, column], left[:, column])
        found[:, column] = (values / step).round().clamp(-LEVELS, LEVELS) * step
        error = (left[:, column] - found[:, column]) / spread[column, column]
        left[:, column:] -= error[:, None] * spread[column, column:]
    return found


def _picture(path: Path) -> Tensor:
    bgr = cv2.imread(str(path))
    scale = LONG_SIDE / max(bgr.shape[:2])
    size_wh = [round(n * scale / PATCH) * PATCH for n in bgr.shape[1::-1]]
    rgb = cv2.resize(bgr, size_wh, interpolation=cv2.INTER_AREA)[..., ::-1]
    return torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1)))[None].float() / 255

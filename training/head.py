"""The head: token maps and the picture itself to disparity and person, at half the input's size."""

from __future__ import annotations

import torch
from dinov2 import PATCH, TAPS, WIDTH
from torch import Tensor, nn
from torch.nn import functional

STEM = 12


class Residual(nn.Module):
    """Two 3×3 convolutions around a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(functional.gelu(self.first(functional.gelu(x))))


class Head(nn.Module):
    """A light DPT (Ranftl et al. 2021, arXiv:2103.13413) that also looks at the picture.

    Tokens are fused on their own grid (1/14 of the input), then raised to 1/7, 2/7 and 1/2 of it;
    a small stem brings edges of the picture to the last two. A linear skip from the token grid
    carries the layout, so that the convolutions only learn what the tokens cannot say.
    """

    def __init__(self, channels: tuple[int, int, int, int] = (64, 48, 32, 16)) -> None:
        super().__init__()
        c0, c1, c2, c3 = channels
        self.reduce = nn.ModuleList([nn.Linear(WIDTH, c0) for _ in TAPS])
        self.fuse = nn.Conv2d(c0 * len(TAPS), c0, 1)
        self.grid = nn.Sequential(Residual(c0), Residual(c0))
        self.skip = nn.Conv2d(c0, 2, 1)
        self.stem = nn.Sequential(
            nn.Conv2d(3, STEM, 3, stride=2, padding=1),
            nn.GELU(),
            nn.Conv2d(STEM, STEM, 3, padding=1),
            nn.GELU(),
        )
        self.up1 = nn.Conv2d(c0, c1, 3, padding=1)
        self.mid1 = Residual(c1)
        self.up2 = nn.Conv2d(c1 + STEM, c2, 3, padding=1)
        self.mid2 = Residual(c2)
        self.up3 = nn.Conv2d(c2 + STEM, c3, 3, padding=1)
        self.last = nn.Conv2d(c3, c3, 3, padding=1)
        self.mid3 = Residual(c3)
        nn.init.zeros_(self.mid3.second.weight)
        nn.init.zeros_(self.mid3.second.bias)
        self.out = nn.Conv2d(c3, 2, 1)

    def forward(self, maps: list[Tensor], image: Tensor) -> Tensor:
        """Token maps (B, h·w, WIDTH) and normalised RGB (B, 3, 14·h, 14·w) to (B, 2, 7·h, 7·w):
        disparity, and the logit of person."""
        batch = image.shape[0]
        h, w = image.shape[2] // PATCH, image.shape[3] // PATCH
        tokens = torch.cat([layer(m) for layer, m in zip(self.reduce, maps, strict=True)], -1)
        x = tokens.transpose(1, 2).reshape(batch, -1, h, w)
        x = self.grid(self.fuse(functional.gelu(x)))
        layout = _resize(self.skip(x), h * 7, w * 7)
        edges = self.stem(image)
        x = self.mid1(self.up1(_resize(x, h * 2, w * 2)))
        x = torch.cat([_resize(x, h * 4, w * 4), _resize(edges, h * 4, w * 4)], 1)
        x = self.mid2(self.up2(x))
        x = torch.cat([_resize(x, h * 7, w * 7), edges], 1)
        x = functional.gelu(self.last(functional.gelu(self.up3(functional.gelu(x)))))
        return self.out(self.mid3(x)) + layout


def _resize(x: Tensor, height: int, width: int) -> Tensor:
    return functional.interpolate(x, size=(height, width), mode="bilinear", align_corners=False)

"""The whole network as it is exported: picture in 0..1 to disparity and person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from dinov2 import MEAN, STD, Dino
from torch import Tensor, nn

if TYPE_CHECKING:
    from head import Head


class Network(nn.Module):
    """RGB (1, 3, 14·h, 14·w) in 0..1 to disparity and person probability (1, 1, 7·h, 7·w)."""

    def __init__(self, backbone: Dino, head: Head) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(STD).view(1, 3, 1, 1))

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        image = (image - self.mean) / self.std
        output = self.head(self.backbone(image), image)
        return output[:, :1], torch.sigmoid(output[:, 1:])

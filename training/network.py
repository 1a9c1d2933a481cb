"""The whole network, as it is trained and exported: picture in 0..1 to disparity and person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from dinov2 import MEAN, STD, load_backbone
from head import Head
from torch import Tensor, nn

if TYPE_CHECKING:
    from pathlib import Path


class Network(nn.Module):
    """RGB (B, 3, 14·h, 14·w) in 0..1 to disparity and person probability (B, 1, 7·h, 7·w)."""

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = Head()
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(STD).view(1, 3, 1, 1))

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        output = self.logits(image)
        return output[:, :1], torch.sigmoid(output[:, 1:])

    def logits(self, image: Tensor, noise: float = 0.0) -> Tensor:
        """(B, 2, 7·h, 7·w): disparity and the logit of person. In training each channel of the
        token maps is scaled at random by a relative ``noise``."""
        image = (image - self.mean) / self.std
        maps = self.backbone(image)
        if noise:
            maps = [m * (1 + noise * torch.randn(len(m), 1, m.shape[2])) for m in maps]
        return self.head(maps, image)

    def tuned(self) -> dict[str, Tensor]:
        """All that training changes, by name: the backbone's last blocks and the head."""
        return {name: value for name, value in self.named_parameters() if value.requires_grad}


def load_network(weights: Path | None = None, backbone: Path | None = None) -> Network:
    """A network with weights as ``fit.py`` writes them; blocks that the file does not hold stay
    Meta's."""
    network = Network(load_backbone(backbone))
    if weights:
        stored = torch.load(weights)
        found = network.load_state_dict(stored, strict=False)
        strange = [name for name in found.missing_keys if name.startswith("head.")]
        if found.unexpected_keys or strange:
            raise SystemExit(f"{weights} does not fit: {strange}, {found.unexpected_keys}")
    return network

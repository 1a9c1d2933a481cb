"""The network that ships with the package: a portrait without any download.

A DINOv2 ViT-S/14 backbone with a light depth head; ``models/MODEL_CARD.md`` has its data, licences,
figures and limits. It takes RGB in 0..1, any multiples of 14, and gives ``disparity`` and
``person`` at half that size.
"""

from __future__ import annotations

from pathlib import Path

from defocus.depth.onnx import OnnxModel

MODEL_PATH = Path(__file__).with_name("models") / "depth-builtin-2.onnx.gz"


class Builtin(OnnxModel):
    """The built-in network; it tells who is a person, too."""

    def __init__(self, name: str = "builtin") -> None:
        super().__init__(name, path=MODEL_PATH)

"""The network that ships with the package: a portrait without any download.

A DINOv2 ViT-S/14 backbone with a light depth head; ``models/MODEL_CARD.md`` has its data, licences,
figures and limits.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from defocus.depth.session import open_session, run_session
from defocus.depth.sizes import input_size
from defocus.disparity import Disparity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.edit import Quality

MODEL_PATH = Path(__file__).with_name("models") / "depth-builtin-0.onnx"
PATCH_PX = 14
LONG_SIDE_PX: dict[Quality, int] = {"fast": 336, "default": 518, "high": 700}


class Builtin:
    """The built-in network.

    Args:
        name: under which the registry knows it.
        path: another export of it, with the same input and outputs.
    """

    def __init__(self, name: str = "builtin", *, path: Path = MODEL_PATH) -> None:
        self.name = name
        self._path = path

    def estimate(self, pixels: NDArray[np.uint8], quality: Quality = "default") -> Disparity:
        """Relative disparity and the probability of a person, at half the network's input size.

        Args:
            pixels: H×W×3 uint8, upright, sRGB-like encoded.
            quality: the network sees about 336, 518 or 700 pixels on the long side.

        Raises:
            ModelError: the model file is missing or damaged.
        """
        import cv2

        height, width = pixels.shape[:2]
        size_wh = input_size((width, height), LONG_SIDE_PX[quality], PATCH_PX)
        small = cv2.resize(pixels, size_wh, interpolation=cv2.INTER_AREA)
        image = np.ascontiguousarray(small.transpose(2, 0, 1)[None], np.float32) / np.float32(255)
        disparity, person = run_session(
            open_session(self._path), {"image": image}, ["disparity", "person"], name=self.name
        )
        return Disparity(
            np.ascontiguousarray(disparity[0, 0]),
            source=self.name,
            subject=np.ascontiguousarray(np.clip(person[0, 0], 0, 1)),
        )

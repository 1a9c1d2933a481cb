"""Salience: what a picture is of, whatever it is, by a small network in the package.

The depth network knows people and how near things are, but not that the rider and his bicycle, the
cellist and his bow, the vase and its flowers are what was photographed. U²-Net (Qin et al. 2020,
"U²-Net: Going Deeper with Nested U-Structure for Salient Object Detection", arXiv:2005.09007) does;
the package holds a smaller one that was made from it, see ``models/MODEL_CARD.md``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["find_salience"]

MODEL_PATH = Path(__file__).with_name("models") / "salience-2.onnx.gz"
SIDE_PX = 320  # of the network's square input, and the long side of what it says
# As those who trained it fed it: the brightest code is 1; then ImageNet's mean and deviation.
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def find_salience(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How likely each part of a picture belongs to what the picture is of.

    Args:
        pixels: H×W×3 uint8, upright, sRGB-like encoded.

    Returns:
        h×w float32 in 0..1, the picture's shape at a long side of 320 pixels. Low everywhere where
        nothing stands out.

    Raises:
        ModelError: the network is damaged or cannot be run.
    """
    from defocus.network import open_session, run_session

    feeds = {"image": _fed(pixels)}
    (told,) = run_session(open_session(MODEL_PATH), feeds, ["salience"], name="salience")
    return _in_shape(told[0, 0], (pixels.shape[1], pixels.shape[0]))


def _fed(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """1×3×S×S: the whole picture, squeezed into a square."""
    import cv2

    shrinks = max(pixels.shape[:2]) > SIDE_PX
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    small = cv2.resize(pixels, (SIDE_PX, SIDE_PX), interpolation=how)
    light = small.astype(np.float32) / max(int(small.max()), 1)
    fed = (light - np.array(_MEAN, np.float32)) / np.array(_STD, np.float32)
    return np.ascontiguousarray(fed.transpose(2, 0, 1)[None])


def _in_shape(square: NDArray[Any], size_wh: tuple[int, int]) -> NDArray[np.float32]:
    """What the network says of the square, in the picture's own shape."""
    import cv2

    # A small picture is no reason for a small map.
    wide, high = (max(1, round(side * (SIDE_PX / max(size_wh)))) for side in size_wh)
    shaped = cv2.resize(square, (wide, high), interpolation=cv2.INTER_AREA)
    return np.clip(np.asarray(shaped, np.float32), 0, 1)

"""MiDaS's transformer networks, fed and run as MiDaS itself does (Ranftl et al. 2021).

transformers' own way differs: its processors squeeze a photo to a square and filter it with
another kernel, and its plain DPT takes square input only. MiDaS keeps the aspect ("minimal": the
scale nearer to 1 of the two that fit a side), rounds both sides to multiples of 32, resizes with
``cv2.INTER_CUBIC`` and normalises with 0.5 and 0.5. Only its SwinV2 networks are square by design.
With the same random weights the maps of DPT_Large and DPT_BEiT_B_384 are those of MiDaS's own code,
but for last bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Triple = tuple[float, float, float]

MULTIPLE = 32
HALF: Triple = (0.5, 0.5, 0.5)

_ASPECT_KEPT = {"beit": True, "swinv2": False}  # by the kind of a DPT's backbone


@dataclass(frozen=True, slots=True)
class Feed:
    """What a network wants to see.

    Attributes:
        side_px: of the square, or of the side that fits.
        keeps_aspect: the other side follows the photo's shape.
        mean, std: subtracted from and divided into RGB in 0..1.
    """

    side_px: int
    keeps_aspect: bool
    mean: Triple = HALF
    std: Triple = HALF

    def size_wh(self, photo_wh: tuple[int, int]) -> tuple[int, int]:
        """Of the network's input, for a photo of this size."""
        scale_w, scale_h = (self.side_px / side for side in photo_wh)
        if self.keeps_aspect:
            scale_w = scale_h = scale_w if abs(1 - scale_w) < abs(1 - scale_h) else scale_h
        width, height = photo_wh
        return _rounded(scale_w * width), _rounded(scale_h * height)

    def image(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """1×3×H×W float32 from H×W×3 uint8."""
        import cv2

        size_wh = self.size_wh((pixels.shape[1], pixels.shape[0]))
        out = np.empty((1, 3, size_wh[1], size_wh[0]), np.float32)
        for channel in range(
            3
        ):  # one by one: float64, as MiDaS has it, takes eight times the photo
            light = pixels[..., channel] / 255.0
            small = cv2.resize(light, size_wh, interpolation=cv2.INTER_CUBIC)
            out[0, channel] = (small - self.mean[channel]) / self.std[channel]
        return out


def _rounded(side: float) -> int:
    return max(int(np.round(side / MULTIPLE)) * MULTIPLE, MULTIPLE)


def feed_of(network: Any, processor: Any, *, is_midas: bool) -> Feed | None:
    """How a network of transformers is fed, if it is a DPT of MiDaS's kind.

    Args:
        network: any model for depth estimation.
        processor: its image processor.
        is_midas: the weights are MiDaS's own; others keep the mean and deviation of their
            processor.
    """
    config = network.config
    if config.model_type != "dpt" or config.is_hybrid:
        return None
    backbone = config.backbone_config
    kind = None if backbone is None else backbone.model_type
    if kind is not None and kind not in _ASPECT_KEPT:
        return None
    side = config.image_size if backbone is None else backbone.image_size
    if not isinstance(side, int):
        side = min(side)
    keeps_aspect = kind is None or _ASPECT_KEPT[kind]
    if is_midas:
        return Feed(side, keeps_aspect)
    return Feed(side, keeps_aspect, tuple(processor.image_mean), tuple(processor.image_std))


def run(network: Any, image: Any) -> Any:
    """The network's map for a 1×3×H×W tensor of any multiple of its patches: H×W tensor.

    A plain DPT's ``forward`` gives its neck no shape, and so takes square input only: its parts
    are called one by one.
    """
    if network.config.backbone_config is not None:
        return network(image).predicted_depth[0]
    patch = network.config.patch_size
    states = network.dpt(image, output_hidden_states=True).hidden_states[1:]
    wanted = network.config.backbone_out_indices
    features = [state for index, state in enumerate(states) if index in wanted]
    height, width = image.shape[-2:]
    return network.head(network.neck(features, height // patch, width // patch))[0]

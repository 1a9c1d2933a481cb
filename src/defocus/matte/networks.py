"""Networks that give a matte: soft edges that colours alone do not tell, such as hair before hair.

They are optional, and fetched on demand like the depth models of the store. Their answer is meant
for the edges of a subject that is known already: who that is they do not know.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus.depth import store
from defocus.errors import ModelError
from defocus.network import open_session, run_session

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.edit.record import MatteModel
    from defocus.photo import Photo

Triple = tuple[float, float, float]

_MULTIPLE = 32
_MAX_ASPECT = 2.5  # as for depth networks: a panorama would take too much memory
_DTYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16}


@dataclass(frozen=True, slots=True)
class _Network:
    """How a network is fed, and what its answer means.

    Attributes:
        side_px: of its square input, or of the shorter side where the graph takes any size.
        mean, std: subtracted from and divided into RGB in 0..1.
        gives_logits: the answer goes through a sigmoid.
    """

    side_px: int
    mean: Triple
    std: Triple
    gives_logits: bool


_NETWORKS = {
    "modnet": _Network(512, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5), gives_logits=False),
    "birefnet-lite": _Network(
        1024, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225), gives_logits=True
    ),
}


@lru_cache(maxsize=1)
def told_matte(photo: Photo, model: MatteModel) -> NDArray[np.float32] | None:
    """What an edit's ``matte_model`` says of a photo, H×W; None for ``own``. Kept for one photo.

    Raises:
        ModelError: as :func:`network_matte`.
    """
    if model == "own":
        return None
    from defocus.depth import eight_bit
    from defocus.tone import as_sdr

    return network_matte(model, eight_bit(as_sdr(photo).pixels))


def network_matte(name: str, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What a network takes for the foreground.

    Args:
        name: ``modnet`` (people) or ``birefnet-lite`` (what stands out).
        pixels: H×W×3 uint8, upright, sRGB-like encoded.

    Returns:
        H×W float32 alpha in 0..1, of the photo's size.

    Raises:
        ModelError: no such network; not fetched, damaged, or it fails on this picture.
    """
    import cv2

    network = _NETWORKS.get(name)
    if network is None:
        raise ModelError(f"there is no matte network {name!r}: known are {', '.join(_NETWORKS)}")
    session = open_session(store.verified_once(store.find_model(name)))
    node = session.get_inputs()[0]
    image = _image(pixels, network, _size_wh(node.shape, network, pixels.shape))
    feed = {node.name: np.ascontiguousarray(image, _DTYPES.get(node.type, np.float32))}
    answer: NDArray[Any] = np.squeeze(
        np.asarray(run_session(session, feed, name=name)[0], np.float32)
    )
    if answer.ndim != 2 or not np.isfinite(answer).all():
        raise ModelError(f"{name} gives {answer.shape} instead of one finite H×W matte")
    if network.gives_logits:
        answer = 1 / (1 + np.exp(-np.clip(answer, -30, 30)))
    size_wh = (pixels.shape[1], pixels.shape[0])
    full = cv2.resize(answer, size_wh, interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(full, 0, 1), np.float32)


def _size_wh(shape: list[Any], network: _Network, photo_shape: tuple[int, ...]) -> tuple[int, int]:
    """The size that the graph fixes, else the photo's shape with the shorter side as trained."""
    height, width = shape[2:4]
    if isinstance(height, int) and isinstance(width, int):
        return width, height
    shorter = min(photo_shape[:2])

    def side(of_photo: int) -> int:
        fitting = min(of_photo / shorter, _MAX_ASPECT) * network.side_px
        return round(fitting / _MULTIPLE) * _MULTIPLE

    return side(photo_shape[1]), side(photo_shape[0])


def _image(
    pixels: NDArray[np.uint8], network: _Network, size_wh: tuple[int, int]
) -> NDArray[np.float32]:
    """1×3×H×W."""
    import cv2

    shrinks = size_wh[0] <= pixels.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    small = cv2.resize(pixels, size_wh, interpolation=how)
    mean, std = np.array([network.mean, network.std], np.float32)
    image = (small / np.float32(255) - mean) / std
    return np.asarray(image.transpose(2, 0, 1)[None], np.float32)

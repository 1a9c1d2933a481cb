"""``DPT_Hybrid`` without torch: the hub holds it as a pickle only, but also as this ONNX file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from defocus.depth import store
from defocus.depth.midas import Feed
from defocus.disparity import Disparity, Estimate
from defocus.errors import ModelError
from defocus.network import open_session, run_session

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.quality import Quality

# MiDaS keeps the aspect; the file's position embeddings are fixed at 24×24 patches.
_FEED = Feed(384, keeps_aspect=False)


class DptHybrid:
    """The pinned ONNX twin of MiDaS v3 Hybrid.

    Raises:
        ModelError: it was not fetched, or is damaged.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._path = store.verified_once(store.find_model(name))

    def estimate(self, pixels: NDArray[np.uint8], quality: Quality = "default") -> Estimate:
        """384×384 relative disparity; ``quality`` means nothing here.

        Args:
            pixels: H×W×3 uint8, upright, sRGB-like encoded.

        Raises:
            ModelError: the network fails, or gives something else than a map.
            DepthError: the map holds NaN or inf.
        """
        session = open_session(self._path)
        feed = {session.get_inputs()[0].name: _FEED.image(pixels)}
        values = np.squeeze(np.asarray(run_session(session, feed, name=self.name)[0], np.float32))
        if values.ndim != 2:
            raise ModelError(f"{self.name} gives {values.shape} instead of one H×W depth map")
        return Estimate(Disparity(values, source=self.name))

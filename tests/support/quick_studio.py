"""What the tests of sessions and of the studio server share: no time for a network, one photo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from defocus.depth.builtin import Builtin
from defocus.disparity import Disparity, Estimate
from defocus.formats.output import Output
from defocus.formats.writing import write_photo
from defocus.photo import Photo

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def quick_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """The network's answers are not what is tested: a ramp, and nobody in the picture."""

    def estimate(self: Builtin, pixels: np.ndarray, quality: str = "default") -> Estimate:
        height, width = pixels.shape[:2]
        values = np.tile(np.linspace(0, 1, width, dtype=np.float32), (height, 1))
        return Estimate(Disparity(values, source="builtin"), np.zeros_like(values))

    monkeypatch.setattr(Builtin, "estimate", estimate)


@pytest.fixture
def photo_file(tmp_path: Path) -> Path:
    """160×120 JPEG that holds its own depth: left near, right far."""
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (120, 160, 3), np.uint8)
    values = np.tile(np.linspace(1, 0, 160, dtype=np.float32), (120, 1))
    output = Output(embed_disparity=True, quality=90)
    return write_photo(
        Photo(pixels), tmp_path / "near-left.jpg", output=output, disparity=Disparity(values)
    )

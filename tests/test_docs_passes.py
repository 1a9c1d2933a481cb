"""The pictures of the passes in the docs are those of the renderer."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from defocus.render import render_lens

DOCS = Path(__file__).parent.parent / "docs"
COMPILER = shutil.which(os.environ.get("CXX", "c++"))


@pytest.mark.slow
@pytest.mark.skipif(COMPILER is None or os.name == "nt", reason="needs a C++ compiler")
def test_the_passes_one_by_one_give_the_renderer_s_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DOCS))
    import make_passes

    rng = np.random.default_rng(3)
    light = rng.random((150, 200, 3)).astype(np.float32)
    light[20, 30] = 40  # a lamp
    radius = np.full((150, 200), -20, np.float32)
    radius[40:110, 60:140] = 0
    radius[100:, 150:] = 12
    found = make_passes.passes(light, radius)
    np.testing.assert_array_equal(found["compose"], render_lens(light, radius))
    assert {"rims", "samples", "tiles", "downsample-behind-1", "moved-behind-2", "scatter-front-1",
            "fill"} <= set(found)  # fmt: skip
    assert found["rims"].any()
    assert found["moved-behind-2"][..., 3].max() == 1
    for name in ("make_passes", "make_pictures", "ray_traced"):
        sys.modules.pop(name, None)

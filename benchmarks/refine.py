"""What refinement is worth: lens blur from coarse disparity against ray-traced truth.

    python benchmarks/refine.py [--bench FOLDER]

Scenes with lamps are left out: their highlights are a matter of the renderer. Without ``--bench``
the scenes in this tree are taken.

exact         the scene's own disparity: the ceiling for one disparity a pixel
bilinear      that, reduced 8 × by area and interpolated
fast … high   that, reduced 8 × by area and refined
network       the photo alone: the built-in network, refined, scale and shift fitted to the exact
network raw   the same without refinement
network high  the same with refinement, both of high quality
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray
from ray_traced import SCENES, Scene, Score, load_all, radius_px, score

from defocus.depth import load_model
from defocus.disparity import Disparity
from defocus.refine import refine
from defocus.render import render_lens

if TYPE_CHECKING:
    from defocus.quality import Quality

Floats = NDArray[np.float32]
Photo = NDArray[np.uint8]
Source = Callable[[Photo, Floats], Floats]

FACTOR = 8
WITH_LAMPS = ("s03", "s09")


def reduced(exact: Floats) -> Disparity:
    """The exact disparity on a grid that is 8 times as coarse."""
    size_wh = exact.shape[1] // FACTOR, exact.shape[0] // FACTOR
    return Disparity(cv2.resize(exact, size_wh, interpolation=cv2.INTER_AREA))


def refined(quality: str) -> Source:
    return lambda photo, exact: refine(reduced(exact), photo, quality=quality).values


def bilinear(photo: Photo, exact: Floats) -> Floats:
    return reduced(exact).resized((photo.shape[1], photo.shape[0])).values


def network(with_refinement: bool, quality: Quality = "default") -> Source:
    """The whole way from the photo alone, up to the network's unknown scale and shift."""
    model = load_model("builtin")

    def source(photo: Photo, exact: Floats) -> Floats:
        found = model.estimate(photo, quality).disparity.normalised()
        if with_refinement:
            values = refine(found, photo, quality=quality).values
        else:
            values = found.resized((photo.shape[1], photo.shape[0])).values
        design = np.stack([values.ravel(), np.ones(values.size, np.float32)], 1)
        (scale, shift), *_ = np.linalg.lstsq(design, exact.ravel(), rcond=None)
        return (scale * values + shift).astype(np.float32)

    return source


def measure(source: Source, scenes: list[Scene]) -> dict[str, Score]:
    """For each scene, the mean over its lenses."""
    result = {}
    for scene in scenes:
        photo = scene.photo
        disparity = source(photo, scene.disparity)
        result[scene.name] = Score.mean(
            [
                score(
                    render_lens(photo, radius_px(disparity, view)).astype(np.float32) / 255,
                    scene,
                    view,
                )
                for view in scene.views
            ]
        )
    return result


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bench", type=Path, default=SCENES, help="folder of scenes")
    options = parser.parse_args()
    scenes = [s for s in load_all(options.bench) if not s.name.startswith(WITH_LAMPS)]
    sources: dict[str, Source] = {
        "exact": lambda photo, exact: exact,
        "bilinear": bilinear,
        **{quality: refined(quality) for quality in ("fast", "default", "high")},
        "network raw": network(False),
        "network": network(True),
        "network high": network(True, "high"),
    }
    for name, source in sources.items():
        rows = measure(source, scenes)
        each = "  ".join(
            f"{name.partition('_')[0]} {s.psnr:.1f}/{s.edge:.1f}" for name, s in rows.items()
        )
        print(f"{name:12s} {Score.mean(list(rows.values()))}   {each}", flush=True)


if __name__ == "__main__":
    main()

"""What refinement is worth: lens blur from coarse disparity against ray-traced truth.

    python benchmarks/refine.py BENCH

BENCH holds ``score.py`` and ``public/`` with rendered scenes (photo, exact depth, and the truth for
four lenses each). Scenes with lamps are left out: their highlights are a matter of the renderer.

exact         the scene's own disparity: the ceiling for one disparity a pixel
bilinear      that, reduced 8 × by area and interpolated
fast … high   that, reduced 8 × by area and refined
network       the photo alone: the built-in network, refined, scale and shift fitted to the exact
network raw   the same without refinement
network high  the same with refinement, both of high quality
"""

from __future__ import annotations

import argparse
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from defocus.depth import load_model
from defocus.disparity import Disparity
from defocus.refine import refine
from defocus.render import render_lens

if TYPE_CHECKING:
    from defocus.edit import Quality

Floats = NDArray[np.float32]
Photo = NDArray[np.uint8]
Source = Callable[[Photo, Floats], Floats]

FACTOR = 8
WITH_LAMPS = ("s03", "s09")
BORDER_PX = 24


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


def load_score(bench: Path) -> Any:
    """The bench's own module."""
    spec = importlib.util.spec_from_file_location("score", bench / "score.py")
    if spec is None or spec.loader is None:
        raise SystemExit(f"no score.py in {bench}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def measure(source: Source, scenes: list[Path], score: Any) -> dict[str, tuple[float, float]]:
    """Mean PSNR over the picture and near depth steps, for each scene."""
    inner = np.s_[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX]
    result = {}
    for scene in scenes:
        _, light, depth = score.load(scene)
        views = json.loads((scene / "meta.json").read_text())["views"]
        photo = np.round(255 * score.encode(light)).astype(np.uint8)
        exact = np.where(np.isfinite(depth), 1 / np.maximum(depth, 1e-3), 0).astype(np.float32)
        disparity = source(photo, exact)
        rows = []
        for view, lens in views.items():
            gain = lens["K_px_m"]
            radius = (gain * (disparity - 1 / lens["focus_distance"])).astype(np.float32)
            found = render_lens(photo, radius).astype(np.float32)[inner] / 255
            truth = score.encode(score.read_exr(f"{scene}/{view}.exr"))[inner]
            edge = score.near_steps(depth, gain)[inner]
            rows.append((score.psnr(found, truth), score.psnr(found[edge], truth[edge])))
        result[scene.name] = tuple(np.mean(rows, 0))
    return result


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("bench", type=Path)
    options = parser.parse_args()
    score = load_score(options.bench)
    scenes = sorted((options.bench / "public").glob("s*"))
    scenes = [s for s in scenes if not s.name.startswith(WITH_LAMPS)]
    sources: dict[str, Source] = {
        "exact": lambda photo, exact: exact,
        "bilinear": bilinear,
        **{quality: refined(quality) for quality in ("fast", "default", "high")},
        "network raw": network(False),
        "network": network(True),
        "network high": network(True, "high"),
    }
    for name, source in sources.items():
        rows = measure(source, scenes, score)
        whole, edge = np.mean(list(rows.values()), 0)
        each = "  ".join(f"{s.partition('_')[0]} {p:.1f}/{e:.1f}" for s, (p, e) in rows.items())
        print(f"{name:12s} {whole:.2f} dB, edge {edge:.2f}   {each}", flush=True)


if __name__ == "__main__":
    main()

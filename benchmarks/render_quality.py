"""The lens renderer against ray-traced thin-lens truth.

    python benchmarks/render_quality.py [--bench ../shared/bench] [--scenes public] [--peers]

Needs OpenEXR. Prints PSNR and PSNR near depth steps for every view, with exact depth and light
above white, and that of the frame's border; with ``--peers`` also the blog's method, a plain
gather, GEGL, ImageMagick and Blender (which see light clipped to white, as 16-bit files hold it).
"""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from render_peers import installed

from defocus.render import render_lens
from defocus.transfer import SRGB

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Render = Callable[[NDArray[np.float32], NDArray[np.float32], dict[str, Any]], Any]

ROOT = Path(__file__).resolve().parent.parent
BORDER_PX = 40


def radius_of(z: NDArray[np.float32], meta: dict[str, Any]) -> NDArray[np.float32]:
    """Signed blur radius in pixels: K · (1/z − 1/z_f)."""
    disparity = np.where(np.isfinite(z), 1 / np.maximum(z, 1e-3), 0)
    return (meta["K"] * (disparity - 1 / meta["focus_distance"])).astype(np.float32)


def lens(rgb: NDArray[np.float32], z: NDArray[np.float32], meta: dict[str, Any]) -> Any:
    return render_lens(rgb, radius_of(z, meta))


def through_file(peer: Callable[[Any, Any], NDArray[np.uint16]]) -> Render:
    def render(rgb: NDArray[np.float32], z: NDArray[np.float32], meta: dict[str, Any]) -> Any:
        encoded = np.rint(SRGB.encode(rgb) * 65535).astype(np.uint16)
        return SRGB.decode((peer(encoded, radius_of(z, meta)) / 65535).astype(np.float32))

    return render


def load_score(folder: Path) -> Any:
    spec = importlib.util.spec_from_file_location("score", folder / "score.py")
    if spec is None or spec.loader is None or not (folder / "score.py").exists():
        raise SystemExit(f"no score.py in {folder}: give its folder with --bench")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def border(score: Any, scenes: Path) -> tuple[float, float]:
    """Mean PSNR within BORDER_PX of the frame, where light comes from outside, and elsewhere."""
    results = []
    for scene in sorted(scenes.glob("s*")):
        scene_meta, rgb, z = score.load(str(scene))
        for view, meta in scene_meta["views"].items():
            ours = lens(rgb, z, {"K": meta["K_px_m"], "focus_distance": meta["focus_distance"]})
            error = score.encode(ours) - score.encode(score.read_exr(str(scene / f"{view}.exr")))
            outer = np.ones(z.shape, bool)
            outer[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX] = False
            results.append([-10 * np.log10(np.mean(error[part] ** 2)) for part in (outer, ~outer)])
    near, rest = np.mean(results, axis=0)
    return float(near), float(rest)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--bench", type=Path, default=ROOT / "../shared/bench")
    parser.add_argument("--scenes", default="public", help="folder inside --bench")
    parser.add_argument("--save", help="folder for pictures: ours beside the truth")
    parser.add_argument("--peers", action="store_true")
    options = parser.parse_args()
    score = load_score(options.bench)
    renders: dict[str, Render] = {"defocus": lens}
    if options.peers:
        renders |= {"blog": score.blog, "gather": score.gather}
        renders |= {name: through_file(peer) for name, peer in installed().items()}
    scenes = str(options.bench / options.scenes)
    best: dict[tuple[str, str], float] = {}
    for name, render in renders.items():
        rows = score.score(render, scenes, options.save if name == "defocus" else None)
        worse = 0
        for row in rows:
            view = row["scene"], row["view"]
            if name == "defocus":
                best[view] = row["psnr"]
                print(f"{view[0]:20s} {view[1]:12s} {row['psnr']:6.2f} edge {row['edge']:6.2f}")
            worse += row["psnr"] < best[view]
        mean = f"mean PSNR {score.mean(rows):.2f}, edge {score.mean(rows, 'edge'):.2f}"
        if name != "defocus":
            mean += f"; worse than defocus in {worse} of {len(rows)} views"
        print(f"{name}: {mean}", flush=True)
    near, rest = border(score, Path(scenes))
    print(f"defocus: outer {BORDER_PX} px {near:.2f}, the rest {rest:.2f}")


if __name__ == "__main__":
    main()

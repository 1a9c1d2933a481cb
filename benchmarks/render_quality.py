"""The lens renderer against ray-traced thin-lens truth.

    python benchmarks/render_quality.py [--bench FOLDER] [--peers]

Prints PSNR and PSNR near depth steps for every view, with exact depth and light above white, and
that of the frame's border; with ``--peers`` also the blog's method, a plain gather, GEGL,
ImageMagick and Blender, as far as they are installed (which see light clipped to white, as 16-bit
files hold it). Without ``--bench`` the scenes in this tree are taken.
"""

from __future__ import annotations

import argparse
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from ray_traced import SCENES, Scene, Score, View, encoded, load_all, psnr, radius_px, score
from render_peers import installed

from defocus.render import render_lens

if TYPE_CHECKING:
    from collections.abc import Callable

    from ray_traced import Floats

    Render = Callable[[Scene, View], Floats]

OUTER_PX = 40


def lens(scene: Scene, view: View) -> Floats:
    """Ours, as sRGB in 0..1."""
    return encoded(render_lens(scene.light, radius_px(scene.disparity, view)))


def blog(scene: Scene, view: View) -> Floats:
    """The blog's method on exact disparity: it keeps near things sharp whatever the focus."""
    disparity = scene.disparity
    far = disparity < disparity.min() + 0.6 * (disparity.max() - disparity.min())
    kernel = np.ones((5, 5), np.uint8)
    mask = cv2.morphologyEx(far.astype(np.uint8), cv2.MORPH_OPEN, kernel)
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, kernel)[..., None]
    picture = encoded(scene.light)
    return np.where(mask > 0, cv2.blur(picture, (21, 21)), picture)


def gather(scene: Scene, view: View) -> Floats:
    """Every pixel averages a disc of its own radius, in linear light: no occlusion."""
    radius = np.minimum(np.abs(radius_px(scene.disparity, view)), 80)
    levels = [0.0]
    while levels[-1] < radius.max():
        levels.append(min(levels[-1] * 1.12 + 0.5, float(radius.max())))
    out, previous = np.zeros_like(scene.light), scene.light
    for low, high in pairwise(levels):
        n = int(np.ceil(high + 0.5))
        fine = (np.arange((2 * n + 1) * 5) + 0.5) / 5 - n - 0.5
        inside = (np.hypot(*np.meshgrid(fine, fine)) <= high).astype(np.float32)
        kernel = inside.reshape(2 * n + 1, 5, 2 * n + 1, 5).mean((1, 3))
        current = scene.light
        if high > 0.5:
            border = cv2.BORDER_REFLECT101
            current = cv2.filter2D(scene.light, -1, kernel / kernel.sum(), borderType=border)
        share = (radius - low) / max(high - low, 1e-6)
        here = (share >= 0) & (share <= 1)
        weight = share[here, None]
        out[here] = previous[here] * (1 - weight) + current[here] * weight
        previous = current
    return encoded(out)


def through_file(peer: Callable[..., Floats]) -> Render:
    """A program that takes 16-bit files."""

    def render(scene: Scene, view: View) -> Floats:
        values = np.rint(encoded(scene.light) * 65535).astype(np.uint16)
        return (peer(values, radius_px(scene.disparity, view)) / 65535).astype(np.float32)

    return render


def border(scenes: list[Scene]) -> tuple[float, float]:
    """Mean PSNR within OUTER_PX of the frame, where light comes from outside, and elsewhere."""
    results = []
    for scene in scenes:
        for view in scene.views:
            found = lens(scene, view)
            outer = np.ones(scene.disparity.shape, bool)
            outer[OUTER_PX:-OUTER_PX, OUTER_PX:-OUTER_PX] = False
            results.append([psnr(found[part], view.truth[part]) for part in (outer, ~outer)])
    near, rest = np.mean(results, axis=0)
    return float(near), float(rest)


def mean_score(render: Render, scenes: list[Scene]) -> Score:
    """Over all views."""
    return Score.mean([score(render(s, view), s, view) for s in scenes for view in s.views])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--bench", type=Path, default=SCENES, help="folder of scenes")
    parser.add_argument("--save", type=Path, help="folder for pictures: ours beside the truth")
    parser.add_argument("--peers", action="store_true")
    options = parser.parse_args()
    renders: dict[str, Render] = {"defocus": lens}
    if options.peers:
        renders |= {"blog": blog, "gather": gather}
        renders |= {name: through_file(peer) for name, peer in installed().items()}
    scenes = load_all(options.bench)
    best: dict[tuple[str, str], float] = {}
    for name, render in renders.items():
        scores, worse = [], 0
        for scene in scenes:
            for view in scene.views:
                found = render(scene, view)
                scores.append(score(found, scene, view))
                key = scene.name, view.name
                if name == "defocus":
                    best[key] = scores[-1].psnr
                    print(f"{scene.name:20s} {view.name:12s} {scores[-1]}")
                    if options.save:
                        _save(options.save / f"{scene.name}-{view.name}.png", found, view.truth)
                worse += scores[-1].psnr < best[key]
        tail = "" if name == "defocus" else f"; worse than defocus in {worse} of {len(scores)}"
        print(f"{name}: mean {Score.mean(scores)}{tail}", flush=True)
    near, rest = border(scenes)
    print(f"defocus: outer {OUTER_PX} px {near:.2f}, the rest {rest:.2f}")


def _save(path: Path, found: Floats, truth: Floats) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    both = np.round(255 * np.hstack([found, truth])).astype(np.uint8)
    cv2.imwrite(str(path), both[..., ::-1])


if __name__ == "__main__":
    main()

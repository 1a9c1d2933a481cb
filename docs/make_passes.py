"""Make the pictures of docs/renderer.md: what each pass of the renderer leaves behind.

    ./dev python docs/make_passes.py    # needs a C++ compiler

The renderer's own passes run in ``docs/passes.cpp`` on a rendered scene with exact depth.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from make_pictures import PICTURES, ROOT, labelled, save

if TYPE_CHECKING:
    from make_pictures import Panel
    from numpy.typing import NDArray

sys.path.append(str(ROOT / "benchmarks"))
import ray_traced

CORE = ROOT / "src" / "core"
SCENE, VIEW, FRONT_VIEW = "vase_table", "subj_wide", "bg_wide"
WIDTH_PX = 900
# Bits of TileFlag in levels.hpp, and the colour in which a tile with it is shown.
FLAGS = {1: (240, 200, 60), 8: (60, 110, 220), 16: (220, 80, 60)}

Planes = dict[str, "NDArray[np.float32]"]


def compiled(folder: Path) -> Path:
    """The program that runs the passes."""
    program = folder / "passes"
    own = Path(__file__).with_name("passes.cpp")
    # All but the renderer's face and its kernels: the program has the passes in their place.
    others = (
        path for path in (CORE / "src").glob("*.cpp") if path.stem[:6] not in ("kernel", "render")
    )
    sources = [own, *others]
    flags = ["-O1", "-std=c++17", "-ffp-contract=off", "-pthread", "-Wno-psabi"]
    places = [f"-I{CORE / 'include'}", f"-I{CORE / 'src'}"]
    compiler = os.environ.get("CXX", "c++")
    subprocess.run([compiler, *flags, *places, *map(str, sources), "-o", str(program)], check=True)
    return program


def passes(light: NDArray[np.float32], radius: NDArray[np.float32]) -> Planes:
    """What each pass leaves, by name: H×W×C of its own size.

    Args:
        light: H×W×3, linear.
        radius: H×W, signed pixels.
    """
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        np.ascontiguousarray(light, np.float32).tofile(folder / "light.f32")
        np.ascontiguousarray(radius, np.float32).tofile(folder / "radius.f32")
        height, width = radius.shape
        subprocess.run([compiled(folder), str(width), str(height), place], check=True)
        found: Planes = {}
        for path in folder.glob("*.*.f32"):
            name, size, _ = path.name.split(".")
            across, down, channels = map(int, size.split("x"))
            found[name] = np.fromfile(path, np.float32).reshape(down, across, channels)
        return found


def seen(plane: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Light, or light · weight and weight before grey, as a picture of the scene's size."""
    light = plane[..., :3]
    if plane.shape[2] == 4:
        light = light + 0.18 * (1 - np.clip(plane[..., 3:], 0, 1))
    return np.round(255 * ray_traced.encoded(light)).astype(np.uint8)


def radii(radius: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Blue behind the focal plane, red in front of it, white in focus."""
    share = np.clip(radius / np.abs(radius).max(), -1, 1)[..., None]
    far, near, white = np.array([40, 80, 200]), np.array([200, 50, 40]), np.array([255] * 3)
    away = np.sqrt(np.abs(share))
    return np.uint8(white * (1 - away) + np.where(share < 0, far, near) * away)


def tiles(flags: NDArray[np.float32], photo: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The photo, each tile of 64 pixels in the colour of the farthest reaching work in it."""
    shown = photo.copy() // 2 + 60
    for (ty, tx), value in np.ndenumerate(flags[..., 0].astype(int)):
        part = np.s_[ty * 64 : ty * 64 + 64, tx * 64 : tx * 64 + 64]
        for bit, tint in FLAGS.items():
            if value & bit:
                shown[part] = shown[part] // 2 + np.array(tint, np.uint8) // 2
        shown[ty * 64, part[1]] = shown[part[0], tx * 64] = 255
    return shown


def enlarged(picture: NDArray[Any], size_wh: tuple[int, int]) -> NDArray[Any]:
    """Cells as squares of the picture's size."""
    return np.asarray(cv2.resize(picture, size_wh, interpolation=cv2.INTER_NEAREST))


def sheet(name: str, panels: list[Panel]) -> None:
    height, width = panels[0][1].shape[:2]
    even = [(word, enlarged(picture, (width, height))) for word, picture in panels]
    save(labelled(even, WIDTH_PX // len(panels)), PICTURES / f"pass-{name}.jpg")


def main() -> None:
    scene = next(one for one in ray_traced.load_all() if one.name == SCENE)
    views = {view.name: view for view in scene.views}
    radius = ray_traced.radius_px(scene.disparity, views[VIEW])
    found = passes(scene.light, radius)
    photo = scene.photo
    sheet("input", [("pixels", photo), ("radius: blue behind, red in front", radii(radius))])
    rims = photo // 3
    rims[found["rims"][..., 0] > 0] = 255
    sheet("survey", [("tiles by what they hold", tiles(found["tiles"], photo)), ("rims", rims)])
    step = np.s_[100:196, 250:378]
    clean = seen(found["samples"])[step]
    sheet("samples", [("as photographed, enlarged", photo[step]), ("rims cleaned", clean)])
    cells = {
        "all at first, level 1": "downsample-behind-1",
        "what stays in level 1": "moved-behind-1",
        "what went to level 2": "moved-behind-2",
    }
    sheet("levels", [(word, seen(found[name])) for word, name in cells.items()])
    scattered = {"level 2": "scatter-behind-2", "level 1, joined with it": "scatter-behind-1"}
    sheet("scatter", [(word, seen(found[name])) for word, name in scattered.items()])
    truth = np.round(255 * views[VIEW].truth).astype(np.uint8)
    sheet("compose", [("the picture", seen(found["compose"])), ("path traced", truth)])
    # Much lies before the focal plane only if that is far away.
    front = passes(scene.light, ray_traced.radius_px(scene.disparity, views[FRONT_VIEW]))
    sheet(
        "fill",
        [
            ("in front, blurred", seen(front["scatter-front-1"])),
            ("what it hides", seen(front["fill"])),
            ("the picture", seen(front["compose"])),
        ],
    )


if __name__ == "__main__":
    main()

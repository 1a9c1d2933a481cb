"""Ray-traced scenes with exact depth and lens truth, and how near a picture comes to the truth.

Reads the scenes in ``benchmarks/scenes`` (see the README there) and folders of the same kind in
OpenEXR (``aif.exr``, ``z.npz``, ``meta.json``, ``VIEW.exr``), for which OpenEXR must be installed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from defocus.transfer import SRGB

Floats = NDArray[np.float32]

SCENES = Path(__file__).with_name("scenes")
BORDER_PX = 24  # left out: its truth sees things beyond the frame
NEAR_PX = 12  # "edge" is what lies so near to a depth step of 2 pixels of radius


@dataclass(frozen=True, eq=False)
class View:
    """One lens: K in px·m, its focal plane in 1/m, and what it gives, H×W×3 sRGB in 0..1."""

    name: str
    gain_px_m: float
    focus_per_m: float
    truth: Floats


@dataclass(frozen=True, eq=False)
class Scene:
    """All in focus: H×W×3 linear light (above 1 where lamps are); H×W disparity in 1/m, 0 = sky."""

    name: str
    light: Floats
    disparity: Floats
    views: list[View]

    @property
    def photo(self) -> NDArray[np.uint8]:
        """The scene as a camera would store it: sRGB, 8 bits, lights clipped."""
        return np.round(255 * encoded(self.light)).astype(np.uint8)


@dataclass(frozen=True)
class Score:
    """Decibels over the picture, and near depth steps; both without the border."""

    psnr: float
    edge: float

    @staticmethod
    def mean(scores: list[Score]) -> Score:
        psnr, edge = np.mean([(score.psnr, score.edge) for score in scores], 0)
        return Score(float(psnr), float(edge))

    def __str__(self) -> str:
        return f"{self.psnr:.2f} dB, edge {self.edge:.2f}"


def radius_px(disparity: Floats, view: View) -> Floats:
    """r = K · (d − d_f)."""
    return (view.gain_px_m * (disparity - view.focus_per_m)).astype(np.float32)


def encoded(light: Floats) -> Floats:
    """Linear light, clipped to white, as sRGB values in 0..1."""
    return SRGB.encode(np.clip(light, 0, 1).astype(np.float32))


def score(found: Floats, scene: Scene, view: View) -> Score:
    """Compare sRGB values in 0..1 with the truth."""
    inner = np.s_[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX]
    edge = _near_steps(scene.disparity * np.float32(view.gain_px_m))[inner]
    found, truth = found[inner], view.truth[inner]
    return Score(psnr(found, truth), psnr(found[edge], truth[edge]))


def psnr(found: Floats, truth: Floats) -> float:
    """Decibels of values in 0..1."""
    return float(-10 * np.log10(max(float(np.mean((found - truth) ** 2)), 1e-12)))


def _near_steps(radius: Floats) -> NDArray[np.bool_]:
    around = np.ones((3, 3), np.uint8)
    step = ((cv2.dilate(radius, around) - cv2.erode(radius, around)) > 2).astype(np.uint8)
    size = 2 * NEAR_PX + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return np.asarray(cv2.dilate(step, disc) > 0)


def load_all(folder: Path = SCENES) -> list[Scene]:
    """Every scene in a folder, in either form."""
    scenes = [
        _from_exr(path) if (path / "aif.exr").exists() else _from_png(path)
        for path in sorted(folder.iterdir())
        if path.is_dir()
    ]
    if not scenes:
        raise SystemExit(f"no scenes in {folder}")
    return scenes


def _from_png(folder: Path) -> Scene:
    views = [
        View(name, lens["K_px_m"], 1 / lens["focus_distance_m"], _picture(folder / f"{name}.png"))
        for name, lens in json.loads((folder / "views.json").read_text())["views"].items()
    ]
    light = _halves(folder / "light.png")[..., ::-1]
    return Scene(folder.name, np.ascontiguousarray(light), _halves(folder / "disparity.png"), views)


def _halves(path: Path) -> Floats:
    bits = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    return np.asarray(bits.view(np.float16), np.float32)


def _picture(path: Path) -> Floats:
    return np.ascontiguousarray(cv2.imread(str(path))[..., ::-1]).astype(np.float32) / 255


def _from_exr(folder: Path) -> Scene:
    meta: dict[str, Any] = json.loads((folder / "meta.json").read_text())
    z = np.load(folder / "z.npz")["z"]
    disparity = np.where(np.isfinite(z), 1 / np.maximum(z, 1e-3), 0).astype(np.float32)
    views = [
        View(name, m["K_px_m"], 1 / m["focus_distance"], encoded(_read_exr(folder / f"{name}.exr")))
        for name, m in meta["views"].items()
    ]
    return Scene(folder.name, _read_exr(folder / "aif.exr"), disparity, views)


def _read_exr(path: Path) -> Floats:
    import OpenEXR

    with OpenEXR.File(str(path)) as file:
        return np.array(file.channels()["RGB"].pixels).astype(np.float32)

"""A scene as an implementation in Python is given it, and how its answer is judged."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

import defocus
from defocus.constants import FULL_FRAME_WIDTH_MM
from defocus.optics import Lens, radius_px, thin_lens_gain_px_m
from defocus.render import render_reference

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.photo import Photo

CASES = Path(__file__).parent / "cases"
TONE_PX = 15  # side of the squares whose mean tone is compared


@dataclass(frozen=True, eq=False)
class Case:
    photo: Photo
    radius_px: NDArray[np.float32]
    lens: Lens


def load(folder: Path) -> Case:
    record = json.loads((folder / "case.json").read_text())
    photo = defocus.read_photo(folder / "photo.png")
    codes = cv2.imread(str(folder / "disparity.png"), cv2.IMREAD_UNCHANGED)
    lens, plane = Lens(**record["lens"]), record["plane"]
    if "metric" in record:
        metric = record["metric"]
        gain_px = metric["per_unit"] * thin_lens_gain_px_m(
            metric["focal_35mm"] / FULL_FRAME_WIDTH_MM * max(photo.size_wh),
            metric["focal_35mm"] / 1000,
            lens.f_number,
            1 / (metric["low"] + metric["per_unit"] * plane["disparity"]),
        )
    else:
        gain_px = record["gain_px"]
    radius = radius_px(
        codes.astype(np.float32) / np.float32(65535),
        np.float32(plane["disparity"]),
        gain_px,
        focus_range=plane["range"],
        foreground=record["foreground"],
    )
    return Case(photo, radius, lens)


def truth(folder: Path) -> NDArray[Any]:
    return np.asarray(defocus.read_photo(folder / "truth.png").pixels)


def expected(folder: Path, step_px: float = 0.5) -> NDArray[Any]:
    """What the reference renderer answers: the truth, computed anew."""
    case = load(folder)
    return render_reference(
        case.photo.pixels,
        case.radius_px,
        case.lens,
        step_px=step_px,
        transfer=case.photo.transfer,
    )


@dataclass(frozen=True)
class Likeness:
    """How near an answer is to the truth, in code values of 0..255.

    Attributes:
        psnr_db: peak signal to noise over all pixels and channels.
        tone: the largest difference of the mean over any square of ``TONE_PX`` pixels.
        worst: the largest difference of any value.
    """

    psnr_db: float
    tone: float
    worst: float


@dataclass(frozen=True)
class Tolerance:
    """What an implementation must reach in a scene."""

    psnr_db: float
    tone: float


def tolerance(implementation: str, scene: str) -> Tolerance:
    """From ``tolerances.json``: the scene's own, or the implementation's usual one."""
    usual = json.loads((CASES.parent / "tolerances.json").read_text())[implementation]
    own = [v for pattern, v in usual["but"].items() if fnmatch(scene, pattern)]
    chosen = own[0] if own else usual
    return Tolerance(chosen["psnr_db"], chosen["tone"])


def likeness(answer: NDArray[Any], right: NDArray[Any]) -> Likeness:
    scale = 255 / np.iinfo(right.dtype).max
    error = (answer.astype(np.float32) - right.astype(np.float32)) * scale
    mean_square = float(np.mean(error**2))
    psnr = 99.0 if mean_square == 0 else 10 * np.log10(255**2 / mean_square)
    tone = cv2.blur(error, (TONE_PX, TONE_PX), borderType=cv2.BORDER_REFLECT_101)
    return Likeness(float(psnr), float(np.abs(tone).max()), float(np.abs(error).max()))

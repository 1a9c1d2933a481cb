"""Write every scene's folder: what an implementation is given, and the truth.

    ./dev python conformance/make.py [NAME ...]

Run it after a change of ``scenes.py`` or of the reference renderer. It takes about a minute.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from case import CASES, expected
from PIL import Image
from scenes import HEIGHT, PLANE, WIDTH, Scene, scenes

from defocus.constants import FULL_FRAME_WIDTH_MM
from defocus.formats.coded_colour import from_h273
from defocus.optics import thin_lens_gain_px_m
from defocus.render import render_reference
from defocus.transfer import SRGB

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_DISPLAY_P3 = 12, 13  # code points of ITU-T H.273


def gain_px(scene: Scene) -> float:
    """Pixels of radius per unit of disparity."""
    if scene.metric is None:
        return scene.gain_px
    low, per_unit, focal = (scene.metric[k] for k in ("low", "per_unit", "focal_35mm"))
    return per_unit * thin_lens_gain_px_m(
        focal / FULL_FRAME_WIDTH_MM * max(WIDTH, HEIGHT),
        focal / 1000,
        scene.lens.f_number,
        1 / (low + per_unit * PLANE),
    )


def write(scene: Scene) -> None:
    folder = CASES / scene.name
    folder.mkdir(parents=True, exist_ok=True)
    profile = from_h273(*_DISPLAY_P3)[0] if scene.space == "display-p3" else None
    disparity = np.rint((PLANE + scene.radius_px / gain_px(scene)) * 65535)
    if disparity.min() < 0 or disparity.max() > 65535:
        raise SystemExit(f"{scene.name}: the radius asks for a disparity beyond 0..1")
    cv2.imwrite(str(folder / "disparity.png"), disparity.astype(np.uint16))
    _write_photo(folder / "photo.png", scene.photo, profile)
    lens = {**asdict(scene.lens), "highlights": scene.lens.highlights or 0.0}
    record: dict[str, Any] = {"about": scene.about, "lens": lens}
    record["plane"] = {"disparity": PLANE, "range": scene.focus_range}
    record["foreground"] = scene.foreground
    if scene.metric is None:
        record["gain_px"] = scene.gain_px
    else:
        record["metric"] = scene.metric
    (folder / "case.json").write_text(json.dumps(record, indent=2) + "\n")
    if scene.answer is not None:
        right = scene.answer
    elif scene.complete is not None:
        right = complete_truth(scene)
    else:
        right = expected(folder, scene.step_px)
    _write_photo(folder / "truth.png", right, profile)


def complete_truth(scene: Scene) -> NDArray[Any]:
    """A surface before the plane over a complete picture, by the coverage of the first."""
    before = scene.radius_px > 0
    radius, behind = scene.radius_px.max(), scene.radius_px.min()

    def blurred(light: NDArray[Any], by: float) -> NDArray[Any]:
        plane = np.full(before.shape, by, np.float32)
        return render_reference(light.astype(np.float32), plane, scene.lens)

    cover = np.repeat(before[..., None], 3, 2)
    front = blurred(SRGB.decode((scene.photo / 255).astype(np.float32)) * cover, radius)
    back = blurred(SRGB.decode((scene.complete / 255).astype(np.float32)), behind)
    light = front + (1 - blurred(cover, radius)) * back
    return np.rint(SRGB.encode(light.astype(np.float32)) * 255).astype(np.uint8)


def _write_photo(path: Path, pixels: NDArray[Any], profile: bytes | None) -> None:
    if pixels.dtype == np.uint16:
        cv2.imwrite(str(path), np.ascontiguousarray(pixels[..., ::-1]))
    else:
        Image.fromarray(pixels).save(path, icc_profile=profile, optimize=True)


def main(names: list[str]) -> None:
    for scene in scenes():
        if not names or scene.name in names:
            write(scene)


if __name__ == "__main__":
    main(sys.argv[1:])

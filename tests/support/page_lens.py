"""The page's lens alone: pictures and disparity in, the canvas out, no photo opened."""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from defocus.render.lamps import find_lamps
from defocus.transfer import SRGB

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from playwright.sync_api import Page

    from defocus.optics import Lens

_RENDER = """async ({ png, width, height, values, subject, lamps, params, part, frame, level }) => {
    const { LensRenderer } = await import("/lens/renderer.js");
    const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes(png)], { type: "image/png" }), {
        colorSpaceConversion: "none",
    });
    const canvas = document.createElement("canvas");
    const renderer = new LensRenderer(canvas);
    renderer.level = level;
    renderer.setPhoto(bitmap, part ?? undefined);
    renderer.setLamps(lamps && { ...lamps, values: bytes(lamps.values) });
    const map = { values: new Float32Array(bytes(values).buffer), width, height };
    renderer.setDisparity(map, subject === null ? null : bytes(subject));
    renderer.render(params);
    if (frame === "rest") while (renderer.refine());
    const url = canvas.toDataURL();
    renderer.dispose();
    return url;
}"""
# How a machine without a GPU and one with a good one render: LEVELS in lens/renderer.js.
SLOW, QUICK = 2, 5


def render(
    page: Page,
    pixels: NDArray[np.uint8],
    disparity: NDArray[np.float32],
    lens: Lens,
    *,
    plane: float,
    gain: float,
    plane_range: float = 0.0,
    foreground: float = 1.0,
    subject: NDArray[np.uint8] | None = None,
    part: dict[str, float] | None = None,
    whole: NDArray[np.uint8] | None = None,
    frame: str = "rest",
    level: int = SLOW,
) -> NDArray[np.uint8]:
    """What the page shows of a picture: H×W×3.

    Args:
        page: any page of the studio.
        pixels: H×W×3, sRGB.
        disparity: H×W, normalised.
        lens: its shape and highlights.
        plane: disparity in focus.
        gain: pixels of radius per unit of disparity.
        plane_range: width of what is sharp around the plane.
        foreground: 0 to 1.
        subject: H×W, what ``plane`` holds, or None.
        part: of the whole picture that ``pixels`` are, in fractions; None for all.
        whole: that picture, where lamps are looked for; None is ``pixels``.
        frame: ``"first"`` while something moves, ``"rest"`` once it stands.
        level: how much one frame may cost.
    """
    png = cv2.imencode(".png", pixels[..., ::-1])[1]
    height, width = disparity.shape
    wanted: dict[str, Any] = {
        "png": _text(png.tobytes()),
        "width": width,
        "height": height,
        "values": _text(np.ascontiguousarray(disparity, np.float32).tobytes()),
        "subject": None if subject is None else _text(subject.tobytes()),
        "params": {
            "plane": {
                "disparity": plane,
                "range": plane_range,
                "holdsSubject": int(subject is not None),
            },
            "gain": gain,
            "lens": {**asdict(lens), "highlights": lens.highlights or 0.0},
            "foreground": foreground,
        },
        "lamps": _lamps(pixels if whole is None else whole, lens),
        "part": part,
        "frame": frame,
        "level": level,
    }
    data = page.evaluate(_RENDER, wanted).split(",")[1]
    shown = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    return np.ascontiguousarray(shown[..., ::-1])


def _lamps(pixels: NDArray[np.uint8], lens: Lens) -> dict[str, Any] | None:
    lamps = find_lamps(pixels, SRGB, lens.highlight_threshold)
    if lamps is None:
        return None
    height, width = lamps.cells.shape[:2]
    extent = [width * lamps.cell_px / pixels.shape[1], height * lamps.cell_px / pixels.shape[0]]
    values = _text(lamps.cells.tobytes())
    return {"values": values, "width": width, "height": height, "extent": extent}


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()

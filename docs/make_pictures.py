"""Make the pictures of the README and the docs from the photos in examples/.

./dev python docs/make_pictures.py
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

import defocus

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "pictures"
GAP_PX = 8


def colour(values: np.ndarray) -> np.ndarray:
    """Disparity as colours, RGB: far is dark, near is bright."""
    levels = np.round(np.clip(values, 0, 1) * 255).astype(np.uint8)
    return cv2.cvtColor(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)


def labelled(panels: list[tuple[str, np.ndarray]], width: int) -> Image.Image:
    """Panels side by side, each with a word below."""
    font = ImageFont.load_default(18)
    height = round(width * panels[0][1].shape[0] / panels[0][1].shape[1])
    sheet = Image.new("RGB", (len(panels) * (width + GAP_PX) - GAP_PX, height + 30), "white")
    draw = ImageDraw.Draw(sheet)
    for index, (word, pixels) in enumerate(panels):
        left = index * (width + GAP_PX)
        panel = Image.fromarray(pixels).resize((width, height), Image.Resampling.LANCZOS)
        sheet.paste(panel, (left, 0))
        draw.text((left + 2, height + 5), word, "black", font)
    return sheet


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    photo = defocus.read_photo(ROOT / "examples" / "eileen-collins.png")
    edit = defocus.Edit(lens=defocus.Lens(f_number=1.4, highlights=0.3))
    result = defocus.apply(photo, edit)
    panels = [
        ("photo", photo.pixels),
        ("disparity, by the built-in network", colour(result.scene.disparity.values)),
        ("defocus blur --f 1.4", result.photo.pixels),
    ]
    labelled(panels, 400).save(PICTURES / "before-disparity-after.jpg", quality=92)


if __name__ == "__main__":
    main()

"""Make the pictures of the README and of the tutorial from the photos in examples/.

./dev python docs/make_pictures.py
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

import defocus

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "pictures"
PHOTO = ROOT / "examples" / "eileen-collins.png"
GAP_PX, WORDS_PX = 8, 30

Panel = tuple[str, "NDArray[Any]"]


def colour(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Values of 0 to 1 as colours, RGB: 0 is dark, 1 is bright."""
    levels = np.round(np.clip(values, 0, 1) * 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO), 4))


def grey(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Values of 0 to 1 as a grey picture, RGB."""
    levels = np.round(np.clip(values, 0, 1) * 255).astype(np.uint8)
    return np.repeat(levels[..., None], 3, axis=2)


def labelled(panels: list[Panel], width: int, columns: int = 0) -> Image.Image:
    """Panels of one shape side by side, each with a word below.

    Args:
        panels: words and H×W×3 uint8.
        width: of each, in pixels.
        columns: how many stand in a row; 0: all.
    """
    columns = columns or len(panels)
    rows = -(-len(panels) // columns)
    font = ImageFont.load_default(16)
    height = round(width * panels[0][1].shape[0] / panels[0][1].shape[1])
    size = columns * (width + GAP_PX) - GAP_PX, rows * (height + WORDS_PX)
    sheet = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(sheet)
    for index, (word, pixels) in enumerate(panels):
        left = index % columns * (width + GAP_PX)
        top = index // columns * (height + WORDS_PX)
        grows = width > pixels.shape[1]
        way = Image.Resampling.NEAREST if grows else Image.Resampling.LANCZOS
        sheet.paste(Image.fromarray(pixels).resize((width, height), way), (left, top))
        draw.text((left + 2, top + height + 5), word, "black", font)
    return sheet


def save(sheet: Image.Image, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    sheet.save(path, quality=88)


def main() -> None:
    photo = defocus.read_photo(PHOTO)
    plain = defocus.Edit()
    scene = defocus.prepare(photo, plain)

    def blurred(**changes: Any) -> NDArray[Any]:
        return defocus.render_scene(scene, replace(plain, **changes)).pixels

    def at(f_number: float) -> NDArray[Any]:
        return blurred(lens=replace(plain.lens, f_number=f_number))

    disparity = colour(scene.disparity.values)
    before = [
        ("photo", photo.pixels),
        ("disparity, by the built-in network", disparity),
        ("defocus blur --f 1.4", at(1.4)),
    ]
    save(labelled(before, 400), PICTURES / "before-disparity-after.jpg")
    first = [("photo.jpg", photo.pixels), ("photo-defocus.jpg", blurred())]
    save(labelled(first, 400), PICTURES / "tutorial-first.jpg")
    apertures = [(f"--f {f:g}", at(f)) for f in (1.2, 2.8, 5.6)]
    save(labelled(apertures, 300), PICTURES / "tutorial-aperture.jpg")
    places = {
        "--focus auto": defocus.Focus(),
        "--focus 0.1,0.3": defocus.Focus("point", (0.1, 0.3)),
        "--focus near": defocus.Focus("near"),
    }
    focused = [(word, blurred(focus=focus)) for word, focus in places.items()]
    save(labelled(focused, 300), PICTURES / "tutorial-focus.jpg")
    save(labelled([("", disparity)], 400), PICTURES / "tutorial-depth.jpg")


if __name__ == "__main__":
    main()

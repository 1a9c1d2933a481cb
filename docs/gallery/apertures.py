"""Draw the gallery of apertures: one night scene through many lenses.

    python docs/gallery/apertures.py        # writes apertures.jpg beside this file

The scene is an 8-bit picture whose lights are clipped to white, as a camera would store it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from defocus.optics import Lens
from defocus.render import render_lens

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDTH, HEIGHT, RADIUS = 480, 320, 15.0

LENSES = {
    "in focus": None,
    "round": Lens(highlights=0.5),
    "highlights 0": Lens(),
    "blades 5": Lens(blades=5, rotation_deg=90, highlights=0.5),
    "blades 6, roundness 0.5": Lens(blades=6, roundness=0.5, highlights=0.5),
    "blades 8, rotation 20": Lens(blades=8, rotation_deg=20, highlights=0.5),
    "cat_eye 0.9": Lens(cat_eye=0.9, highlights=0.5),
    "squeeze 0.6 (anamorphic)": Lens(squeeze=0.6, highlights=0.5),
    "ring 1 (soap bubbles)": Lens(ring=1, highlights=0.5),
    "ring -1 (cream)": Lens(ring=-1, highlights=0.5),
    "cat_eye 0.7, blades 7": Lens(cat_eye=0.7, blades=7, highlights=0.8),
    "highlights 1": Lens(highlights=1),
}


def night() -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Lights in the dark behind a sharp post, and the signed blur radius of every pixel."""
    rng = np.random.default_rng(4)
    rows = np.linspace(0, 1, HEIGHT)[:, None, None]
    image = (np.array([28, 22, 40]) * (1 - rows) + np.array([60, 45, 30]) * rows).astype(np.uint8)
    image = np.ascontiguousarray(np.broadcast_to(image, (HEIGHT, WIDTH, 3)))
    colours = [(255, 255, 255), (255, 244, 214), (255, 236, 180), (240, 248, 255), (255, 190, 170)]
    for _ in range(55):
        centre = int(rng.integers(0, WIDTH)), int(rng.integers(0, HEIGHT * 3 // 4))
        cv2.circle(image, centre, 1, colours[rng.integers(len(colours))], -1, cv2.LINE_AA)
    radius = np.full((HEIGHT, WIDTH), -RADIUS, np.float32)
    post = np.s_[90:, 215:245]
    image[post] = np.array([150, 120, 95]) - 40 * (np.arange(30)[None, :, None] > 20)
    radius[post] = 0
    return image, radius


def main() -> None:
    image, radius = night()
    tiles = []
    for name, lens in LENSES.items():
        tile = image.copy() if lens is None else render_lens(image, radius, lens)
        cv2.putText(
            tile,
            name,
            (10, HEIGHT - 12),
            cv2.FONT_HERSHEY_SIMPLEX,
            0.55,
            (235,) * 3,
            1,
            cv2.LINE_AA,
        )
        tiles.append(tile)
    sheet = np.vstack([np.hstack(tiles[i : i + 3]) for i in range(0, len(tiles), 3)])
    target = Path(__file__).with_name("apertures.jpg")
    cv2.imwrite(str(target), sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])


if __name__ == "__main__":
    main()

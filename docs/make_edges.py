"""Make the pictures of docs/depth.md: how a coarse map becomes soft edges.

./dev python docs/make_edges.py
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from make_pictures import PHOTO, PICTURES, colour, grey, labelled, save

import defocus
from defocus.layers import make_layers
from defocus.pipeline import focal_plane

# Of the photo: a head with hair, before a wall and a flag.
PART = np.s_[0:150, 110:310]
WIDTH_PX = 300


def main() -> None:
    photo = defocus.read_photo(PHOTO)
    edit = replace(defocus.Edit(), lens=replace(defocus.Edit().lens, f_number=1.2))
    scene = defocus.prepare(photo, edit)
    coarse = scene.source.normalised().values
    # What it is like without the edges of the photo: the network's map, enlarged.
    smooth = cv2.resize(coarse, photo.size_wh, interpolation=cv2.INTER_LINEAR)
    cells = cv2.resize(coarse, photo.size_wh, interpolation=cv2.INTER_NEAREST)
    maps = [
        ("the photo", photo.pixels[PART]),
        ("as the network gives it", colour(cells)[PART]),
        ("refined", colour(scene.disparity.values)[PART]),
    ]
    save(labelled(maps, WIDTH_PX), PICTURES / "edges-maps.jpg")

    layers = make_layers(scene, edit, focal_plane(scene, edit))
    assert layers.behind is not None
    alpha = layers.behind.alpha
    back = np.where(alpha[..., None] < 255, layers.behind.colour, np.uint8(128))
    samples = [
        ("weight of the front sample", grey(alpha / 255)[PART]),
        ("its colour", np.asarray(layers.colour[PART])),
        ("colour of the sample behind", np.asarray(back[PART])),
    ]
    save(labelled(samples, WIDTH_PX), PICTURES / "edges-samples.jpg")

    unrefined = replace(scene, disparity=replace(scene.disparity, values=smooth), subject=None)
    hard = replace(edit, matte=False)
    results = [
        ("the network's map alone", defocus.render_scene(unrefined, hard).pixels[PART]),
        ("refined, one sample a pixel", defocus.render_scene(scene, hard).pixels[PART]),
        ("refined, two samples", defocus.render_scene(scene, edit).pixels[PART]),
    ]
    save(labelled(results, WIDTH_PX), PICTURES / "edges-results.jpg")


if __name__ == "__main__":
    main()

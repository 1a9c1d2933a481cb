"""Make the gallery: ``docs/gallery/*.jpg``, from pictures in the tree.

./dev python docs/make_gallery.py             # all
./dev python docs/make_gallery.py looks truth # these
"""

from __future__ import annotations

import runpy
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from make_pictures import PHOTO, ROOT, grey, labelled, save
from PIL import Image

import defocus
from defocus.edit.looks import looks as every_look
from defocus.edit.looks import with_look
from defocus.pipeline import focal_plane, layered
from defocus.render import render_lens

if TYPE_CHECKING:
    from collections.abc import Callable

    from make_pictures import Panel

GALLERY = ROOT / "docs" / "gallery"
FREE = ("coffee", "chelsea", "camera", "rocket")
FREE_WH = 320, 213


def apertures() -> None:
    """Lamps through many lenses."""
    runpy.run_path(str(GALLERY / "apertures.py"), run_name="__main__")


def looks() -> None:
    """One photo in every look."""
    photo = defocus.read_photo(PHOTO)
    scene = defocus.prepare(photo, defocus.Edit())
    panels: list[Panel] = [("the photo", photo.pixels)]
    for look in every_look().values():
        edit = with_look(defocus.Edit(), look)
        panels.append((f"--look {look.name}", defocus.render_scene(scene, edit).pixels))
    save(labelled(panels, 220, 4), GALLERY / "looks.jpg")


def photos() -> None:
    """The free photos of the tree, before and after."""
    edit = replace(defocus.Edit(), lens=replace(defocus.Edit().lens, f_number=1.4))
    panels: list[Panel] = []
    for name in FREE:
        photo = defocus.read_photo(ROOT / "benchmarks" / "marked" / f"{name}.jpg")
        result = defocus.apply(photo, edit)
        panels += [(name, framed(photo.pixels)), ("f/1.4", framed(result.photo.pixels))]
    save(labelled(panels, FREE_WH[0], 2), GALLERY / "photos.jpg")


def framed(pixels: np.ndarray) -> np.ndarray:
    """The picture as large as it fits into the frame of all, on white."""
    picture = Image.fromarray(pixels)
    picture.thumbnail(FREE_WH, Image.Resampling.LANCZOS)
    frame = Image.new("RGB", FREE_WH, "white")
    frame.paste(picture, tuple((a - b) // 2 for a, b in zip(FREE_WH, picture.size, strict=True)))
    return np.asarray(frame)


def truth() -> None:
    """Rendered scenes with exact depth, and what a path tracer gives for the lens."""
    sys.path.append(str(ROOT / "benchmarks"))
    import ray_traced

    panels: list[Panel] = []
    for scene in ray_traced.load_all():
        view = scene.views[0]
        radius = ray_traced.radius_px(scene.disparity, view)
        ours = render_lens(scene.light, radius, defocus.Lens())
        for word, picture in (
            (scene.name, ray_traced.encoded(scene.light)),
            (f"defocus, {view.name}", ray_traced.encoded(ours)),
            ("path traced", view.truth),
        ):
            panels.append((word, np.round(255 * picture).astype(np.uint8)))
    save(labelled(panels, 300, 3), GALLERY / "truth.jpg")


def layers() -> None:
    """What an OpenRaster holds."""
    photo = defocus.read_photo(PHOTO)
    edit = defocus.Edit()
    scene = defocus.prepare(photo, edit)
    held = layered(scene, edit, focal_plane(scene, edit))
    shown = held.matte[..., None]
    on_white = np.uint8(255)
    panels: list[Panel] = [
        ("Subject", np.uint8(held.subject * shown + on_white * (1 - shown))),
        ("Background", np.uint8(held.background * (1 - shown) + on_white * shown)),
        ("Matte", grey(held.matte)),
        ("Blurred", defocus.render_scene(scene, edit).pixels),
    ]
    save(labelled(panels, 230), GALLERY / "layers.jpg")


SHEETS: dict[str, Callable[[], None]] = {
    "apertures": apertures,
    "looks": looks,
    "photos": photos,
    "truth": truth,
    "layers": layers,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or SHEETS:
        SHEETS[name]()

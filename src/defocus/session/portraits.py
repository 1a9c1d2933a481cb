"""What an export would show, for a preview at rest: rendered by the same code, at most as large."""

from __future__ import annotations

import math
import threading
from dataclasses import replace
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from defocus._maps import fit, resized
from defocus.edit import Output
from defocus.progress import silent
from defocus.screen import screen_pixels
from defocus.session.payloads import PREVIEW_PX, Region, jpeg_of, seen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.edit import Edit
    from defocus.progress import Progress
    from defocus.scene import Scene

    _Portrait = tuple[Edit, NDArray[np.uint8]]  # choices, and h×w×3 in sRGB that came of them

# A second of one core for each nine million pixels: what a person waits for once the hand rests.
# Larger photos are rendered at this size, of which a preview shows a quarter at most.
MOST_PIXELS = 13_000_000
_QUALITY = 95
_KEPT = 2  # for two apertures beside each other; 39 MB each


class Portraits:
    """The latest that were looked at closely. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Of the latest scene, as long as that is kept: each with the choices that it was made for.
        self._kept: WeakKeyDictionary[Scene, tuple[tuple[Edit, NDArray[np.uint8]], ...]] = (
            WeakKeyDictionary()
        )

    def whole(self, scene: Scene, edit: Edit, progress: Progress = silent) -> bytes:
        """The portrait at preview size: a JPEG file, sRGB.

        Args:
            scene: a prepared photo.
            edit: to render.
            progress: may raise, to stop.
        """
        from defocus.pipeline import render_scene

        size_wh = fit(scene.photo.size_wh, PREVIEW_PX)
        kept = self._find(scene, edit)
        if kept is not None:
            return jpeg_of(_shrunk(kept, size_wh), _QUALITY)
        rendered = render_scene(_at_most(scene), edit, progress=progress)
        return jpeg_of(screen_pixels(rendered, size_wh), _QUALITY)

    def part(
        self, scene: Scene, edit: Edit, region: Region, progress: Progress = silent
    ) -> bytes | None:
        """A part of the portrait; None if the photo is so large that nobody would wait for it."""
        from defocus.pipeline import render_scene

        width, height = scene.photo.size_wh
        if width * height > MOST_PIXELS:
            return None
        pixels = self._find(scene, edit)
        if pixels is None:
            rendered = render_scene(_at_most(scene), edit, progress=progress)
            pixels = screen_pixels(rendered, rendered.size_wh)
            self._keep(scene, edit, pixels)
        return jpeg_of(seen(pixels, region), _QUALITY)

    def clear(self) -> None:
        """Drop all."""
        with self._lock:
            self._kept.clear()

    def __len__(self) -> int:
        return sum(map(len, self._kept.values()))

    def _find(self, scene: Scene, edit: Edit) -> NDArray[np.uint8] | None:
        bare = _bare(edit)
        with self._lock:
            kept = self._kept.get(scene, ())
        return next((pixels for made_for, pixels in kept if made_for == bare), None)

    def _keep(self, scene: Scene, edit: Edit, pixels: NDArray[np.uint8]) -> None:
        with self._lock:
            before = self._kept.get(scene, ())
            self._kept.clear()
            self._kept[scene] = (*before, (_bare(edit), pixels))[-_KEPT:]


def _bare(edit: Edit) -> Edit:
    return replace(edit, output=Output())


def _at_most(scene: Scene) -> Scene:
    """The scene at a size that is rendered soon, without what no screen shows."""
    import cv2

    photo = scene.photo
    width, height = photo.size_wh
    small = replace(photo, gain_map=None)  # it would be rendered as a second picture
    share = math.sqrt(MOST_PIXELS / (width * height))
    if share >= 1:
        return scene if photo.gain_map is None else replace(scene, photo=small)
    size_wh = fit(photo.size_wh, math.floor(share * max(width, height)))
    pixels = cv2.resize(photo.pixels, size_wh, interpolation=cv2.INTER_AREA)
    disparity = replace(scene.disparity, values=resized(scene.disparity.values, size_wh))
    subject = scene.subject
    if subject is not None:
        subject = replace(subject, weight=resized(subject.weight, size_wh))
    small = replace(small, pixels=pixels, alpha=None)
    return replace(scene, photo=small, disparity=disparity, subject=subject)


def _shrunk(pixels: NDArray[np.uint8], size_wh: tuple[int, int]) -> NDArray[np.uint8]:
    import cv2

    if size_wh == (pixels.shape[1], pixels.shape[0]):
        return pixels
    return np.asarray(cv2.resize(pixels, size_wh, interpolation=cv2.INTER_AREA), np.uint8)

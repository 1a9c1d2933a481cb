"""Photos that know their depth: at preview size first, then at full size; the latest are kept."""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from defocus._maps import fit
from defocus.edit import Edit
from defocus.errors import DefocusError, PhotoError
from defocus.studio.preview import (
    THUMBNAIL_PX,
    facts_of,
    on_screen,
    picture_of,
    screen_jpeg,
    soft_edges_of,
)

if TYPE_CHECKING:
    from defocus.photo import Photo
    from defocus.progress import Progress
    from defocus.scene import Scene
    from defocus.studio.records import OpenPhoto

SAMPLE = Path(__file__).with_name("static") / "sample.jpg"
MAX_PIXELS = 120_000_000
# Pixels of photos whose full-size scene stays in memory, about ten bytes each. Older ones keep
# their preview and are prepared again when they are exported or magnified.
SCENE_PIXELS = 80_000_000
# A photo with this many times the preview's pixels is worth a draft.
_DRAFT_FROM = 1.5


class Scenes:
    """The full-size scenes of open photos. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Scene] = OrderedDict()

    def of(self, photo: OpenPhoto, progress: Progress) -> Scene:
        """The photo's scene at full size: kept, being made by another thread, or made again."""
        with photo.lock:
            kept = self._find(photo)
            return kept if kept is not None else self._make(photo, progress)

    def drop(self, photo: OpenPhoto) -> None:
        """Its depth is no longer wanted."""
        with self._lock:
            self._kept.pop(photo.id, None)

    def clear(self) -> None:
        """Drop all."""
        with self._lock:
            self._kept.clear()

    def _find(self, photo: OpenPhoto) -> Scene | None:
        with self._lock:
            if photo.id in self._kept:
                self._kept.move_to_end(photo.id)
            return self._kept.get(photo.id)

    def _make(self, photo: OpenPhoto, progress: Progress) -> Scene:
        from defocus import depth
        from defocus.scene import before_the_blur, prepare

        edit = photo.edit
        progress("reading", 0.0)
        whole = before_the_blur(_read(photo))
        small = on_screen(whole)
        if photo.size is None:
            photo.thumbnail = screen_jpeg(small, fit(small.size_wh, THUMBNAIL_PX), quality=80)
            photo.screen = screen_jpeg(small, small.size_wh)
            width, height = whole.size_wh
            photo.size = {"width": width, "height": height}
        progress("depth", 0.0)
        estimate = depth.estimate(
            whole, edit.model, quality=edit.quality, invert=edit.invert, progress=progress
        )
        if whole.pixels.size > _DRAFT_FROM * small.pixels.size:
            quick = replace(edit, quality="fast")
            draft = prepare(small, quick, estimate=estimate, progress=progress)
            _show(photo, draft, whole.size_wh)
        scene = prepare(whole, edit, estimate=estimate, progress=progress)
        _show(photo, scene, whole.size_wh)
        with self._lock:
            if not photo.closed and depth_choices(photo.edit) == depth_choices(edit):
                self._kept[photo.id] = scene
                self._drop_oldest()
        return scene

    def _drop_oldest(self) -> None:
        total = sum(scene.disparity.values.size for scene in self._kept.values())
        while total > SCENE_PIXELS and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            total -= oldest.disparity.values.size


def depth_choices(edit: Edit) -> tuple[str, str, bool]:
    """What of an edit its depth depends on."""
    return edit.model, edit.quality, edit.invert


def warm_up() -> None:
    """Load what the first photo would wait for: modules, the network, native code."""
    from defocus.formats.reading import read_photo
    from defocus.scene import prepare

    edit = Edit()
    # What is wrong with a model is told with the photo that needs it.
    with contextlib.suppress(DefocusError):
        scene = prepare(read_photo(SAMPLE), edit)
        picture = picture_of(scene)
        facts_of(scene, edit, picture, picture.size_wh)
        soft_edges_of(scene, edit)


def _read(photo: OpenPhoto) -> Photo:
    from defocus.formats.reading import read_photo

    try:
        pixels = read_photo(photo.path, max_pixels=MAX_PIXELS)
    except PhotoError as error:  # the private file's name means nothing to anyone
        raise type(error)(str(error).replace(str(photo.path), photo.name)) from None
    return replace(pixels, path=None)


def _show(photo: OpenPhoto, scene: Scene, size_wh: tuple[int, int]) -> None:
    picture = picture_of(scene, screen=photo.screen)
    photo.facts = facts_of(scene, photo.edit, picture, size_wh)
    photo.picture = picture
    photo.depths += 1

"""A photo being edited: its scene, its edit with history, what a page needs of it, its exports."""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from defocus._maps import fit
from defocus.blame import advice
from defocus.edit import Edit
from defocus.errors import PhotoError
from defocus.files import check_ordinary
from defocus.progress import silent
from defocus.session.history import History
from defocus.session.jobs import Job, Workers
from defocus.session.kept import (
    Version,
    kept_key,
    load_edit,
    load_versions,
    save_edit,
    save_versions,
    versions_to_json,
)
from defocus.session.kept_layers import KeptLayers
from defocus.session.memory import give_back
from defocus.session.payloads import (
    THUMBNAIL_PX,
    Picture,
    Region,
    facts_of,
    focus_facts,
    on_screen,
    picture_of,
    screen_jpeg,
    seen_on_screen,
    soft_edges_of,
)
from defocus.session.results import finished, read_named
from defocus.session.scenes import Scenes
from defocus.session.things import thing_labels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from defocus.disparity import Estimate
    from defocus.photo import Photo
    from defocus.progress import Progress
    from defocus.scene import Scene
    from defocus.session.recipe import Recipe

_Choices = tuple[str, str, bool]  # what of an edit its depth depends on

# What may happen: the photo is read (``size``, ``screen``, ``thumbnail`` are there), there is
# another, better picture (``layers``, ``facts``), the edit has changed, the session has ended.
Event = Literal["size", "picture", "edit", "closed"]

# A photo with this many times the preview's pixels is worth a draft.
_DRAFT_FROM = 1.5
# Values of a source's map that is kept, so that a scene made of it needs no network again. Those of
# networks have a hundred thousand; a map of a camera's size would be 50 MB of each of sixty photos.
_KEPT_VALUES = 1_000_000
_WAIT_S = 0.25  # between two words to the maker of a scene that others wait for


class Session:
    """One photo, from its file to its exports. Every method may be called from any thread.

    Args:
        path: the photo's file; read, never changed.
        name: for people, in place of the file's own name.
        scenes: where full-size scenes are kept, shared by sessions; None for one of its own.
        workers: who prepares it, shared by sessions; None for workers of its own.
        copy: 1 is the photo; others are virtual copies of it, each with an edit of its own.

    Attributes:
        id: random.
        name: for people; never used as a path.
        path: of the photo's file.
        key: SHA-256 of its bytes, by which its edit is kept on disk.
        copy: as given.
        versions: edits that were given a name, kept on disk for all copies.
        edit: the present one; at first the one that was kept.
        history: of :meth:`change`.
        job: reading and preparing.
        size: ``width`` and ``height`` in pixels, once the photo is read.
        screen: JPEG at preview size, with ``size``.
        thumbnail: small JPEG, with ``size``.
        layers: for a page, once depth is known; at first of a draft, made at preview size. Of a
            large photo that nobody looks at it stays with that.
        facts: for a page, with ``layers``.
        depths: how many pictures there were.
        closed: nothing of it is kept any more.

    Raises:
        PhotoError: the file cannot be read.
    """

    def __init__(
        self,
        path: Path,
        *,
        name: str | None = None,
        scenes: Scenes | None = None,
        workers: Workers | None = None,
        copy: int = 1,
    ) -> None:
        self.id = secrets.token_hex(8)
        self.name = name or path.name
        self.path = path
        try:
            check_ordinary(path)
            with path.open("rb") as file:
                self.key = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise PhotoError(f"{self.name} cannot be read: {advice(error)}") from None
        self.copy = copy
        self.edit = load_edit(kept_key(self.key, copy)) or Edit()
        self.versions = load_versions(self.key)
        self.history = History()
        self.job = Job()
        self.size: dict[str, int] | None = None
        self.screen: bytes | None = None
        self.thumbnail: bytes | None = None
        self.layers = KeptLayers({})
        self.facts: dict[str, Any] = {}
        self.depths = 0
        # The choices of the picture that is there, and whether it is the best for them.
        self._shown: tuple[_Choices, bool] | None = None
        self._known: tuple[_Choices, Estimate] | None = None  # what the source said
        self.closed = False
        self._scenes = Scenes() if scenes is None else scenes
        self._own_workers = Workers(1) if workers is None else None
        self._workers = workers or self._own_workers
        self._making = threading.Lock()  # held by whoever makes the scene
        self._listeners: list[Callable[[Event], None]] = []

    # -- events ----------------------------------------------------------------------------------

    def listen(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """Call this with every event, in the thread where it happens.

        Returns:
            What ends that.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _tell(self, event: Event) -> None:
        for listener in tuple(self._listeners):
            listener(event)

    # -- depth -----------------------------------------------------------------------------------

    def prepare(self) -> Job:
        """Begin to read the photo and to find its depth, in the background."""
        assert self._workers is not None
        self.job = self._workers.start(self._ready)
        return self.job

    @property
    def awaited(self) -> bool:
        """Whether somebody looks at it: who does would have a draft before the real depth, and
        that at the photo's own size; a photo of which there is only a thumbnail to see needs the
        draft alone."""
        return True

    @property
    def best(self) -> bool:
        """Whether ``layers`` and ``facts`` are of the scene at full size, not of a draft."""
        return self._shown == (depth_choices(self.edit), True)

    @property
    def ahead(self) -> bool:
        """Whether nobody looks at it yet: it may be the next."""
        return False

    def _ready(self, progress: Progress) -> None:
        with self._turn():
            if self._scenes.find(self.id) is None:
                self._make(progress, unless_unseen=True)

    def scene(self, progress: Progress = silent) -> Scene:
        """Its scene at full size: kept, being made by another thread, or made now.

        Raises:
            DefocusError: the photo or its depth cannot be had.
        """
        with self._turn():
            scene = self._scenes.find(self.id) or self._make(progress)
        assert scene is not None
        return scene

    @contextmanager
    def _turn(self) -> Iterator[None]:
        while not self._making.acquire(timeout=_WAIT_S):
            self.job.hurry()  # else it rests for the very work that waits here
        try:
            yield
        finally:
            self._making.release()

    def _make(self, progress: Progress, *, unless_unseen: bool = False) -> Scene | None:
        """Its scene; None and a draft if nobody looks at it, where that matters."""
        from defocus import depth
        from defocus.scene import before_the_blur, prepare

        edit = self.edit
        choices = depth_choices(edit)
        progress("reading", 0.0)
        whole = before_the_blur(read_named(self.path, self.name))
        small = on_screen(whole)
        if self.size is None:
            self.thumbnail = screen_jpeg(small, fit(small.size_wh, THUMBNAIL_PX), quality=80)
            self.screen = screen_jpeg(small, small.size_wh)
            width, height = whole.size_wh
            self.size = {"width": width, "height": height}
            self._tell("size")
        progress("depth", 0.0)
        large = whole.pixels.size > _DRAFT_FROM * small.pixels.size
        quick = replace(edit, quality="fast")

        def wants_draft() -> bool:
            return large and self.depths == 0 and self.awaited

        estimate = None
        if self._known is not None and self._known[0] == choices:
            estimate = self._known[1]
        if estimate is None:
            if wants_draft() and depth.is_quick(small, edit.model):
                self._show(prepare(small, quick, progress=progress), small, choices)
            estimate = depth.estimate(
                whole, edit.model, quality=edit.quality, invert=edit.invert, progress=progress
            )
            if estimate.disparity.values.size <= _KEPT_VALUES:
                self._known = choices, estimate
        enough = unless_unseen and large and not self.awaited
        has_one = self._shown is not None and self._shown[0] == choices
        if wants_draft() or (enough and not has_one):
            draft = prepare(small, quick, estimate=estimate, progress=progress)
            self._show(draft, small, choices)
        if enough:
            self.layers = self.layers.packed()
            give_back()
            return None
        scene = prepare(whole, edit, estimate=estimate, progress=progress)
        # One that was dropped to make room, and is made again, is no news.
        if self._shown != (choices, True):
            self._show(seen_on_screen(scene, small), whole, choices, best=True)
            self.layers = self.layers.packed()
        if not self.closed and depth_choices(self.edit) == choices:
            self._scenes.keep(self.id, scene, ahead=self.ahead)
        give_back()  # of what the network and an older scene have left
        return scene

    def _show(self, scene: Scene, photo: Photo, choices: _Choices, *, best: bool = False) -> None:
        """A scene at preview size is there; lamps are sought in this photo, larger or not."""
        picture = picture_of(scene, screen=self.screen, whole=photo)
        if best:
            picture = replace(picture, things=thing_labels(scene))
        assert self.size is not None
        size_wh = self.size["width"], self.size["height"]
        self.facts = facts_of(scene, self.edit, picture, size_wh)
        self.layers = KeptLayers.of(picture)
        self._shown = choices, best
        self.depths += 1
        self._tell("picture")

    # -- the edit --------------------------------------------------------------------------------

    def change(self, edit: Edit, kind: str | None = None) -> None:
        """Change the edit, as a step of the history.

        Args:
            edit: the new one.
            kind: see :meth:`.History.record`.

        Raises:
            OSError: the edit cannot be kept on disk.
        """
        self.history.record(self.edit, kind)
        self.put(edit)

    def undo(self) -> bool:
        """Back to the edit before; False if there is none. Raises OSError."""
        return self._travel(self.history.undo(self.edit))

    def redo(self) -> bool:
        """Back to the edit that was undone; False if there is none. Raises OSError."""
        return self._travel(self.history.redo(self.edit))

    def _travel(self, edit: Edit | None) -> bool:
        if edit is not None:
            self.put(edit)
        return edit is not None

    def put(self, edit: Edit) -> None:
        """Replace the edit, for a host with a history of its own; keep it on disk.

        One that asks for another depth is prepared anew; where the strokes differ, ``facts`` has
        the new focal planes, unless they are a draft's, of which nobody looks at any.

        Raises:
            OSError: the edit cannot be kept on disk.
        """
        before, self.edit = self.edit, edit
        save_edit(kept_key(self.key, self.copy), edit)
        if depth_choices(before) != depth_choices(edit):
            self.job.cancel()
            self._scenes.drop(self.id)
            self.prepare()
        elif before.strokes != edit.strokes and self.job.state == "ready" and self.best:
            self.facts |= focus_facts(self.scene(self.job.report), edit)
        self._tell("edit")

    def keep_versions(self, versions: tuple[Version, ...]) -> None:
        """Keep these named versions and no others. Raises OSError."""
        self.versions = versions
        save_versions(self.key, versions)

    # -- what a page needs -----------------------------------------------------------------------

    def region(self, region: Region) -> Picture:
        """A part of the photo, pixel for pixel."""
        return picture_of(self.scene(), region)

    def soft_edges(self, edit: Edit, region: Region | None = None) -> Picture | None:
        """The photo or a part of it with see-through edges; None if it has none in focus."""
        try:
            return soft_edges_of(self.scene(), edit, region)
        finally:
            give_back()

    def portrait(
        self, edit: Edit, region: Region | None = None, progress: Progress = silent
    ) -> bytes | None:
        """What an export would show of the photo or of a part of it: a JPEG file, sRGB.

        Args:
            edit: to render.
            region: None for all of it, at preview size.
            progress: of the rendering; may raise, to stop it.

        Returns:
            None for a part of a photo that is too large to be rendered for a look.
        """
        scene, portraits = self.scene(), self._scenes.portraits
        try:
            if region is None:
                return portraits.whole(scene, edit, progress)
            return portraits.part(scene, edit, region, progress)
        finally:
            give_back()

    def status(self) -> dict[str, Any]:
        """JSON-able: how far it is."""
        return {
            "id": self.id,
            "name": self.name,
            **self.job.status(),
            "stamp": self.stamp,
            "size": self.size,
            "depths": self.depths,
            "best": self.best,
            "scene": self.facts or None,
        }

    def introduction(self) -> dict[str, Any]:
        """The status, the edit, and its versions."""
        return {
            **self.status(),
            "edit": json.loads(self.edit.to_json()),
            "versions": json.loads(versions_to_json(self.versions)),
        }

    @property
    def stamp(self) -> str:
        """Changes with every step that a page should know of."""
        return f"{self.job.state}-{self.job.stage}-{self.size is not None}-{self.depths}"

    # -- results ---------------------------------------------------------------------------------

    def export(
        self,
        target: Path,
        edit: Edit | None = None,
        progress: Progress = silent,
        *,
        recipe: Recipe | None = None,
    ) -> Path:
        """Render at full resolution and write.

        Args:
            target: must not exist yet; its suffix gives way to that of ``edit.output.format``.
            edit: in place of the present one.
            progress: of reading, depth, rendering and writing.
            recipe: its size matters here; None for all pixels.

        Returns:
            The file written.

        Raises:
            DefocusError: see :func:`defocus.pipeline.render_scene` and
                :func:`defocus.write_photo`; nothing is written then.
        """
        from defocus.formats.writing import write_photo

        edit = edit or self.edit
        rendered, embed = self.finished(edit, target.suffix.lower(), progress, recipe)
        progress("writing", 0.0)
        return write_photo(rendered, target, output=edit.output, **embed)

    def finished(
        self, edit: Edit, suffix: str, progress: Progress = silent, recipe: Recipe | None = None
    ) -> tuple[Photo, dict[str, Any]]:
        """Render at full resolution: the portrait, and what goes into a file with this suffix."""
        return finished(self.scene(progress), edit, suffix, progress, recipe)

    def close(self) -> None:
        """Stop all work and free all memory; the edit stays on disk."""
        self.closed = True
        self.job.cancel()
        self._scenes.drop(self.id)
        if self._own_workers is not None:
            self._own_workers.close()
        self.screen = self.thumbnail = self._known = None
        self.layers = KeptLayers({})
        self._tell("closed")
        give_back()


def depth_choices(edit: Edit) -> _Choices:
    """What of an edit its depth depends on."""
    return edit.model, edit.quality, edit.invert

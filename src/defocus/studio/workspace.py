"""The open photos of all pages, their private files and their exports.

Nothing here opens a path that a client named. An upload gets a file of its own in a private folder;
a photo that was named on the command line is known to the page by an id.
"""

from __future__ import annotations

import math
import re
import secrets
import shutil
import threading
from pathlib import Path
from time import monotonic as clock
from typing import TYPE_CHECKING

from defocus.errors import DefocusError, PhotoError
from defocus.files import free_name
from defocus.folders import PrivateFolder
from defocus.session.jobs import Job, Workers
from defocus.session.scenes import Scenes
from defocus.studio.records import Export, GoneError, OpenPhoto
from defocus.studio.shoot import Order, Shoot
from defocus.studio.targets import result_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from defocus.edit import Edit
    from defocus.progress import Progress
    from defocus.session.recipe import Recipe

MAX_UPLOAD_BYTES = 400_000_000
MAX_PHOTOS = 60
# A page that sleeps says nothing, and one that was left may be come back to: a day, and an hour.
PAGE_SILENT_S = 86_400.0
PAGE_LEFT_S = 3600.0
# At most so long the end of the studio waits for worker processes, which end in less than one.
_STOP_S = 10.0


class Workspace:
    """All open photos of all pages. Every method may be called from any thread.

    Attributes:
        offered: photos of the command line.
        workers: who prepares and exports photos.
        scenes: of the photos, as many as there is room for.
        folder: of private files.
    """

    def __init__(self, photos: tuple[Path, ...] = ()) -> None:
        self.offered = photos
        self.workers = Workers()
        self._fetchers = Workers()
        self._shooters = Workers(1)
        self._private = PrivateFolder("studio")
        self.folder = self._private.path
        self._lock = threading.RLock()
        self._photos: dict[str, OpenPhoto] = {}
        self._exports: dict[str, Export] = {}
        self._shoots: dict[str, Shoot] = {}
        self.scenes = Scenes()
        self._pages: dict[str, float] = {}
        self._left: set[str] = set()

    # -- pages -----------------------------------------------------------------------------------

    def touch(self, page: str) -> None:
        """The page is alive."""
        with self._lock:
            self._pages[page] = clock() + PAGE_SILENT_S
            self._left.discard(page)

    def leave(self, page: str) -> None:
        """The page says goodbye: its photos go after a while, unless it comes back."""
        with self._lock:
            if page in self._pages:
                self._pages[page] = clock() + PAGE_LEFT_S
                self._left.add(page)

    def follow(self, before: str, page: str, *, reloaded: bool) -> None:
        """Give a new page what the page before it in the same tab had open.

        A reload takes it over, and so does whoever comes back to a page that was left. If the page
        before is alive, the tab was duplicated: both have their own then.

        Args:
            before: the page that the tab remembers.
            page: the new one.
            reloaded: the browser says that it is the same page, loaded again.
        """
        with self._lock:
            photos = self.photos(before)
            alive = before in self._pages and before not in self._left and not reloaded
            if not alive:
                for photo in photos:
                    photo.page = page
                return
        for photo in photos:
            self._open_again(photo, page, photo.name, photo.copy)

    def copy_photo(self, photo: OpenPhoto, edit: Edit) -> OpenPhoto:
        """Open a virtual copy: the same photo with another edit, which begins as this one."""
        open_now = [other for other in self.photos(photo.page) if other.key == photo.key]
        number = max(other.copy for other in open_now) + 1
        first = min(open_now, key=lambda other: other.copy)
        name = Path(first.name)
        title = f"{name.stem} ({number}){name.suffix}"
        copy = self._open_again(photo, photo.page, title, number)
        copy.put(edit)
        return copy

    def _open_again(self, photo: OpenPhoto, page: str, name: str, copy: int) -> OpenPhoto:
        path = photo.path
        if not photo.saves_beside:
            path = self.upload_path(photo.name)
            shutil.copyfile(photo.path, path)
        return self.open_photo(
            path, name, page, saves_beside=photo.saves_beside, which=photo.which, copy=copy
        )

    def sweep(self) -> None:
        """Free what belongs to pages that are gone."""
        now = clock()
        with self._lock:
            self._free({page for page, until in self._pages.items() if until < now})

    def _free(self, pages: set[str]) -> None:
        for page in pages:
            self._pages.pop(page, None)
            self._left.discard(page)
        for photo in [photo for photo in self._photos.values() if photo.page in pages]:
            self.close_photo(photo.id)
        for export in [export for export in self._exports.values() if export.page in pages]:
            self.close_export(export.id)
        for shoot in [shoot for shoot in self._shoots.values() if shoot.page in pages]:
            self.close_shoot(shoot.id)

    def close(self) -> None:
        """Stop all work and delete all private files."""
        with self._lock:
            jobs = [photo.job for photo in self._photos.values()]
            jobs += [export.job for export in self._exports.values()]
            shoots = tuple(self._shoots.values())
            self._photos.clear()
            self._exports.clear()
            self._shoots.clear()
        self.scenes.clear()
        for shoot in shoots:
            shoot.cancel()
        for job in jobs:
            job.cancel()
        self.workers.close()
        self._fetchers.close()
        self._shooters.close()
        for shoot in shoots:
            shoot.job.wait(_STOP_S)
        self._private.close()

    # -- photos ----------------------------------------------------------------------------------

    def upload_path(self, name: str) -> Path:
        """A new private file for an upload; of the client's name only a plain suffix is taken."""
        suffix = Path(name).suffix.lower()
        if not re.fullmatch(r"\.[a-z0-9]{1,5}", suffix):
            suffix = ""
        return self.folder / f"{secrets.token_hex(8)}{suffix}"

    def open_photo(
        self,
        path: Path,
        name: str,
        page: str,
        *,
        saves_beside: bool,
        which: str | None = None,
        copy: int = 1,
    ) -> OpenPhoto:
        """Start to read and prepare a photo.

        Args:
            path: where it lies.
            name: for people.
            page: whose it is.
            saves_beside: results may be saved beside it.
            which: what the page may open it again by.
            copy: 1 is the photo, others are virtual copies of it.

        Raises:
            PhotoError: too many are open, or the file cannot be read.
        """
        with self._lock:
            if len(self._photos) >= MAX_PHOTOS:
                self._free(set(self._left))
            if len(self._photos) >= MAX_PHOTOS:
                raise PhotoError(f"{MAX_PHOTOS} photos are open: close some first")
        photo = OpenPhoto(
            path,
            name,
            page,
            saves_beside=saves_beside,
            which=which,
            scenes=self.scenes,
            workers=self.workers,
            copy=copy,
        )
        with self._lock:
            self._photos[photo.id] = photo
        photo.prepare()
        return photo

    def photo(self, photo_id: str) -> OpenPhoto:
        """An open photo. Raises GoneError."""
        with self._lock:
            if photo_id not in self._photos:
                raise GoneError("this photo is not open any more: open it again")
            return self._photos[photo_id]

    def photos(self, page: str) -> list[OpenPhoto]:
        """The page's photos in the order of opening."""
        with self._lock:
            return [photo for photo in self._photos.values() if photo.page == page]

    def close_photo(self, photo_id: str) -> None:
        """Stop its work and free its memory; the edit stays on disk."""
        with self._lock:
            photo = self._photos.pop(photo_id, None)
        if photo is not None:
            photo.close()
            if not photo.saves_beside:
                photo.path.unlink(missing_ok=True)

    # -- exports ---------------------------------------------------------------------------------

    def export(
        self, photo: OpenPhoto, edit: Edit, *, beside: bool, recipe: Recipe, number: int = 1
    ) -> Export:
        """Start an export at full resolution.

        Args:
            photo: ready.
            edit: to render.
            beside: save beside the original instead of offering a download.
            recipe: name and size of the result.
            number: of the photo among those that are exported.

        Raises:
            PhotoError: there is no original to save beside, or the format cannot be written.
        """
        _check_beside((photo,), beside)
        name = result_name(photo.name, edit, recipe, number)
        export = Export(secrets.token_hex(8), photo.page, name, Job())

        def work(progress: Progress) -> None:
            self._export(photo, edit, export, beside, recipe, progress)

        export.job = self.workers.start(work)
        export.job.hurry(math.inf)
        with self._lock:
            self._exports[export.id] = export
        return export

    def find_export(self, export_id: str) -> Export:
        """A running or finished export. Raises GoneError."""
        with self._lock:
            if export_id not in self._exports:
                raise GoneError("this export is gone: export again")
            return self._exports[export_id]

    def close_export(self, export_id: str) -> None:
        """Stop it, or forget it and delete its private file."""
        with self._lock:
            export = self._exports.pop(export_id, None)
        if export is not None:
            export.job.cancel()
            if export.path is not None and export.saved_as is None:
                export.path.unlink(missing_ok=True)

    def shoot(
        self, wanted: Sequence[tuple[OpenPhoto, Edit]], *, beside: bool, recipe: Recipe
    ) -> Shoot:
        """Start to export several photos at once, in worker processes.

        Args:
            wanted: photos with what to render.
            beside: save beside the originals instead of offering downloads.
            recipe: names and size of the results.

        Raises:
            PhotoError: as for :meth:`export`.
        """
        _check_beside([photo for photo, _ in wanted], beside)
        orders = []
        for number, (photo, edit) in enumerate(wanted, 1):
            name = result_name(photo.name, edit, recipe, number)
            export = Export(secrets.token_hex(8), photo.page, name, Job())
            folder = photo.path.parent if beside else None
            orders.append(Order(export, photo.path, photo.name, edit, folder))
        shoot_id, page = secrets.token_hex(8), wanted[0][0].page
        folder = self.folder / f"shoot-{shoot_id}"
        shoot = Shoot(shoot_id, page, tuple(orders), recipe, folder)
        with self._lock:
            self._shoots[shoot_id] = shoot
            self._exports |= {order.export.id: order.export for order in orders}
        shoot.job = self._shooters.start(shoot.run)
        return shoot

    def find_shoot(self, shoot_id: str) -> Shoot:
        """A running or finished one. Raises GoneError."""
        with self._lock:
            if shoot_id not in self._shoots:
                raise GoneError("this export is gone: export again")
            return self._shoots[shoot_id]

    def close_shoot(self, shoot_id: str) -> None:
        """Stop it, or forget it and delete its private files."""
        with self._lock:
            shoot = self._shoots.pop(shoot_id, None)
        if shoot is not None:
            shoot.close()
            for order in shoot.orders:
                self.close_export(order.export.id)

    def fetch(self, work: Callable[[Progress], None]) -> Job:
        """Queue a download. Slow ones keep no photo waiting: they have threads of their own."""
        return self._fetchers.start(work)

    # -- inside ----------------------------------------------------------------------------------

    def _export(
        self,
        photo: OpenPhoto,
        edit: Edit,
        export: Export,
        beside: bool,
        recipe: Recipe,
        progress: Progress,
    ) -> None:
        if beside:
            target = free_name(photo.path.with_name(export.name))
        else:
            target = self.folder / f"{export.id}{Path(export.name).suffix}"
        try:
            export.path = photo.export(target, edit, progress, recipe=recipe)
        except DefocusError as error:  # the private file's name means nothing to anyone
            raise type(error)(str(error).replace(str(target), export.name)) from None
        if beside:
            export.name = target.name
            export.saved_as = str(target)


def _check_beside(photos: Sequence[OpenPhoto], beside: bool) -> None:
    if beside and not all(photo.saves_beside for photo in photos):
        raise PhotoError("only photos opened from the command line are saved beside: download")

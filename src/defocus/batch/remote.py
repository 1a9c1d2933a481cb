"""Photos and results on a file system that fsspec opens: S3, GCS, SFTP, memory …"""

from __future__ import annotations

import errno
import secrets
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from defocus.batch.places import PARTS, Stamp
from defocus.errors import DefocusError, MissingExtraError
from defocus.folders import PrivateFolder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from defocus.batch.places import Place

# Object stores show an upload only when it is complete, and can move only by copying.
_ATOMIC_UPLOAD = {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oci", "oss"}

# What tells a file's version, by file system; the first that is known counts.
_VERSION_KEYS = (
    "ETag", "etag", "md5Hash", "mtime", "LastModified", "last_modified", "updated", "modified",
    "created",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RemoteFolder:
    """A folder behind a URL; files pass through local temporary ones.

    Attributes:
        url: with its protocol, without a slash at the end.
    """

    url: str

    def __str__(self) -> str:
        return self.url

    def check(self) -> None:
        """Open the file system once, so that what is missing is told before any work.

        Raises:
            MissingExtraError: fsspec is not installed.
            DefocusError: fsspec does not know the protocol, or lacks the package for it.
        """
        try:
            self._open()
        except ModuleNotFoundError as error:
            if error.name == "fsspec":
                raise MissingExtraError(f"{self.url} (fsspec)", "ray") from None
            raise DefocusError(f"{self.url} cannot be opened: {error}") from None
        except (ImportError, ValueError, OSError) as error:
            raise DefocusError(f"{self.url} cannot be opened: {error}") from None

    def files(self, *, beside: Place) -> Iterator[tuple[str, Stamp | None]]:
        inside = str(beside).removeprefix(f"{self.url}/")
        for name, info in self._listing().items():
            hidden = any(part.startswith(".") for part in name.split("/"))
            if not hidden and not name.startswith(f"{inside}/"):
                yield name, _stamp(info)

    def stamps(self, names: Iterable[str]) -> dict[str, Stamp]:
        listing = self._listing()  # one request for a thousand files, not one each
        return {name: _stamp(listing[name]) for name in names if name in listing}

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        system, root = self._open()
        with PrivateFolder("batch") as folder:
            copy = folder / PurePosixPath(name).name
            system.get_file(f"{root}/{name}", str(copy))
            yield copy

    @contextmanager
    def new_file(self, name: str) -> Iterator[Path]:
        with PrivateFolder("batch") as folder:
            yield folder / PurePosixPath(name).name

    def keep(self, written: Path, name: str, sha256: str, *, replaces: bool) -> Stamp:
        system, root = self._open()
        target = f"{root}/{name}"
        system.invalidate_cache()
        if not replaces and system.exists(target):
            raise FileExistsError(errno.EEXIST, "exists already", target)
        system.makedirs(target.rpartition("/")[0], exist_ok=True)
        if _ATOMIC_UPLOAD.isdisjoint(_protocols(system)):
            part = f"{root}/{PARTS}/{secrets.token_hex(8)}"
            system.makedirs(f"{root}/{PARTS}", exist_ok=True)
            system.put_file(str(written), part)
            system.mv(part, target)
        else:
            system.put_file(str(written), target)
        system.invalidate_cache()
        return _stamp(system.info(target))

    def kept(self) -> None:
        return None

    def sweep(self) -> None:
        system, root = self._open()
        if system.exists(f"{root}/{PARTS}"):
            system.rm(f"{root}/{PARTS}", recursive=True)

    def tidy(self) -> None:
        with suppress(Exception):  # what failed the run may be the place itself
            self.sweep()

    def _open(self) -> tuple[Any, str]:
        """The file system, of which fsspec keeps one a process, and the folder's path in it."""
        from fsspec.core import url_to_fs

        system, root = url_to_fs(self.url)
        return system, str(root).rstrip("/")

    def _listing(self) -> dict[str, dict[str, Any]]:
        """All files below, by relative name, in order; empty if there is no such folder."""
        system, root = self._open()
        system.invalidate_cache()
        try:
            found = system.find(root, detail=True)
        except FileNotFoundError:
            return {}
        return {path[len(root) + 1 :]: found[path] for path in sorted(found)}


def _protocols(system: Any) -> set[str]:
    protocol = system.protocol
    return {protocol} if isinstance(protocol, str) else set(protocol)


def _stamp(info: dict[str, Any]) -> Stamp:
    version = next((info[key] for key in _VERSION_KEYS if info.get(key) is not None), "")
    if isinstance(version, datetime):  # some file systems list a number and describe a datetime
        version = version.timestamp()
    return Stamp(int(info.get("size") or 0), str(version))

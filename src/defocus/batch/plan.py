"""What a batch has to do: each photo is done already, known to fail, refused, or a job."""

from __future__ import annotations

import errno
import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import defocus
from defocus.batch import memory
from defocus.batch.journal import Record
from defocus.batch.names import is_photo, result_names
from defocus.batch.places import LocalFolder
from defocus.batch.work import Job, sha256_of
from defocus.blame import advice
from defocus.errors import DefocusError
from defocus.files import check_ordinary, is_there
from defocus.folders import expanded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from defocus.batch.places import Place, Stamp
    from defocus.edit import Edit

_UNREADABLE_FOLDER = (
    "the folder cannot be read: no permission, or so many links lead to it that it was left here"
)
_KEPT = "was changed by somebody since it was made: kept as it is (--overwrite makes it anew)"

Status = Literal["done", "skipped", "failed", "planned"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One photo in the report.

    Attributes:
        source: relative name of the photo.
        target: relative name of the result.
        status: ``done`` now, ``skipped`` (done before and unchanged), ``failed``, or ``planned``
            (in a dry run, or when the batch was interrupted before it).
        error: why it failed.
        seconds: that the work took, now or then.
        size: of the result in bytes.
        sha256: of the result.
        notes: what the result lacks of the photo, and what else is worth to know; a line each.
    """

    source: str
    target: str
    status: Status
    error: str | None = None
    seconds: float | None = None
    size: int | None = None
    sha256: str | None = None
    notes: tuple[str, ...] = ()

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a batch will do.

    Attributes:
        jobs: to run.
        claims: for each job, the journal's row before it has run, by source.
        settled: photos that need no work now: skipped, or failed.
        refreshed: journal rows whose file was touched but not changed.
        warnings: about the journal, for people.
    """

    jobs: tuple[Job, ...]
    claims: Mapping[str, Record]
    settled: tuple[Entry, ...]
    refreshed: tuple[Record, ...]
    warnings: tuple[str, ...] = ()


def find_photos(source: Place, target: Place) -> dict[str, Stamp | None]:
    """The photos of the input folder by relative name; None for one that cannot be read.

    Raises:
        DefocusError: the results would lie above the photos, or there is no photo.
    """
    check_apart(source, target)
    found = {
        name: stamp
        for name, stamp in source.files(beside=target)
        if is_photo(name) or name.endswith("/")
    }
    if not found:
        raise DefocusError(f"there are no photos in {source}: check the path")
    return found


def make_plan(
    source: Place,
    target: Place,
    found: Mapping[str, Stamp | None],
    edit: Edit,
    records: Mapping[str, Record],
    *,
    kept: Mapping[str, str] | None = None,
    retry_failed: bool = False,
    overwrite: bool = False,
) -> Plan:
    """Compare the photos with what the journal knows and what is in place.

    A result that was changed since it was made is kept if nothing else changed, and refused to be
    replaced otherwise, if it is still a photo; one that is not is damaged, and made anew.

    Args:
        source: the input folder.
        target: the result folder.
        found: the photos, from :func:`find_photos`.
        edit: the choices, from :func:`settle_model`.
        records: the journal's rows, by target.
        kept: what a killed run put in place, from :meth:`~defocus.batch.places.Place.kept`.
        retry_failed: also try photos again that failed before and did not change since.
        overwrite: replace results that no batch into this folder made.
    """
    results = result_names(
        (name for name, stamp in found.items() if not name.endswith("/")), edit.output.format
    )
    in_place = target.stamps(results.values())
    edit_sha256 = fingerprint(edit)
    jobs: list[Job] = []
    claims: dict[str, Record] = {}
    settled: list[Entry] = []
    refreshed: list[Record] = []
    for name, stamp in found.items():
        result = results.get(name, "")
        if stamp is None:
            why = _unreadable(source, name) if result else _UNREADABLE_FOLDER
            settled.append(Entry(name, result, "failed", why))
            continue
        photo = _Photo(source, name, stamp, edit_sha256)
        record = records.get(result)
        there = _Result.of(target, result, in_place.get(result), record, kept)
        error = None if overwrite else photo.refusal(record, there)
        if error is not None:
            settled.append(Entry(name, result, "failed", error))
        elif record is not None and photo.is_settled(record, there, retry_failed, overwrite):
            settled.append(_settled_entry(name, record, there))
            refreshed.extend(photo.refreshed(record, there))
        else:
            replaces = there.stamp is not None
            jobs.append(Job(name, result, _memory(source, name, stamp), replaces))
            ours = there.stamp if there.sha256 else None
            claims[name] = Record(
                result, str(source), name, stamp, edit_sha256,
                target_stamp=ours, target_sha256=there.sha256,
            )  # fmt: skip
    return Plan(tuple(jobs), claims, tuple(settled), tuple(refreshed))


@dataclass(frozen=True, slots=True)
class _Result:
    """What is in place for a photo.

    Attributes:
        path: for people.
        state: ``absent``; ``ours``, as a batch made it; ``changed`` since, and still a photo;
            ``damaged``; ``foreign``, of which the journal knows nothing.
        stamp: None if it is absent.
        sha256: of its bytes, if it is ours.
    """

    path: str
    state: Literal["absent", "ours", "changed", "damaged", "foreign"]
    stamp: Stamp | None = None
    sha256: str | None = None

    @classmethod
    def of(
        cls,
        target: Place,
        name: str,
        stamp: Stamp | None,
        record: Record | None,
        kept: Mapping[str, str] | None,
    ) -> _Result:
        """Judge it by its stamp, else by its bytes."""
        path = f"{target}/{name}"
        if stamp is None:
            return cls(path, "absent")
        if record is None:
            return cls(path, "foreign", stamp)
        if stamp == record.target_stamp:
            return cls(path, "ours", stamp, record.target_sha256)
        if kept is None and record.status == "claimed":  # nothing can tell: as the journal says
            return cls(path, "ours", stamp)
        with target.local(name) as file:
            sha256 = _sha256_or_none(file)
            if sha256 is not None and sha256 in (record.target_sha256, (kept or {}).get(name)):
                return cls(path, "ours", stamp, sha256)
            return cls(path, "changed" if _is_readable(file) else "damaged", stamp)


def _unreadable(source: Place, name: str) -> str:
    """Why a photo that was found cannot be read."""
    if not isinstance(source, LocalFolder):
        return "cannot be read: check who may read it"
    path = source.root / name
    try:
        check_ordinary(path)
        path.open("rb").close()
    except OSError as error:
        if path.is_symlink() and error.errno == errno.ENOENT:
            return "is a link that leads nowhere: mend it, or take it away"
        return f"cannot be read: {advice(error)}"
    return "could not be read when the folder was looked through: run the batch again"


def _is_readable(photo: Path) -> bool:
    """Whether a file is a photo to its last byte."""
    from defocus.formats.reading import read_photo

    try:
        read_photo(photo)
    except DefocusError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Photo:
    """A photo in the input folder, and the edit it should get."""

    place: Place
    name: str
    stamp: Stamp
    edit_sha256: str

    def refusal(self, record: Record | None, there: _Result) -> str | None:
        """Why the result may not be written, None if it may."""
        if there.state == "absent":
            return None
        if record is None:
            return f"{there.path} exists already: use --overwrite, or another folder"
        if record.source_root != str(self.place) and not self.is_unchanged(record):
            origin = f"{record.source_root}/{record.source}"
            return f"{there.path} was made from {origin}: use --overwrite, or another folder"
        if there.state == "changed" and not self.is_same(record):
            return (
                f"{there.path} was changed by somebody since it was made: rename it to keep it, "
                "or use --overwrite"
            )
        return None

    def is_settled(
        self, record: Record, there: _Result, retry_failed: bool, overwrite: bool
    ) -> bool:
        """Whether the journal's row still tells the truth, and leaves nothing to do."""
        if record.status == "failed":
            return self.is_same(record, "failed") and not retry_failed
        if there.state == "changed":
            return not overwrite and self.is_same(record)
        return there.state == "ours" and self.is_same(record)

    def is_same(self, record: Record, status: str = "done") -> bool:
        """Whether the row is about this photo with this edit, and ended so."""
        same_edit = record.edit_sha256 == self.edit_sha256
        return record.status == status and same_edit and self.is_unchanged(record)

    def is_unchanged(self, record: Record) -> bool:
        """Whether the row is about this very photo; its bytes decide if its stamp differs."""
        if record.source == self.name and record.source_stamp == self.stamp:
            return True
        if record.source_sha256 is None or record.source_stamp.size != self.stamp.size:
            return False
        with self.place.local(self.name) as path:
            return _sha256_or_none(path) == record.source_sha256

    def refreshed(self, record: Record, there: _Result) -> list[Record]:
        """The row with today's stamps, if they differ: the next run need not read the files."""
        now = replace(
            record,
            source_root=str(self.place),
            source=self.name,
            source_stamp=self.stamp,
            target_stamp=there.stamp if there.state == "ours" else record.target_stamp,
        )
        return [now] if now != record else []


def _sha256_or_none(path: Path) -> str | None:
    try:
        return sha256_of(path)
    except OSError:
        return None


def _settled_entry(name: str, record: Record, there: _Result) -> Entry:
    if record.status == "failed":
        return Entry(name, record.target, "failed", record.error, record.seconds)
    size = there.stamp.size if there.stamp else None
    notes = (_KEPT,) if there.state == "changed" else ()
    sha256 = record.target_sha256 if there.state == "ours" else None
    return Entry(name, record.target, "skipped", None, record.seconds, size, sha256, notes)


def _memory(source: Place, name: str, stamp: Stamp) -> int:
    if isinstance(source, LocalFolder):
        return memory.needed(source.root / name)
    return memory.guessed(stamp.size)


def check_apart(source: Place, target: Place) -> None:
    """Results beside or above their photos could replace one. Raises DefocusError."""
    inner, outer = (
        str(place.root.resolve()) if isinstance(place, LocalFolder) else str(place)
        for place in (source, target)
    )
    if f"{inner}/".startswith(f"{outer.rstrip('/')}/"):
        raise DefocusError(
            f"the results cannot go to {target}, which holds the photos: choose another folder "
            "(one inside the input folder will do)"
        )


def settle_model(edit: Edit) -> Edit:
    """The edit with a model that every worker understands alike, wherever it runs.

    Raises:
        ModelError, MissingExtraError: no photo could be done with this model.
    """
    from defocus.depth.registry import load_model, model_names

    if edit.model in ("auto", "embedded"):
        return edit
    load_model(edit.model)
    if edit.model not in model_names() and is_there(expanded(edit.model)):
        return replace(edit, model=str(expanded(edit.model).absolute()))
    return edit


def fingerprint(edit: Edit) -> str:
    """SHA-256 over all that decides about a result beside the photo, in hexadecimal.

    That is the edit, the version of defocus, the built-in network, and the model: which one
    ``auto`` stands for, the bytes of a file, the list of a folder's files.
    """
    from defocus.depth.builtin import MODEL_PATH
    from defocus.depth.store import best_on_disk

    model = best_on_disk() if edit.model == "auto" else edit.model
    parts = (
        edit.to_json(),
        defocus.__version__,
        _sha256_or_none(MODEL_PATH),
        model,
        _model_files(Path(model)) if model else None,
    )
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _model_files(path: Path) -> object:
    """What tells whether a model on disk has changed; None if the model is no path."""
    if path.is_dir():
        stats = [(file.name, file.stat()) for file in sorted(path.iterdir())]
        return [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]
    return _sha256_or_none(path)

"""What a batch has to do: each photo is done already, known to fail, refused, or a job."""

from __future__ import annotations

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
from defocus.errors import DefocusError
from defocus.files import is_there
from defocus.folders import expanded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from defocus.batch.places import Place, Stamp
    from defocus.edit import Edit

_UNREADABLE = "cannot be read: no permission, or a link that leads nowhere"

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
    """

    source: str
    target: str
    status: Status
    error: str | None = None
    seconds: float | None = None
    size: int | None = None
    sha256: str | None = None

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
    """

    jobs: tuple[Job, ...]
    claims: Mapping[str, Record]
    settled: tuple[Entry, ...]
    refreshed: tuple[Record, ...]


def find_photos(source: Place, target: Place) -> dict[str, Stamp | None]:
    """The photos of the input folder by relative name; None for one that cannot be read.

    Raises:
        DefocusError: the results would lie above the photos, or there is no photo.
    """
    check_apart(source, target)
    found = {name: stamp for name, stamp in source.files(beside=target) if is_photo(name)}
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
    retry_failed: bool = False,
    overwrite: bool = False,
) -> Plan:
    """Compare the photos with what the journal knows and what is in place.

    Args:
        source: the input folder.
        target: the result folder.
        found: the photos, from :func:`find_photos`.
        edit: the choices, from :func:`settle_model`.
        records: the journal's rows, by target.
        retry_failed: also try photos again that failed before and did not change since.
        overwrite: replace results that no batch into this folder made.
    """
    results = result_names(found, edit.output.format)
    in_place = target.stamps(results.values())
    edit_sha256 = fingerprint(edit)
    jobs: list[Job] = []
    claims: dict[str, Record] = {}
    settled: list[Entry] = []
    refreshed: list[Record] = []
    for name, stamp in found.items():
        result = results[name]
        if stamp is None:
            settled.append(Entry(name, result, "failed", _UNREADABLE))
            continue
        photo = _Photo(source, name, stamp, edit_sha256)
        record = records.get(result)
        error = None if overwrite else photo.refusal(record, target, result, in_place.get(result))
        if error is not None:
            settled.append(Entry(name, result, "failed", error))
        elif record is not None and photo.is_settled(record, target, in_place, retry_failed):
            settled.append(_settled_entry(name, record))
            refreshed.extend(photo.refreshed(record, in_place))
        else:
            jobs.append(Job(name, result, _memory(source, name, stamp)))
            claims[name] = Record(result, str(source), name, stamp, edit_sha256)
    return Plan(tuple(jobs), claims, tuple(settled), tuple(refreshed))


@dataclass(frozen=True, slots=True)
class _Photo:
    """A photo in the input folder, and the edit it should get."""

    place: Place
    name: str
    stamp: Stamp
    edit_sha256: str

    def refusal(
        self, record: Record | None, target: Place, result: str, in_place: Stamp | None
    ) -> str | None:
        """Why the result may not be written, None if it may."""
        if in_place is None:
            return None
        if record is None:
            return f"{target}/{result} exists already: use --overwrite, or another folder"
        if record.source_root != str(self.place) and not self.is_unchanged(record):
            origin = f"{record.source_root}/{record.source}"
            return f"{target}/{result} was made from {origin}: use --overwrite, or another folder"
        return None

    def is_settled(
        self,
        record: Record,
        target: Place,
        in_place: Mapping[str, Stamp],
        retry_failed: bool,
    ) -> bool:
        """Whether the journal's row still tells the truth, and leaves nothing to do."""
        if record.edit_sha256 != self.edit_sha256 or not self.is_unchanged(record):
            return False
        if record.status == "failed":
            return not retry_failed
        return record.status == "done" and _is_intact(record, target, in_place)

    def is_unchanged(self, record: Record) -> bool:
        """Whether the row is about this very photo; its bytes decide if its stamp differs."""
        if record.source == self.name and record.source_stamp == self.stamp:
            return True
        if record.source_sha256 is None or record.source_stamp.size != self.stamp.size:
            return False
        with self.place.local(self.name) as path:
            return _sha256_or_none(path) == record.source_sha256

    def refreshed(self, record: Record, in_place: Mapping[str, Stamp]) -> list[Record]:
        """The row with today's stamps, if they differ: the next run need not read the files."""
        now = replace(
            record,
            source_root=str(self.place),
            source=self.name,
            source_stamp=self.stamp,
            target_stamp=in_place.get(record.target) if record.status == "done" else None,
        )
        return [now] if now != record else []


def _is_intact(record: Record, target: Place, in_place: Mapping[str, Stamp]) -> bool:
    now = in_place.get(record.target)
    if now is None or record.target_stamp is None or now.size != record.target_stamp.size:
        return False
    if now == record.target_stamp:
        return True
    with target.local(record.target) as path:
        return _sha256_or_none(path) == record.target_sha256


def _sha256_or_none(path: Path) -> str | None:
    try:
        return sha256_of(path)
    except OSError:
        return None


def _settled_entry(name: str, record: Record) -> Entry:
    size = record.target_stamp.size if record.target_stamp else None
    status: Status = "failed" if record.status == "failed" else "skipped"
    return Entry(
        name, record.target, status, record.error, record.seconds, size, record.target_sha256
    )


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

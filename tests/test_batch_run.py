"""Plan, work, journal and rerun, with the work done in this process."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import batch_fakes
import fsspec
import pytest
from batch_serial import EDIT, Serial, run

from defocus.batch import plan, plan_batch, run_batch, runner
from defocus.batch.address import place_of
from defocus.batch.interrupts import Interrupts
from defocus.batch.journal import JOURNAL, Journal
from defocus.batch.places import PARTS
from defocus.edit import Output
from defocus.errors import DefocusError, ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from defocus.batch.journal import Record
    from defocus.batch.work import Job, Outcome


@pytest.fixture(autouse=True)
def serial(monkeypatch: pytest.MonkeyPatch) -> None:
    Serial.done = []
    monkeypatch.setattr(runner, "make_engine", lambda task, options: Serial(task))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    (folder / "x" / "y").mkdir(parents=True)
    for name in ("a.jpg", "x/b.jpg", "x/y/c.png"):
        (folder / name).write_text(name)
    (folder / "notes.txt").write_text("no photo")
    return folder


def test_the_tree_is_kept(photos: Path, tmp_path: Path) -> None:
    statuses, _ = run(photos, tmp_path / "out")
    assert statuses == dict.fromkeys(["a.jpg", "x/b.jpg", "x/y/c.png"], "done")
    made = sorted(p for p in (tmp_path / "out").rglob("*") if p.is_file() and p.name != JOURNAL)
    assert [path.relative_to(tmp_path / "out").as_posix() for path in made] == list(statuses)
    assert made[1].read_text() == "X/B.JPG f/2"


def test_a_rerun_does_nothing_when_all_is_done(photos: Path, tmp_path: Path) -> None:
    run(photos, tmp_path / "out")
    statuses, done = run(photos, tmp_path / "out")
    assert set(statuses.values()) == {"skipped"}
    assert done == []


def test_a_rerun_does_new_and_changed_photos(photos: Path, tmp_path: Path) -> None:
    run(photos, tmp_path / "out")
    (photos / "d.jpg").write_text("new")
    (photos / "a.jpg").write_text("A.JPG")  # the same size
    os.utime(photos / "x" / "b.jpg", ns=(7, 7))  # touched, not changed
    statuses, done = run(photos, tmp_path / "out")
    assert done == ["a.jpg", "d.jpg"]
    assert statuses["x/b.jpg"] == "skipped"


def test_a_touched_photo_is_read_once(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(photos, tmp_path / "out")
    os.utime(photos / "a.jpg", ns=(7, 7))
    run(photos, tmp_path / "out")
    fingerprint = plan.fingerprint(EDIT)
    monkeypatch.setattr(plan, "fingerprint", lambda edit: fingerprint)
    monkeypatch.setattr(plan, "sha256_of", lambda path: pytest.fail(f"{path} was read again"))
    assert plan_batch(photos, tmp_path / "out", EDIT).jobs == ()


@pytest.mark.parametrize("damage", ["remove", "truncate", "change"])
def test_a_rerun_mends_results(photos: Path, tmp_path: Path, damage: str) -> None:
    run(photos, tmp_path / "out")
    result = tmp_path / "out" / "x" / "b.jpg"
    good = result.read_bytes()
    if damage == "remove":
        result.unlink()
    else:
        result.write_bytes(good[:3] if damage == "truncate" else good.lower())
    _, done = run(photos, tmp_path / "out")
    assert done == ["x/b.jpg"]
    assert result.read_bytes() == good


def test_another_edit_makes_everything_anew(photos: Path, tmp_path: Path) -> None:
    run(photos, tmp_path / "out")
    wide = replace(EDIT, lens=replace(EDIT.lens, f_number=1.4))
    _, done = run(photos, tmp_path / "out", wide)
    assert len(done) == 3
    assert (tmp_path / "out" / "a.jpg").read_text() == "A.JPG f/1.4"


def test_another_version_makes_everything_anew(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(photos, tmp_path / "out")
    monkeypatch.setattr("defocus.__version__", "999")
    assert len(run(photos, tmp_path / "out")[1]) == 3


def test_a_changed_model_file_makes_everything_anew(photos: Path, tmp_path: Path) -> None:
    model = tmp_path / "depth.npy"
    edit = replace(EDIT, model=str(model))
    model.write_bytes(b"one")
    run(photos, tmp_path / "out", edit)
    assert run(photos, tmp_path / "out", edit)[1] == []
    model.write_bytes(b"two")
    assert len(run(photos, tmp_path / "out", edit)[1]) == 3


def test_a_model_file_is_found_from_any_folder(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "depth.npy").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    assert runner.settle_model(replace(EDIT, model="depth.npy")).model == f"{tmp_path}/depth.npy"
    assert runner.settle_model(replace(EDIT, model="builtin")).model == "builtin"


def test_an_unknown_model_stops_before_any_work(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no depth model"):
        run(photos, tmp_path / "out", replace(EDIT, model="nonsense"))
    assert not (tmp_path / "out").exists()


def test_a_bad_photo_fails_alone_and_is_tried_again_when_asked(
    photos: Path, tmp_path: Path
) -> None:
    (photos / "a.jpg").write_text("bad")
    statuses, _ = run(photos, tmp_path / "out")
    assert statuses == {"a.jpg": "failed", "x/b.jpg": "done", "x/y/c.png": "done"}
    statuses, done = run(photos, tmp_path / "out")
    assert statuses["a.jpg"] == "failed"
    assert done == []
    assert run(photos, tmp_path / "out", retry_failed=True)[1] == ["a.jpg"]
    (photos / "a.jpg").write_text("good now")
    assert run(photos, tmp_path / "out")[1] == ["a.jpg"]


def test_what_is_not_ours_is_not_replaced(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.jpg").write_text("precious")
    for _ in range(2):
        summary = run_batch(photos, tmp_path / "out", EDIT, work=batch_fakes.shout)
        assert [e.source for e in summary.entries if e.status == "failed"] == ["a.jpg"]
        assert "exists already" in str(summary.entries[0].error)
        assert (tmp_path / "out" / "a.jpg").read_text() == "precious"
    run(photos, tmp_path / "out", overwrite=True)
    assert (tmp_path / "out" / "a.jpg").read_text() == "A.JPG f/2"


def test_two_inputs_do_not_replace_each_other(photos: Path, tmp_path: Path) -> None:
    run(photos, tmp_path / "out")
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.jpg").write_text("another photo")
    statuses, _ = run(other, tmp_path / "out")
    assert statuses == {"a.jpg": "failed"}
    assert (tmp_path / "out" / "a.jpg").read_text() == "A.JPG f/2"


def test_a_moved_input_folder_is_recognised(photos: Path, tmp_path: Path) -> None:
    run(photos, tmp_path / "out")
    moved = photos.rename(tmp_path / "moved")
    assert run(moved, tmp_path / "out")[1] == []


def test_results_inside_the_input_are_not_photos(photos: Path) -> None:
    run(photos, photos / "portraits")
    statuses, done = run(photos, photos / "portraits")
    assert sorted(statuses) == ["a.jpg", "x/b.jpg", "x/y/c.png"]
    assert done == []


@pytest.mark.parametrize("out", [".", "..", "x/.."])
def test_results_may_not_lie_above_the_photos(photos: Path, out: str) -> None:
    with pytest.raises(DefocusError, match="which holds the photos"):
        run(photos, photos / out)


def test_two_photos_of_one_name_keep_their_suffix(photos: Path, tmp_path: Path) -> None:
    (photos / "a.png").write_text("png")
    run(photos, tmp_path / "same")
    assert (tmp_path / "same" / "a.jpg").read_text() == "A.JPG f/2"
    assert (tmp_path / "same" / "a.png").read_text() == "PNG f/2"
    run(photos, tmp_path / "webp", replace(EDIT, output=Output(format="webp")))
    assert (tmp_path / "webp" / "a.jpg.webp").read_text() == "A.JPG f/2"
    assert (tmp_path / "webp" / "a.png.webp").read_text() == "PNG f/2"


def test_a_link_to_nowhere_is_a_failure(photos: Path, tmp_path: Path) -> None:
    (photos / "z.jpg").symlink_to(tmp_path / "gone")
    assert run(photos, tmp_path / "out")[0]["z.jpg"] == "failed"


def test_no_photos_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(DefocusError, match="no photos in"):
        run(tmp_path / "in", tmp_path / "out")
    with pytest.raises(DefocusError, match="no folder"):
        run(tmp_path / "nowhere", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_interrupt_leaves_the_rest_for_a_rerun(photos: Path, tmp_path: Path) -> None:
    interrupts = Interrupts()

    def stop(entry: object) -> None:
        interrupts.count = 1

    summary = run_batch(
        photos,
        tmp_path / "out",
        EDIT,
        work=batch_fakes.shout,
        on_entry=stop,
        interrupts=interrupts,
    )
    assert summary.interrupted
    assert [entry.status for entry in summary.entries] == ["done", "planned", "planned"]
    assert run(photos, tmp_path / "out")[1] == ["x/b.jpg", "x/y/c.png"]


def test_a_job_that_the_engine_loses_has_failed(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Lossy(Serial):
        def run(self, jobs: Iterable[Job], interrupts: Interrupts) -> Iterator[Outcome]:
            yield from super().run(list(jobs)[1:], interrupts)

    monkeypatch.setattr(runner, "make_engine", lambda task, options: Lossy(task))
    assert run(photos, tmp_path / "out")[0]["a.jpg"] == "failed"


def test_planning_changes_nothing(photos: Path, tmp_path: Path) -> None:
    jobs = plan_batch(photos, tmp_path / "out", EDIT).jobs
    assert [job.source for job in jobs] == ["a.jpg", "x/b.jpg", "x/y/c.png"]
    assert not (tmp_path / "out").exists()
    run(photos, tmp_path / "out")
    assert plan_batch(photos, tmp_path / "out", EDIT).jobs == ()


def test_stale_parts_are_swept(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "out" / PARTS).mkdir(parents=True)
    (tmp_path / "out" / PARTS / "0123.jpg").write_text("half")
    run(photos, tmp_path / "out")
    assert not (tmp_path / "out" / PARTS).exists()


@pytest.mark.parametrize("strikes", [1, 2, 3])
def test_a_run_that_the_disk_stops_leaves_only_notes_of_results_in_place(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, strikes: int
) -> None:
    out = tmp_path / "out"
    write, calls = Journal.write, iter(range(9))

    def full(self: Journal, records: Iterable[Record]) -> None:
        if next(calls) >= strikes:
            raise DefocusError("the disk is full")
        write(self, records)

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "write", full)
        with pytest.raises(DefocusError, match="disk is full"):
            run(photos, out)
    made = [path for path in out.rglob("*") if path.is_file() and not path.name.startswith(".")]
    notes = list((out / PARTS).glob("*"))
    assert {path.suffix for path in notes} <= {".kept"}
    assert len(notes) == sum(PARTS not in path.parts for path in made)
    assert (out / PARTS).exists() == bool(notes)
    assert set(run(photos, out)[0].values()) <= {"done", "skipped"}
    assert not (out / PARTS).exists()


def test_a_failed_run_leaves_remote_storage_tidy(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEFOCUS_STATE", str(tmp_path / "state"))
    system = fsspec.filesystem("memory")
    system.pipe_file(f"/tidy/{PARTS}/0123", b"half")
    place = place_of("memory://tidy")
    place.tidy()
    assert not system.exists(f"/tidy/{PARTS}")
    monkeypatch.setattr(type(place), "sweep", lambda self: 1 / 0)
    place.tidy()


def test_a_folder_that_cannot_be_made_is_named(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DefocusError, match="cannot be made"):
        run(photos, tmp_path / "file" / "out")


def test_photos_and_results_on_remote_storage(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEFOCUS_STATE", str(tmp_path / "state"))
    system = fsspec.filesystem("memory")
    system.store.clear()
    for name in ("a.jpg", "x/b.jpg"):
        system.pipe_file(f"/bucket/in/{name}", name.encode())
    system.pipe_file("/bucket/in/c.jpg", b"bad")
    statuses, _ = run("memory://bucket/in", "memory://bucket/out")
    assert statuses == {"a.jpg": "done", "x/b.jpg": "done", "c.jpg": "failed"}
    assert system.cat_file("/bucket/out/x/b.jpg") == b"X/B.JPG f/2"
    assert sorted(system.find("/bucket/out")) == ["/bucket/out/a.jpg", "/bucket/out/x/b.jpg"]
    assert run("memory://bucket/in", "memory://bucket/out")[1] == []
    system.pipe_file("/bucket/in/a.jpg", b"new")
    assert run("memory://bucket/in", "memory://bucket/out")[1] == ["a.jpg"]
    assert run("memory://bucket/in", "memory://bucket/in/out")[0]["a.jpg"] == "done"
    assert run("memory://bucket/in", "memory://bucket/in/out")[1] == []
    assert list((tmp_path / "state" / "batch").glob("*.sqlite"))
    with pytest.raises(DefocusError, match="which holds the photos"):
        run("memory://bucket/in", "memory://bucket")
    system.store.clear()

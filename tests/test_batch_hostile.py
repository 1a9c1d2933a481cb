"""One file never stops a batch, whatever it is; and no run forgets whose a result is."""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import batch_fakes
import pytest
from batch_serial import EDIT, Serial, run
from cli_words import halves, noise, start
from PIL import Image

from defocus.batch import Options, plan_batch, run_batch, runner
from defocus.batch.journal import JOURNAL, Journal
from defocus.batch.names import is_photo
from defocus.batch.places import PARTS, LocalFolder
from defocus.batch.work import sha256_of

if TYPE_CHECKING:
    from defocus.edit import Edit


@pytest.fixture
def serial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "make_engine", lambda task, options: Serial(task))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    for name in ("a.jpg", "x/b.jpg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


GOOD = {"a.jpg": "done", "x/b.jpg": "done"}


def make(kind: str, path: Path) -> None:
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        here = Path.cwd()
        os.chdir(path.parent)  # a socket's path is short
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path.name)
        os.chdir(here)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "nowhere":
        path.symlink_to(path.with_name("gone"))
    else:
        path.symlink_to(path)


@pytest.mark.parametrize("kind", ["pipe", "socket", "device", "nowhere", "circle"])
@pytest.mark.usefixtures("serial")
def test_what_only_has_the_name_of_a_photo_is_listed(
    photos: Path, tmp_path: Path, kind: str
) -> None:
    make(kind, photos / "strange.jpg")
    for _ in range(2):
        statuses, _ = run(photos, tmp_path / "out")
        assert statuses["strange.jpg"] == "failed"
    assert set(statuses) == {*GOOD, "strange.jpg"}


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("pipe", "is no ordinary file"),
        ("device", "is no ordinary file"),
        ("nowhere", "a link that leads nowhere"),
        ("circle", "go in a circle"),
    ],
)
@pytest.mark.usefixtures("serial")
def test_it_is_said_why_it_is_no_photo(photos: Path, tmp_path: Path, kind: str, said: str) -> None:
    make(kind, photos / "strange.jpg")
    summary = run_batch(photos, tmp_path / "out", EDIT, work=batch_fakes.shout)
    (error,) = [entry.error for entry in summary.entries if entry.source == "strange.jpg"]
    assert said in str(error)


@pytest.mark.usefixtures("serial")
def test_a_photo_that_becomes_a_pipe_meanwhile_fails_alone(photos: Path, tmp_path: Path) -> None:
    def swap(_: object) -> None:
        (photos / "a.jpg").unlink()
        os.mkfifo(photos / "a.jpg")

    summary = run_batch(photos, tmp_path / "out", EDIT, work=batch_fakes.shout, on_plan=swap)
    assert {entry.source: entry.status for entry in summary.entries} == {**GOOD, "a.jpg": "failed"}


def test_names_that_are_no_utf_8_are_done_and_remembered(tmp_path: Path) -> None:
    names = {b"good.png", b"caf\xe9.png", b"\xff.png", b"d\xe9r/x.png"}
    for seed, name in enumerate(names):
        noise(tmp_path / "in" / os.fsdecode(name), seed=seed)
    model = halves(tmp_path / "depth.npy")
    report = tmp_path / "r.jsonl"
    words = ["batch", "in", "out", "--model", model, "--report", report, "--workers", "1"]
    for status, told in (("done", b"4 photos to do, 0"), ("skipped", b"0 photos to do, 4")):
        done = start(*words, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert told + b" settled before\n" in done.stderr
        entries = [json.loads(line) for line in report.read_text().splitlines()]
        assert {entry["status"] for entry in entries} == {status}
        assert {os.fsencode(entry["source"]) for entry in entries} == names
    assert all((tmp_path / "out" / os.fsdecode(name)).exists() for name in names)
    assert start(*words, "--dry-run", cwd=tmp_path).returncode == 0


@pytest.mark.skipif(
    not shutil.which("unshare") or os.geteuid() != 0, reason="needs user namespaces"
)
@pytest.mark.parametrize("mode", [0o000, 0o400])
def test_a_folder_that_cannot_be_read_is_listed(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(0o777)
    noise(tmp_path / "in" / "good.png")
    noise(tmp_path / "in" / "lost+found" / "b.png")
    halves(tmp_path / "depth.npy")
    (tmp_path / "out").mkdir()
    (tmp_path / "out").chmod(0o777)
    (tmp_path / "in" / "lost+found").chmod(mode)
    words = ["batch", "in", "out", "--model", "depth.npy", "--workers", "1"]
    code = "from defocus.cli import main; main()"
    done = subprocess.run(
        ["unshare", "--user", "--map-user=12345", "--map-group=12345", sys.executable, "-c", code,
         *words], cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    (tmp_path / "in" / "lost+found").chmod(0o755)
    assert done.returncode == 2, done.stderr
    assert "lost+found/: the folder cannot be read" in done.stderr
    assert (tmp_path / "out" / "good.png").exists()


@pytest.mark.skipif(
    not shutil.which("unshare") or os.geteuid() != 0, reason="needs user namespaces"
)
def test_photos_that_may_only_be_read_go_to_another_folder(tmp_path: Path) -> None:
    """A locked folder of photos, one of them for nobody: the others are done, and it is listed."""
    tmp_path.chmod(0o755)
    for name in ("good.png", "private.png"):
        noise(tmp_path / "in" / name)
    halves(tmp_path / "depth.npy")
    (tmp_path / "out").mkdir()
    (tmp_path / "in" / "private.png").chmod(0)
    (tmp_path / "in").chmod(0o555)
    code = "from defocus.cli import main; main()"
    done = {}
    for words in (
        ["batch", "in", "out", "--model", "depth.npy", "--workers", "1"],
        ["blur", "in/good.png", "--model", "depth.npy"],
        ["blur", "in/private.png", "-o", "out/b.png", "--model", "depth.npy"],
        ["inspect", "in/private.png"],
    ):
        done[words[0], words[1]] = subprocess.run(
            ["unshare", "--user", "--map-user=12345", "--map-group=12345", sys.executable, "-c",
             code, *words], cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert {each.returncode for each in done.values()} == {2}
    refused = "private.png: no permission: check who may read and write there"
    assert refused in done["batch", "in"].stderr
    assert done["blur", "in/private.png"].stderr == f"defocus: in/{refused}\n"
    assert done["inspect", "in/private.png"].stderr == f"defocus: in/{refused}\n"
    assert "no permission to write in in: choose another" in done["blur", "in/good.png"].stderr
    assert {path.name for path in (tmp_path / "out").glob("*.png")} == {"good.png"}
    assert {path.name for path in (tmp_path / "in").iterdir()} == {"good.png", "private.png"}


@pytest.mark.usefixtures("serial")
def test_folders_that_link_to_each_other_in_thousands_of_ways(tmp_path: Path) -> None:
    folders = [tmp_path / "in" / f"{i:02}" for i in range(14)]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "p.jpg").write_text(folder.name)
    for folder in folders:
        for other in folders:
            if other != folder:
                (folder / f"to{other.name}").symlink_to(other)
    statuses, _ = run(tmp_path / "in", tmp_path / "out")
    done = [name for name, status in statuses.items() if status == "done"]
    assert len(done) <= 14 * 8
    assert {(tmp_path / "in" / name).resolve() for name in done} == {f / "p.jpg" for f in folders}
    assert any(name.endswith("/") for name, status in statuses.items() if status == "failed")


# -- the journal -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.usefixtures("serial")
def test_a_journal_with_changed_bytes_stops_nothing(
    tmp_path: Path, photos: Path, seed: int
) -> None:
    run(photos, tmp_path / "out")
    journal = tmp_path / "out" / JOURNAL
    data = bytearray(journal.read_bytes())
    rng = random.Random(seed)
    for _ in range(1 + seed * 5):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    journal.write_bytes(data)
    (photos / "new.jpg").write_text("new")
    before = {p: p.read_bytes() for p in (tmp_path / "out").rglob("*.jpg")}
    statuses, _ = run(photos, tmp_path / "out")
    assert statuses["new.jpg"] == "done"
    assert {path: path.read_bytes() for path in before} == before
    assert run(photos, tmp_path / "out")[0]["new.jpg"] == "skipped"


@pytest.mark.parametrize(
    "content", [b"not a database" * 100, b"", b"SQLite format 3\0" + bytes(84)]
)
@pytest.mark.usefixtures("serial")
def test_a_journal_that_is_none_is_set_aside(tmp_path: Path, photos: Path, content: bytes) -> None:
    run(photos, tmp_path / "out")
    (tmp_path / "out" / JOURNAL).write_bytes(content)
    (photos / "new.jpg").write_text("new")
    warnings = plan_batch(photos, tmp_path / "out", EDIT).warnings
    assert bool(warnings) == bool(content)
    statuses, _ = run(photos, tmp_path / "out")
    assert statuses == {"a.jpg": "failed", "x/b.jpg": "failed", "new.jpg": "done"}
    if content:
        (aside,) = (tmp_path / "out").glob(f"{JOURNAL}.damaged-*")
        assert aside.read_bytes() == content


@pytest.mark.usefixtures("serial")
def test_rows_that_are_not_ours_are_left_out(tmp_path: Path, photos: Path) -> None:
    run(photos, tmp_path / "out")
    base = sqlite3.connect(tmp_path / "out" / JOURNAL)
    base.execute("UPDATE result SET source_size = 'many' WHERE target = 'a.jpg'")
    base.commit()
    base.close()
    statuses, _ = run(photos, tmp_path / "out")
    assert statuses == {"a.jpg": "failed", "x/b.jpg": "skipped"}


# -- whose a result is -----------------------------------------------------------------------------


def picture(photo: Path, result: Path, edit: Edit) -> None:
    """A real picture that depends on the f-number."""
    level = int(edit.lens.f_number * 10)
    Image.new("RGB", (8, 6), (level, photo.stat().st_size, 7)).save(result, quality=95)


def retouch(path: Path) -> bytes:
    Image.new("RGB", (8, 6), (250, 1, 1)).save(path, quality=95)
    return path.read_bytes()


def again(photos: Path, out: Path, edit: Edit = EDIT, **options: bool) -> dict[str, str]:
    summary = run_batch(photos, out, edit, Options(**options), work=picture)
    return {entry.source: entry.status for entry in summary.entries}


@pytest.mark.usefixtures("serial")
def test_a_result_that_was_retouched_is_kept(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    again(photos, out)
    mine = retouch(out / "a.jpg")
    summary = run_batch(photos, out, EDIT, work=picture)
    assert {e.source: e.status for e in summary.entries} == dict.fromkeys(GOOD, "skipped")
    assert "was changed by somebody" in summary.entries[0].notes[0]
    assert (out / "a.jpg").read_bytes() == mine
    wide = replace(EDIT, lens=replace(EDIT.lens, f_number=1.4))
    assert again(photos, out, wide) == {"a.jpg": "failed", "x/b.jpg": "done"}
    assert (out / "a.jpg").read_bytes() == mine
    (photos / "a.jpg").write_text("another photo")
    assert again(photos, out)["a.jpg"] == "failed"
    assert (out / "a.jpg").read_bytes() == mine
    assert again(photos, out, overwrite=True)["a.jpg"] == "done"
    assert (out / "a.jpg").read_bytes() != mine
    assert set(again(photos, out).values()) == {"skipped"}


@pytest.mark.usefixtures("serial")
def test_a_result_that_is_damaged_is_mended(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    again(photos, out)
    good = (out / "a.jpg").read_bytes()
    for damaged in (good[: len(good) // 2], b"", b"nonsense"):
        (out / "a.jpg").write_bytes(damaged)
        assert again(photos, out) == {"a.jpg": "done", "x/b.jpg": "skipped"}
        assert (out / "a.jpg").read_bytes() == good


@pytest.mark.usefixtures("serial")
def test_what_a_killed_run_put_in_place_is_known_as_ours(photos: Path, tmp_path: Path) -> None:
    """Killed between the renaming and the journal's row, and the rerun once more."""
    out = tmp_path / "out"
    again(photos, out)
    claimed = (out / "a.jpg").read_bytes()
    wide = replace(EDIT, lens=replace(EDIT.lens, f_number=1.4))
    for edit in (wide, EDIT):
        place = LocalFolder(out)
        plan = plan_batch(photos, out, edit)
        with Journal(out / JOURNAL) as journal:
            journal.write(plan.claims.values())
        place.sweep()
        with place.new_file("a.jpg") as part:
            picture(photos / "a.jpg", part, edit)
            sha256 = sha256_of(part)
            place.keep(part, "a.jpg", sha256, replaces=True)
        assert place.kept() == {"a.jpg": sha256}
    assert (out / "a.jpg").read_bytes() == claimed
    assert again(photos, out) == dict.fromkeys(GOOD, "done")
    assert not (out / PARTS).exists()


@pytest.mark.usefixtures("serial")
def test_a_result_that_was_retouched_after_a_kill_is_kept(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    plan = plan_batch(photos, out, EDIT)
    out.mkdir()
    with Journal(out / JOURNAL) as journal:
        journal.write(plan.claims.values())
    place = LocalFolder(out)
    with place.new_file("a.jpg") as part:
        picture(photos / "a.jpg", part, EDIT)
        place.keep(part, "a.jpg", "0" * 64, replaces=False)
    mine = retouch(out / "a.jpg")
    assert again(photos, out) == {"a.jpg": "failed", "x/b.jpg": "done"}
    assert (out / "a.jpg").read_bytes() == mine


@pytest.mark.usefixtures("serial")
def test_a_file_that_appears_meanwhile_is_not_replaced(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"

    def appear(_: object) -> None:
        (out / "a.jpg").write_text("theirs")

    summary = run_batch(photos, out, EDIT, work=picture, on_plan=appear)
    assert {e.source: e.status for e in summary.entries} == {**GOOD, "a.jpg": "failed"}
    assert (out / "a.jpg").read_text() == "theirs"


def test_what_results_lack_is_told_and_reported(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "c.png"):
        noise(tmp_path / "in" / name)
    with Image.open(tmp_path / "in" / "b.png") as image:
        image.putalpha(image.convert("L"))
        image.save(tmp_path / "in" / "b.png")
        image.save(tmp_path / "in" / "c.png")
    halves(tmp_path / "depth.npy")
    words = ["batch", "in", "out", "--model", "depth.npy", "--format", "jpeg", "--report", "r"]
    done = start(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert b"b.png and 1 more: transparent parts become white in JPEG" in done.stderr
    entries = [json.loads(line) for line in (tmp_path / "r").read_text().splitlines()]
    notes = {entry["source"]: entry["notes"] for entry in entries}
    assert notes["a.png"] == []
    assert notes["b.png"] == notes["c.png"] == ["transparent parts become white in JPEG"]


def test_only_photos_count() -> None:
    assert is_photo("x/y.JPG")
    assert not is_photo("x/")

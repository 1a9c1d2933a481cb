"""``defocus batch`` on real pictures, with the real pipeline."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image
from waiting import PATIENCE_S, wait_until

from defocus.batch.journal import JOURNAL
from defocus.batch.places import PARTS
from defocus.cli import main

EDIT = ["--quality", "fast", "--f", "1.4"]


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory, example: Path) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    (folder / "x").mkdir()
    with Image.open(example) as image:
        small = image.convert("RGB").resize((240, 240))
        small.save(folder / "a.jpg", quality=90)
        small.crop((20, 0, 220, 150)).save(folder / "x" / "b.png")
    (folder / "bad.jpg").write_text("hello")
    return folder


def run(*args: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of ``defocus ARGS`` in this process."""
    result = CliRunner().invoke(main, [str(arg) for arg in args])
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture(scope="module")
def finished(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result folder, and beside it the report."""
    out = tmp_path_factory.mktemp("finished") / "out"
    report = out.with_name("report.jsonl")
    code, stdout, stderr = run("batch", photos, out, *EDIT, "--report", report)
    assert code == 2, stderr
    assert stdout == ""
    assert "defocus: bad.jpg: not a photo" in stderr
    assert "3 photos: 2 done in" in stderr
    assert "1 failed (--retry-failed tries again)" in stderr
    return out


def test_batch_and_blur_give_the_same_bytes(photos: Path, finished: Path, tmp_path: Path) -> None:
    for name in ("a.jpg", "x/b.png"):
        single = tmp_path / Path(name).name
        code, _, stderr = run("blur", photos / name, *EDIT, "-o", single)
        assert code == 0, stderr
        assert single.read_bytes() == (finished / name).read_bytes()
        assert single.read_bytes() != (photos / name).read_bytes()


def test_nothing_but_results_and_journal_is_left(finished: Path) -> None:
    files = {p.relative_to(finished).as_posix() for p in finished.rglob("*") if p.is_file()}
    assert files == {"a.jpg", "x/b.png", JOURNAL}


def test_the_report_has_a_line_for_each_photo(finished: Path) -> None:
    lines = finished.with_name("report.jsonl").read_text().splitlines()
    entries = {entry["source"]: entry for entry in map(json.loads, lines)}
    assert {name: entry["status"] for name, entry in entries.items()} == {
        "a.jpg": "done",
        "x/b.png": "done",
        "bad.jpg": "failed",
    }
    assert entries["a.jpg"]["size"] == (finished / "a.jpg").stat().st_size
    assert len(entries["a.jpg"]["sha256"]) == 64
    assert entries["bad.jpg"]["error"].startswith("not a photo")


def test_a_rerun_lists_the_failures_again(photos: Path, finished: Path) -> None:
    before = (finished / "a.jpg").stat().st_mtime_ns
    code, _, stderr = run("batch", photos, finished, *EDIT)
    assert code == 2
    assert "2 done before" in stderr
    assert "bad.jpg" in stderr
    assert (finished / "a.jpg").stat().st_mtime_ns == before


def test_a_dry_run_says_what_would_be_done(photos: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.jsonl"
    code, stdout, _ = run("batch", photos, tmp_path / "out", "--dry-run", "--report", report)
    assert code == 0
    assert "x/b.png -> x/b.png  to do" in stdout
    assert not (tmp_path / "out").exists()
    assert len(report.read_text().splitlines()) == 3


def test_a_saved_edit_is_applied(photos: Path, finished: Path, tmp_path: Path) -> None:
    run("blur", photos / "a.jpg", *EDIT, "-o", tmp_path / "a.jpg", "--save-edit", tmp_path / "e")
    (tmp_path / "in").mkdir()
    shutil.copy(photos / "a.jpg", tmp_path / "in")
    code, _, stderr = run("batch", tmp_path / "in", tmp_path / "out", "--edit", tmp_path / "e")
    assert code == 0, stderr
    assert (tmp_path / "out" / "a.jpg").read_bytes() == (finished / "a.jpg").read_bytes()


def test_quiet_says_nothing_but_errors(photos: Path, finished: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    shutil.copy(photos / "a.jpg", tmp_path / "in")
    assert run("batch", tmp_path / "in", tmp_path / "out", *EDIT, "-q") == (0, "", "")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["{in}", "{in}"], "which holds the photos"),
        (["{in}/none", "{out}"], "there is no folder"),
        (["{in}/a.jpg", "{out}"], "is no folder: use 'defocus blur'"),
        (["{in}", "{in}/a.jpg/out"], "cannot be made"),
        (["{in}", "{out}", "--memory", "lots"], "memory 'lots' is not understood"),
        (["{in}", "{out}", "--address", "auto"], "--address is for --engine ray"),
        (["{in}", "{out}", "--model", "nonsense"], "no depth model"),
        (["{in}", "{out}", "--report", "{in}/none/report"], "cannot be written"),
        (["{in}", "nonsense://x"], "cannot be opened"),
    ],
)
def test_what_cannot_work_is_one_line(
    photos: Path, tmp_path: Path, args: list[str], message: str
) -> None:
    before = sorted(photos.rglob("*"))
    filled = [arg.format_map({"in": photos, "out": tmp_path / "out"}) for arg in args]
    code, _, stderr = run("batch", *filled)
    assert code == 2
    assert message in stderr
    assert stderr.count("\n") == 1
    assert sorted(photos.rglob("*")) == before


def test_a_read_only_result_folder_is_one_line(photos: Path) -> None:
    # The kernel's own file system: not even root can write there.
    code, _, stderr = run("batch", photos, "/proc/self/task", *EDIT)
    assert code == 2
    assert "cannot be written" in stderr
    assert stderr.count("\n") == 1


def test_ctrl_c_finishes_the_photos_in_flight(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for i in range(60):
        shutil.copy(photos / "a.jpg", tmp_path / "in" / f"{i}.jpg")
    command = [Path(sys.executable).with_name("defocus"), "batch", "in", "out", *EDIT]
    process = subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    wait_until(lambda: list(tmp_path.glob("out/*.jpg")) or process.poll() is not None, "a photo")
    assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all processes
    _, stderr = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130, stderr
    assert "Traceback" not in stderr
    assert "stopping after the photos in flight" in stderr
    assert "interrupted; nothing half written was left behind" in stderr
    assert not (tmp_path / "out" / PARTS).exists()
    for result in tmp_path.glob("out/*.jpg"):
        with Image.open(result) as image:
            image.load()

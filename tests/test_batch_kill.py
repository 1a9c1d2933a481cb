"""kill -9 at any moment: nothing is half written, and a rerun completes with the same bytes."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image
from waiting import wait_until

from defocus.batch.journal import JOURNAL
from defocus.batch.places import PARTS

KILLS = os.environ.get("DEFOCUS_KILLS")
SUPPORT = Path(__file__).parent / "support"
SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
import batch_fakes
from defocus.batch import Options, run_batch
from defocus.batch.work import portrait
from defocus.edit import Edit
if __name__ == "__main__":
    work = portrait if sys.argv[4] == "portrait" else getattr(batch_fakes, sys.argv[4])
    edit = Edit(quality="fast")
    run_batch(sys.argv[2], sys.argv[3], edit, Options(workers=2), work=work)
"""


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    for i in range(30):
        path = folder / f"{i % 3}" / f"{i}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(random.Random(i).randbytes(100_000))
    return folder


def start(tmp_path: Path, photos: Path, out: Path, work: str) -> subprocess.Popen[bytes]:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    return subprocess.Popen([sys.executable, script, SUPPORT, photos, out, work])


def results(out: Path) -> dict[str, bytes]:
    files = (p for p in out.rglob("*") if p.is_file())
    visible = (p for p in files if PARTS not in p.parts and not p.name.startswith(JOURNAL))
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in visible}


def test_kill_at_any_moment(tmp_path: Path, photos: Path) -> None:
    kill_often(tmp_path, photos, "shout_slowly", kills=int(KILLS or 5))


def test_kill_at_any_moment_of_real_work(tmp_path: Path, example: Path) -> None:
    (tmp_path / "in" / "x").mkdir(parents=True)
    with Image.open(example) as image:
        for i in range(6):
            small = image.convert("RGB").resize((150 + 10 * i, 200))
            small.save(tmp_path / "in" / "x" / f"{i}.jpg")
    kill_often(tmp_path, tmp_path / "in", "portrait", kills=int(KILLS or 2))


def kill_often(tmp_path: Path, photos: Path, work: str, *, kills: int) -> None:
    """Kill runs at random moments, then let one end; compare with an undisturbed run."""
    started = time.monotonic()
    assert start(tmp_path, photos, tmp_path / "whole", work).wait() == 0
    undisturbed = time.monotonic() - started
    whole = results(tmp_path / "whole")
    assert len(whole) == sum(path.is_file() for path in photos.rglob("*"))

    moments = random.Random(6)
    out = tmp_path / "out"
    out.mkdir()
    before: dict[str, bytes] = {}
    for _ in range(kills):
        process = start(tmp_path, photos, out, work)
        time.sleep(moments.uniform(0, undisturbed))
        process.kill()
        process.wait()
        found = results(out)
        assert found.items() <= whole.items(), "a result is half written"
        assert found.keys() >= before.keys()
        before = found
        if found == whole:  # done between kills: begin anew
            shutil.rmtree(out)
            out.mkdir()
            before = {}
    assert start(tmp_path, photos, out, work).wait() == 0
    assert results(out) == whole
    visible = {path.name for path in photos.iterdir()}
    assert {path.name for path in out.iterdir()} == visible | {JOURNAL}


def test_workers_end_with_their_parent(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    pid_file = tmp_path / "pid"
    (tmp_path / "in" / "a.jpg").write_text(str(pid_file))
    process = start(tmp_path, tmp_path / "in", tmp_path / "out", "write_pid_and_wait")
    wait_until(lambda: pid_file.exists() and pid_file.read_text(), "the worker")
    process.kill()
    process.wait()
    worker = int(pid_file.read_text())
    wait_until(lambda: not _runs(worker), "the worker's end, whose parent is no more")


def test_a_killed_worker_does_not_stop_the_batch(tmp_path: Path, photos: Path) -> None:
    (photos / "crash.jpg").write_text(f"crash once {tmp_path}/tried")
    assert start(tmp_path, photos, tmp_path / "out", "shout").wait() == 0
    assert (tmp_path / "tried").exists()
    assert len(results(tmp_path / "out")) == 31


def _runs(pid: int) -> bool:
    """Whether a process runs; one that ended and waits for its parent to notice does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False

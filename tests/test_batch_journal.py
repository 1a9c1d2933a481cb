from __future__ import annotations

import sqlite3
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from defocus.batch.journal import Journal, Record
from defocus.batch.places import Stamp
from defocus.errors import DefocusError

if TYPE_CHECKING:
    from pathlib import Path

CLAIMED = Record("a.jpg", "/in", "a.png", Stamp(3, "7"), "e" * 64)
DONE = replace(
    CLAIMED,
    status="done",
    source_sha256="s" * 64,
    target_stamp=Stamp(5, "9"),
    target_sha256="t" * 64,
    seconds=0.25,
)


def test_records_come_back_as_they_were_written(tmp_path: Path) -> None:
    failed = replace(CLAIMED, target="b.jpg", status="failed", error="is bad")
    with Journal(tmp_path / "j") as journal:
        journal.write([CLAIMED, failed])
        journal.write([DONE])
    with Journal(tmp_path / "j") as journal:
        assert journal.records() == {"a.jpg": DONE, "b.jpg": failed}


def test_what_was_written_survives_the_process(tmp_path: Path) -> None:
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from defocus.batch.journal import Journal, Record\n"
        "from defocus.batch.places import Stamp\n"
        "journal = Journal(Path(sys.argv[1]))\n"
        "for i in range(50):\n"
        "    journal.write([Record(f'{i}', '/in', f'{i}', Stamp(1, '2'), 'e')])\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "j")], check=False)
    assert done.returncode == -9
    with Journal(tmp_path / "j") as journal:
        assert len(journal.records()) == 50


def test_only_one_batch_writes_to_a_folder(tmp_path: Path) -> None:
    with Journal(tmp_path / "j"), pytest.raises(DefocusError, match="another defocus batch"):
        Journal(tmp_path / "j")
    Journal(tmp_path / "j").__exit__(None, None, None)


def test_a_damaged_journal_is_named(tmp_path: Path) -> None:
    (tmp_path / "j").write_bytes(b"not a database" * 100)
    with pytest.raises(DefocusError, match="damaged"):
        Journal(tmp_path / "j")


def test_a_newer_journal_is_left_alone(tmp_path: Path) -> None:
    base = sqlite3.connect(tmp_path / "j")
    base.execute("PRAGMA user_version = 99")
    base.close()
    with pytest.raises(DefocusError, match="newer defocus"):
        Journal(tmp_path / "j")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(DefocusError, match="cannot be written"):
        Journal(tmp_path / "missing" / "j")

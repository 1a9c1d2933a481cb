"""What closed photos leave goes back to the system."""

from __future__ import annotations

import subprocess
import sys

import pytest
from waiting import PATIENCE_S

from defocus.session import memory

# Blocks that the C library keeps for itself once they are free, and one above them that stays.
_SCRIPT = """
import numpy as np
from pathlib import Path
from defocus.session.memory import give_back

def resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

blocks = [np.ones(60_000, np.uint8) for _ in range(3000)]
del blocks[:-1]
before = resident_mb()
give_back()
print(before - resident_mb())
"""


@pytest.mark.skipif(sys.platform != "linux" or memory._trim() is None, reason="no glibc")
def test_free_memory_is_given_back() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT],
        capture_output=True, text=True, check=True, timeout=PATIENCE_S,
    )  # fmt: skip
    assert float(done.stdout) > 100


def test_elsewhere_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_trim", lambda: None)
    memory.give_back()
    memory.keep_together()


_THREADS = """
import sys, threading
import numpy as np
from pathlib import Path
from defocus.session.memory import give_back, keep_together

if "together" in sys.argv:
    keep_together()
kept = []

def work():  # as networks and renderers do: much that goes, little that stays
    blocks = [np.ones(100_000, np.uint8) for _ in range(200)]
    kept.append(blocks[-1])

for _ in range(8):
    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
give_back()
print(Path("/proc/self/maps").read_text().count("---p"))
"""


@pytest.mark.skipif(sys.platform != "linux" or memory._trim() is None, reason="no glibc")
def test_threads_allocate_from_one_place() -> None:
    def places(*words: str) -> int:
        done = subprocess.run(
            [sys.executable, "-c", _THREADS, *words],
            capture_output=True, text=True, check=True, timeout=PATIENCE_S,
        )  # fmt: skip
        return int(done.stdout)

    # The reserved rest of each thread's own place is a mapping that nobody may touch.
    assert places("together") < places()

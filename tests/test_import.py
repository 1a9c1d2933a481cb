"""Importing is fast, and stays so: heavy modules load where they are used."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

HEAVY = {"cv2", "onnxruntime", "torch", "PIL", "tifffile", "rich", "starlette", "scipy", "sqlite3"}


def run(code: str) -> tuple[str, float]:
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip(), time.perf_counter() - start


@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        ("import defocus", HEAVY | {"numpy"}),
        ("from defocus.cli import main; main(['--help'], standalone_mode=False)", HEAVY),
        ("from defocus.cli import main; main(['blur', '--help'], standalone_mode=False)", HEAVY),
    ],
)
def test_nothing_heavy_is_imported(code: str, heavy: set[str]) -> None:
    loaded, _ = run(f"{code}\nimport sys; print(); print(*sys.modules)")
    assert not heavy & set(loaded.splitlines()[-1].split())


def test_help_takes_a_fraction_of_a_second() -> None:
    bare = min(run("pass")[1] for _ in range(3))
    code = "from defocus.cli import main; main(['--help'], standalone_mode=False)"
    assert min(run(code)[1] for _ in range(5)) - bare < 0.3


def test_every_public_name_exists() -> None:
    import defocus

    for name in defocus.__all__:
        assert getattr(defocus, name) is not None
    with pytest.raises(AttributeError, match="bokeh"):
        _ = defocus.bokeh  # type: ignore[attr-defined]

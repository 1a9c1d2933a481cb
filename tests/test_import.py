"""Importing is fast, and stays so: heavy modules load where they are used."""

from __future__ import annotations

import subprocess
import sys

import pytest
from waiting import PATIENCE_S

HEAVY = {"cv2", "onnxruntime", "torch", "PIL", "tifffile", "tqdm", "starlette", "scipy", "sqlite3"}


def loaded(code: str) -> set[str]:
    """The modules that are there after some code ran in a new interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(); print(*sys.modules)"],
        capture_output=True, text=True, check=True, timeout=PATIENCE_S,
    )  # fmt: skip
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        ("import defocus", HEAVY | {"numpy"}),
        ("from defocus.cli import main; main(['--help'], standalone_mode=False)", HEAVY),
        ("from defocus.cli import main; main(['blur', '--help'], standalone_mode=False)", HEAVY),
    ],
)
def test_nothing_heavy_is_imported(code: str, heavy: set[str]) -> None:
    assert not heavy & loaded(code)


def test_help_needs_no_more_than_click_and_a_few_tables() -> None:
    """What takes time at the start is modules: 0.05 s for these, see ``help`` in ./dev bench."""
    code = "from defocus.cli import main; main([{}'--help'], standalone_mode=False)"
    with_click = loaded("import click, dataclasses")
    assert len(loaded(code.format("")) - with_click) < 40
    assert len(loaded(code.format("'blur', ")) - with_click) < 200


def test_every_public_name_exists() -> None:
    import defocus

    for name in defocus.__all__:
        assert getattr(defocus, name) is not None
    with pytest.raises(AttributeError, match="bokeh"):
        _ = defocus.bokeh  # type: ignore[attr-defined]

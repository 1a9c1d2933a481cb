"""The stubs of the native modules say what the modules take."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

MAKER = runpy.run_path(str(Path(__file__).parent.parent / "src/core/bindings/make_stubs.py"))


@pytest.mark.parametrize("target", MAKER["TARGETS"], ids=lambda path: path.name)
def test_a_stub_is_up_to_date(target: Path) -> None:
    text = MAKER["text"](MAKER["TARGETS"][target])
    assert target.read_text() == text, "run: ./dev python src/core/bindings/make_stubs.py"

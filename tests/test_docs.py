"""The docs say what the program does."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("benchmarks/*.md")])


def test_command_line_page_is_up_to_date() -> None:
    # In a process of its own: click keeps the help option of whoever called a command first.
    script = ROOT / "docs" / "make_cli_help.py"
    code = f"import runpy; print(runpy.run_path({str(script)!r})['text'](), end='')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    page = (ROOT / "docs" / "cli.md").read_text()
    assert page == done.stdout, "run: ./dev python docs/make_cli_help.py"


def test_tables_of_the_formats_are_up_to_date() -> None:
    script = runpy.run_path(str(ROOT / "docs" / "make_formats.py"))
    page = (ROOT / "docs" / "formats.md").read_text()
    assert page == script["text"](page), "run: ./dev python docs/make_formats.py"
    assert page.count("made by docs/make_formats.py") == 2


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_and_pictures_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text())
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert not missing

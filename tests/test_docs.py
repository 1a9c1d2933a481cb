"""The docs say what the program does."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import defocus

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")])


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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_and_pictures_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text())
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert not missing


def test_every_public_name_is_in_the_reference() -> None:
    listed = set(re.findall(r"^::: defocus\.(\w+)$", (ROOT / "docs" / "api.md").read_text(), re.M))
    names = {name for name in defocus.__all__ if not name.startswith("_")}
    assert names <= listed, "add to docs/api.md"
    modules = {"errors", "classic"}
    assert listed <= names | modules


def test_messages_in_the_troubleshooting_page_are_the_program_s_own() -> None:
    page = (
        (ROOT / "docs" / "troubleshooting.md").read_text().partition("## The photo is refused")[2]
    )
    source = "".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
    source = re.sub(r'"\s*f?"', "", source)  # messages go on over lines
    quoted = re.findall(r"^\| `([^`]+)`", page, re.MULTILINE)
    parts = [part.strip() for text in quoted for part in text.split("…") if part.strip(" :)'")]
    assert len(parts) > 6
    assert [part for part in parts if part not in source] == []


def test_every_page_is_in_the_navigation() -> None:
    nav = (ROOT / "mkdocs.yml").read_text().partition("\nnav:\n")[2]
    pages = [str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")]
    assert [page for page in pages if f" {page}\n" not in nav] == []

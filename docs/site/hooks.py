"""What the docs site does beyond MkDocs: files of the tree that the pages link to belong to it.

Pages link to each other as they lie in the tree, so that they can be read there as well. A link
that leaves ``docs/`` leads to a page (Markdown) or a plain copy (all else) below ``tree/``, and so
does a page that ``nav`` lists there; pages found that way are followed too. A link to a folder
becomes its text.

The site asks nobody for anything while it is read; a page that would is refused.
"""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
BELOW = "tree"
_LINK = re.compile(r"(!?)\[((?:[^\]\[]|\[[^\]]*\])*)\]\((?!\w+:|#)([^)#\s]+)(#[^)\s]*)?\)")
_ASKS = re.compile(
    r"<(?:script|img|link|iframe|source)\b[^>]*\b(?:src|href)=\"(?:https?:)?//[^>]*>"
)
_FENCED = re.compile(r"^( *)(```|~~~).*?^\1\2[ \t]*$", re.MULTILINE | re.DOTALL)


def in_tree(page_uri: str) -> PurePosixPath:
    """Where a page of the site lies in the tree."""
    uri = PurePosixPath(page_uri)
    return uri.relative_to(BELOW) if uri.parts[0] == BELOW else PurePosixPath("docs") / uri


def in_site(path: PurePosixPath) -> PurePosixPath:
    """Where a file of the tree lies in the site."""
    return path.relative_to("docs") if path.parts[0] == "docs" else BELOW / path


def target_of(origin: PurePosixPath, link: str) -> PurePosixPath:
    """What a link of that page leads to, from the root of the tree."""
    return PurePosixPath(os.path.normpath(origin.parent / link))


def prose(markdown: str) -> str:
    """The text without its fenced blocks."""
    return _FENCED.sub("", markdown)


def linked(origin: PurePosixPath, markdown: str) -> Iterator[PurePosixPath]:
    """Every file outside ``docs/`` that a page links to."""
    for found in _LINK.finditer(prose(markdown)):
        target = target_of(origin, found[3])
        if target.parts[0] not in ("docs", "..") and (ROOT / target).is_file():
            yield target


def listed(nav: Any) -> Iterator[PurePosixPath]:
    """Every file outside ``docs/`` that ``nav`` names."""
    if isinstance(nav, str):
        if nav.startswith(f"{BELOW}/"):
            yield in_tree(nav)
    else:
        for part in nav.values() if isinstance(nav, dict) else nav:
            yield from listed(part)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what ``nav`` lists and the pages link to."""
    waiting = list(listed(config.nav))
    for file in files.documentation_pages():
        waiting += linked(in_tree(file.src_uri), file.content_string)
    while waiting:
        target = waiting.pop()
        uri = str(in_site(target))
        if files.get_file_from_path(uri) is not None:
            continue
        if target.suffix == ".md":
            text = (ROOT / target).read_text()
            files.append(File.generated(config, uri, content=text))
            waiting += linked(target, text)
        else:
            files.append(File.generated(config, uri, content=(ROOT / target).read_bytes()))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Lead links to where their targets lie in the site."""
    here = PurePosixPath(page.file.src_uri)
    origin = in_tree(page.file.src_uri)

    def lead(found: re.Match[str]) -> str:
        target = target_of(origin, found[3])
        if (ROOT / target).is_dir():
            return found[2]
        link = os.path.relpath(in_site(target), here.parent)
        return f"{found[1]}[{found[2]}]({link}{found[4] or ''})"

    fences: list[str] = []

    def hide(found: re.Match[str]) -> str:
        fences.append(found[0])
        return f"\0{len(fences) - 1}\0"

    hidden = _LINK.sub(lead, _FENCED.sub(hide, markdown))
    return re.sub(r"\0(\d+)\0", lambda found: fences[int(found[1])], hidden)


def on_post_page(output: str, page: Page, **_: object) -> None:
    """Refuse what a browser would fetch from elsewhere."""
    if found := _ASKS.search(output):
        raise PluginError(f"{page.file.src_uri} asks another machine: {found[0]}")

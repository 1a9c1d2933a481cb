"""The page itself, with all that its first sight needs in one answer."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from defocus.studio.guard import policy

if TYPE_CHECKING:
    from starlette.requests import Request

STATIC = Path(__file__).with_name("static")
_STYLESHEETS = re.compile(r'(?:\s*<link rel="stylesheet" href="[^"]+" />)+')
_HREF = re.compile(r'href="([^"]+)"')


async def index(request: Request) -> Response:
    """The page with its styles inside: a dozen more answers would keep its first sight waiting."""
    page, style = await run_in_threadpool(_read)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    headers = {
        "cache-control": "no-cache",
        "content-security-policy": policy(f"'self' 'sha256-{digest}'"),
        "link": _modules(),
    }
    return HTMLResponse(page, headers=headers)


def _read() -> tuple[str, str]:
    """The page and what stands between its style tags."""
    page = (STATIC / "index.html").read_text("utf-8")
    links = _STYLESHEETS.search(page)
    assert links is not None
    style = "".join((STATIC / name).read_text("utf-8") for name in _HREF.findall(links[0]))
    return f"{page[: links.start()]}<style>{style}</style>{page[links.end() :]}", style


def _modules() -> str:
    """The page's modules import one another five deep: named here, all of them come at once."""
    return ", ".join(
        f"</{path.relative_to(STATIC).as_posix()}>; rel=modulepreload"
        for path in sorted(STATIC.rglob("*.js"))
    )

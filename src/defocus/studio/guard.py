"""Who may talk to the studio: this machine's browser, from the studio's page, with its token."""

from __future__ import annotations

import base64
import hashlib
import html
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from defocus.studio.keys import Keys

TOKEN_HEADER = b"x-defocus-token"
_SAFE_METHODS = ("GET", "HEAD")


def policy(styles: str = "'self'") -> str:
    """What a page of the studio may load, and from where its styles come."""
    return (
        f"default-src 'none'; script-src 'self'; style-src {styles}; "
        "img-src 'self' blob: data:; connect-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )


_HEADERS = {
    b"content-security-policy": policy().encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"cache-control": b"no-store",
}


_NO_KEY = (
    "This page has no key to the studio, or one that holds no more. Open the link that "
    "'defocus studio' printed when it was started last; edits are kept with their photos."
)
_STYLE = (
    "body{margin:20vh auto;max-width:34em;padding:0 1em;background:#141415;color:#dededf;"
    "font:16px/1.5 system-ui,sans-serif}h1{font-size:20px;font-weight:600}"
)
_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width"><title>defocus studio</title>'
    f"<style>{_STYLE}</style><h1>defocus studio</h1><p>"
)
_PAGE_POLICY = (
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; style-src "
    f"'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
)


def _refuse(text: str, headers: dict[bytes, bytes]) -> Response:
    """A refusal: a page for a person, a line for a program."""
    if b"text/html" not in headers.get(b"accept", b""):
        return PlainTextResponse(text, 403)
    page = f"{_PAGE}{html.escape(text)}</p>"
    return HTMLResponse(page, 403, headers={"content-security-policy": _PAGE_POLICY})


class Guard:
    """ASGI middleware that refuses everyone else.

    - ``Host`` must be the address that we listen on: a name that an attacker's DNS points to this
      machine is not.
    - ``Origin``, where the browser sends it, must be our own; a change without one is refused.
    - The link that was printed holds the token, the one that a browser was started with a code
      that opens once. Either is exchanged for a ``SameSite=Strict`` cookie that scripts cannot
      read, and leaves the address bar.

    Args:
        app: what is guarded.
        keys: that open it.
        port: that the server listens on.
    """

    def __init__(self, app: ASGIApp, *, keys: Keys, port: int) -> None:
        self.app = app
        self._keys = keys
        self._cookie = f"defocus_{port}"  # cookies do not tell ports apart
        self._hosts = {f"127.0.0.1:{port}".encode(), f"localhost:{port}".encode()}
        self._origins = {b"http://" + host for host in self._hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        async def send_hardened(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                missing = [item for item in _HEADERS.items() if item[0] not in present]
                message["headers"] = [*message["headers"], *missing]
            await send(message)

        await self._answer(scope, receive, send_hardened)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        refusal = self._refusal(scope["method"], headers)
        if refusal is not None:
            await _refuse(refusal, headers)(scope, receive, send)
            return
        if scope["path"] == "/" and self._opens(scope["method"], scope["query_string"]):
            welcome = RedirectResponse("/", 303)
            welcome.set_cookie(
                self._cookie, self._keys.cookie, httponly=True, samesite="strict", path="/"
            )
            await welcome(scope, receive, send)
            return
        if not self._is_known(headers):
            await _refuse(_NO_KEY, headers)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _refusal(self, method: str, headers: dict[bytes, bytes]) -> str | None:
        if headers.get(b"host", b"") not in self._hosts:
            return "The studio answers on this machine's own address only."
        origin = headers.get(b"origin")
        if origin is not None and origin not in self._origins:
            return "The studio answers to its own page only."
        if origin is None and method not in _SAFE_METHODS and TOKEN_HEADER not in headers:
            return "A change must come from the studio's own page."
        if headers.get(b"sec-fetch-site", b"none") not in (b"none", b"same-origin"):
            return "The studio answers to its own page only."
        return None

    def _opens(self, method: str, query: bytes) -> bool:
        """Whether the link holds a key. To look at a link (HEAD) does not use up its code."""
        offered = parse_qs(query.decode("latin-1"))
        code = offered.get("code", [""])[0] if method == "GET" else ""
        return self._keys.is_token(offered.get("token", [""])[0]) or self._keys.use_code(code)

    def _is_known(self, headers: dict[bytes, bytes]) -> bool:
        if TOKEN_HEADER in headers:
            return self._keys.is_token(headers[TOKEN_HEADER].decode("latin-1"))
        try:
            cookies = SimpleCookie(headers.get(b"cookie", b"").decode("latin-1"))
        except CookieError:
            return False
        return self._cookie in cookies and self._keys.is_cookie(cookies[self._cookie].value)

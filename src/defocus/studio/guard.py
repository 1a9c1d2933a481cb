"""Who may talk to the studio: this machine's browser, from the studio's page, with its token."""

from __future__ import annotations

import hmac
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.responses import PlainTextResponse, RedirectResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN_HEADER = b"x-defocus-token"
_SAFE_METHODS = ("GET", "HEAD")
_HEADERS = {
    b"content-security-policy": (
        b"default-src 'none'; script-src 'self'; style-src 'self'; "
        b"img-src 'self' blob: data:; connect-src 'self'; "
        b"frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"cache-control": b"no-store",
}


class Guard:
    """ASGI middleware that refuses everyone else.

    - ``Host`` must be the address that we listen on: a name that an attacker's DNS points to this
      machine is not.
    - ``Origin``, where the browser sends it, must be our own; a change without one is refused.
    - The token came in the link that was printed. It moves to a ``SameSite=Strict`` cookie that
      scripts cannot read, and out of the address bar.

    Args:
        app: what is guarded.
        token: random, hard to guess.
        port: that the server listens on.
    """

    def __init__(self, app: ASGIApp, *, token: str, port: int) -> None:
        self._app = app
        self._token = token
        self._cookie = f"defocus_{port}"  # cookies do not tell ports apart
        self._hosts = {f"127.0.0.1:{port}".encode(), f"localhost:{port}".encode()}
        self._origins = {b"http://" + host for host in self._hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        headers = dict(scope["headers"])
        refusal = self._refusal(scope["method"], headers)
        if refusal is not None:
            await PlainTextResponse(refusal, 403)(scope, receive, send)
            return
        offered = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if scope["path"] == "/" and self._is_token(offered):
            welcome = RedirectResponse("/", 303)
            welcome.set_cookie(
                self._cookie, self._token, httponly=True, samesite="strict", path="/"
            )
            await welcome(scope, receive, send)
            return
        if not self._is_token(self._token_of(headers)):
            text = "Open the link that 'defocus studio' printed: it holds the key to this page."
            await PlainTextResponse(text, 403)(scope, receive, send)
            return

        async def send_hardened(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                missing = [item for item in _HEADERS.items() if item[0] not in present]
                message["headers"] = [*message["headers"], *missing]
            await send(message)

        await self._app(scope, receive, send_hardened)

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

    def _token_of(self, headers: dict[bytes, bytes]) -> str:
        if TOKEN_HEADER in headers:
            return headers[TOKEN_HEADER].decode("latin-1")
        try:
            cookies = SimpleCookie(headers.get(b"cookie", b"").decode("latin-1"))
        except CookieError:
            return ""
        return cookies[self._cookie].value if self._cookie in cookies else ""

    def _is_token(self, offered: str) -> bool:
        return hmac.compare_digest(offered.encode(), self._token.encode())

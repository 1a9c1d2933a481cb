"""The keys to the studio: one in the link, one in the browser's cookie, and some that open once."""

from __future__ import annotations

import hmac
import secrets
from time import monotonic as clock

# A browser that is started now asks within seconds; a slow machine takes some more.
CODE_S = 60.0


class Keys:
    """Whoever has one may use the studio.

    The command line of a browser that we start can be read by every user of the machine, so it
    gets a code that opens once, and soon. What the browser keeps is another secret again: nobody
    who finds one of them has the others.

    Args:
        token: for the printed link; None makes a random one.
    """

    def __init__(self, token: str | None = None) -> None:
        self.token = token or secrets.token_urlsafe(24)
        self.cookie = secrets.token_urlsafe(24)
        self._codes: dict[str, float] = {}

    def new_code(self) -> str:
        """A code that opens once, within :data:`CODE_S`."""
        code = secrets.token_urlsafe(24)
        self._codes[code] = clock() + CODE_S
        return code

    def use_code(self, offered: str) -> bool:
        """Whether this code opens; it does not a second time."""
        until = self._codes.pop(offered, None)
        return until is not None and clock() < until

    def is_token(self, offered: str) -> bool:
        return hmac.compare_digest(offered.encode(), self.token.encode())

    def is_cookie(self, offered: str) -> bool:
        return hmac.compare_digest(offered.encode(), self.cookie.encode())

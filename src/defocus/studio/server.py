"""Run the studio on this machine's loopback address."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import uvicorn

from defocus.errors import DefocusError
from defocus.session.jobs import Job
from defocus.session.memory import keep_together
from defocus.studio.app import make_app
from defocus.studio.connections import PatientProtocol
from defocus.studio.keys import Keys
from defocus.studio.warm import warm_up
from defocus.studio.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from defocus.studio.hand_over import HandOver

HOST = "127.0.0.1"
_UPLOAD_IDLE_S = 30
_WARM_S = 8  # a step of the warm-up takes 1 s at most, on a busy machine several


class Studio:
    """A server that listens already, with the link that opens it.

    Args:
        photos: offered to the page; their results may be saved beside them.
        port: to listen on; 0 takes a free one.
        token: None makes a random one.
        hand_over: ends the studio once the photos are saved or given up.

    Raises:
        DefocusError: the port is taken.
    """

    def __init__(
        self,
        photos: tuple[Path, ...] = (),
        *,
        port: int = 0,
        token: str | None = None,
        hand_over: HandOver | None = None,
    ) -> None:
        # Named as TCP: only then does asyncio send small answers at once (no 40 ms of Nagle).
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((HOST, port))
        except OSError as error:
            self._socket.close()
            raise DefocusError(
                f"port {port} cannot be used ({error.strerror}): choose another with --port"
            ) from None
        self.port: int = self._socket.getsockname()[1]
        self._keys = Keys(token)
        self.workspace = Workspace(photos)
        app = make_app(self.workspace, keys=self._keys, port=self.port, hand_over=hand_over)
        if hand_over is not None:
            hand_over.when_over = self.stop
        config = uvicorn.Config(
            app,
            http=PatientProtocol,
            ws="none",
            log_level="error",  # what strangers send is no news
            access_log=False,
            server_header=False,
            timeout_keep_alive=_UPLOAD_IDLE_S,
            timeout_graceful_shutdown=3,
        )
        self._server = uvicorn.Server(config)

    @property
    def token(self) -> str:
        """What a program sends as ``X-Defocus-Token``."""
        return self._keys.token

    @property
    def url(self) -> str:
        """The link with the token; whoever has it can use the studio."""
        return f"http://{HOST}:{self.port}/?token={self.token}"

    def url_for_browser(self) -> str:
        """A link that works once, within a minute: for the command line of a browser."""
        return f"http://{HOST}:{self.port}/?code={self._keys.new_code()}"

    def run(self, when_ready: Callable[[], None] | None = None) -> None:
        """Serve until :meth:`stop` or Ctrl-C.

        Args:
            when_ready: called once, before the first request; the socket listens by then.
        """
        self._socket.listen(128)
        keep_together()
        warming = Job()
        thread = threading.Thread(
            target=warming.run, args=(warm_up,), name="defocus-warm-up", daemon=True
        )
        try:
            thread.start()
            if when_ready is not None:
                when_ready()
            self._server.run(sockets=[self._socket])
        finally:
            warming.cancel()
            # One that is in native code when Python ends takes the process down with it. But a
            # Ctrl-C in the midst of an import leaves Python's import lock taken, for good.
            thread.join(_WARM_S)
            self.workspace.close()
            self._socket.close()

    @property
    def connection_count(self) -> int:
        """How many connections are open."""
        return len(self._server.server_state.connections)

    def stop(self) -> None:
        """Ask :meth:`run` to end; from any thread."""
        self._server.should_exit = True

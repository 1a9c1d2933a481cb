"""Photos that another program sent and waits for: saved over their files, or given up.

The page holds one answer open for as long as it lives. By that the studio knows that nobody is
there any more, also where a browser was killed and said nothing.
"""

from __future__ import annotations

import asyncio
import json
import threading
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

from defocus.errors import EditError, PhotoError
from defocus.session.jobs import Job, Workers
from defocus.session.over import Keep, save_over
from defocus.studio.requests import page_of, workspace_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

    from defocus.progress import Progress
    from defocus.studio.records import OpenPhoto

# From the moment the last page is gone until the photos are given up. A page that is loaded again
# is back within a second, on a busy machine within some; whoever closed it waits as long.
GONE_S = 8.0
# Until the first page is there: a cold browser on a busy machine, or somebody who copies the link.
NOBODY_S = 600.0
_NEWS_S = 0.2


class HandOver:
    """What becomes of the photos of one ``defocus edit``.

    Args:
        keep: where the originals stay.

    Attributes:
        saved: whether the photos were saved; None while that is open.
        nobody_came: no page was ever there, and so the photos were given up.
        files: that were saved over so far; none is blurred twice.
        when_over: called once it is known; from any thread.
    """

    def __init__(self, keep: Keep = "beside") -> None:
        self.saved: bool | None = None
        self.nobody_came = False
        self.when_over: Callable[[], None] = lambda: None
        self._keep = keep
        self._workers = Workers(1)
        self._job: Job | None = None
        self._lock = threading.Lock()
        self._pages = 0
        self._came_once = False
        self._timer: threading.Timer | None = None
        self.files: list[Path] = []

    @property
    def routes(self) -> list[Route]:
        """Of the studio's application."""
        return [
            Route("/api/hand-over", self._news, methods=["GET"]),
            Route("/api/hand-over", self._begin, methods=["POST"]),
        ]

    # -- the page ----------------------------------------------------------------------------------

    async def _news(self, request: Request) -> Response:
        page_of(request)
        return StreamingResponse(self._lines(request), media_type="application/x-ndjson")

    async def _lines(self, request: Request) -> AsyncIterator[str]:
        self._came()
        try:
            last = ""
            while not await request.is_disconnected():
                over = self.saved is not None
                line = json.dumps(self._status()) + "\n"
                if line != last:
                    yield line
                if over:
                    return
                last = line
                await asyncio.sleep(_NEWS_S)
        finally:
            self._went()

    async def _begin(self, request: Request) -> Response:
        try:
            ids = json.loads(await request.body())
        except ValueError:
            ids = None
        if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
            raise EditError("to save takes the list of the photos' ids")
        if not ids:
            await run_in_threadpool(self._end, saved=False)
            return JSONResponse(self._status())
        workspace = workspace_of(request)
        photos = [workspace.photo(one) for one in ids]
        if any(not photo.saves_beside for photo in photos):
            raise PhotoError("only photos of the command line are saved over: download the others")
        with self._lock:
            if self._job is None or self._job.state != "working":
                self._job = self._workers.start(lambda progress: self._save(photos, progress))
        return JSONResponse(self._status(), 201)

    def _status(self) -> dict[str, Any]:
        """JSON-able."""
        job = {"state": "open"} if self._job is None else self._job.status()
        return {**job, "saved": self.saved, "files": len(self.files)}

    # -- the work ----------------------------------------------------------------------------------

    def _save(self, photos: list[OpenPhoto], progress: Progress) -> None:
        for photo in photos:
            if photo.path not in self.files:
                save_over(photo, self._keep, progress)
                self.files.append(photo.path)
        self._end(saved=True)

    def _end(self, *, saved: bool) -> None:
        with self._lock:
            if self.saved is not None:
                return
            self.saved = saved
        self._workers.close()
        # The page hears it first: what ends the server waits for open answers.
        self.when_over()

    # -- who is there ------------------------------------------------------------------------------

    def wait_for_page(self) -> None:
        """From now on count the time until the first page is there."""
        with self._lock:
            if self._pages == 0 and self._timer is None:
                self._set_timer(NOBODY_S, self._nobody)

    def _set_timer(self, seconds: float, ring: Callable[[], None]) -> None:
        self._timer = threading.Timer(seconds, ring)
        self._timer.daemon = True
        self._timer.start()

    def _nobody(self) -> None:
        with self._lock:
            if self._came_once:
                return
            self.nobody_came = True
        self._end(saved=False)

    def _came(self) -> None:
        with self._lock:
            self._pages += 1
            self._came_once = True
            if self._timer is not None:
                self._timer.cancel()

    def _went(self) -> None:
        with self._lock:
            self._pages -= 1
            if self._pages == 0 and self.saved is None:
                self._set_timer(GONE_S, self._give_up)

    def _give_up(self) -> None:
        working = self._job is not None and self._job.state == "working"
        if self._pages == 0 and not working:
            self._end(saved=False)

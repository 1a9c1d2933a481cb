"""The studio's web application: small JSON answers, pictures, uploads and downloads."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from defocus.errors import DefocusError, EditError, TooLargeError
from defocus.files import printable
from defocus.studio import photo_routes, work_routes
from defocus.studio.front import STATIC, index
from defocus.studio.guard import Guard
from defocus.studio.keys import Keys
from defocus.studio.records import GoneError, NotReadyError
from defocus.studio.requests import is_page, page_of, workspace_of
from defocus.studio.schema import schema
from defocus.studio.workspace import MAX_UPLOAD_BYTES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.requests import Request

    from defocus.studio.hand_over import HandOver
    from defocus.studio.workspace import Workspace

_SWEEP_S = 5.0

_STATUS: tuple[tuple[type[DefocusError], int], ...] = (
    (TooLargeError, 413),
    (GoneError, 410),
    (NotReadyError, 409),
    (EditError, 422),
)


def make_app(
    workspace: Workspace,
    *,
    port: int,
    token: str | None = None,
    keys: Keys | None = None,
    hand_over: HandOver | None = None,
) -> Guard:
    """The application, with its guard around all of it.

    Args:
        workspace: closed when the application ends.
        port: that the server listens on.
        token: that a client must show; or
        keys: that, and the other ways in.
        hand_over: the photos go back to the program that sent them.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        sweeper = asyncio.create_task(_sweep(workspace))
        try:
            yield
        finally:
            sweeper.cancel()
            workspace.close()

    app = Starlette(
        routes=[*(hand_over.routes if hand_over else ()), *_ROUTES],
        exception_handlers={DefocusError: _explain, ClientDisconnect: _hung_up},
        lifespan=lifespan,
    )
    app.state.workspace = workspace
    app.state.hand_over = hand_over
    app.state.fetches = {}
    return Guard(app, keys=keys or Keys(token), port=port)


async def _sweep(workspace: Workspace) -> None:
    while True:
        await asyncio.sleep(_SWEEP_S)
        await run_in_threadpool(workspace.sweep)


async def _explain(request: Request, error: Exception) -> Response:
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 400)
    return JSONResponse({"error": printable(" ".join(str(error).split()))}, status)


async def _hung_up(request: Request, error: Exception) -> Response:
    return Response(status_code=400)


async def about(request: Request) -> Response:
    workspace, page = workspace_of(request), page_of(request)
    before = request.query_params.get("before", "")
    if is_page(before) and before != page:
        reloaded = request.query_params.get("reloaded") == "1"
        await run_in_threadpool(workspace.follow, before, page, reloaded=reloaded)
    facts = await run_in_threadpool(schema)
    facts["offered"] = [printable(path.name) for path in workspace.offered]
    facts["photos"] = [photo.introduction() for photo in workspace.photos(page)]
    facts["handOver"] = request.app.state.hand_over is not None
    facts["limits"] = {"bytes": MAX_UPLOAD_BYTES}
    return JSONResponse(facts)


async def alive(request: Request) -> Response:
    page_of(request)
    return Response(status_code=204)


async def leave(request: Request) -> Response:
    workspace_of(request).leave(request.query_params.get("page", ""))
    return Response(status_code=204)


def _route(path: str, **methods: Callable[[Request], Awaitable[Response]]) -> Route:
    """One path whose methods are different functions."""

    async def dispatch(request: Request) -> Response:
        return await methods[request.method.lower()](request)

    return Route(path, dispatch, methods=[name.upper() for name in methods])


_ROUTES: list[Any] = [
    _route("/", get=index, head=index),
    _route("/api/studio", get=about),
    _route("/api/alive", post=alive),
    _route("/api/leave", post=leave),
    _route("/api/photos", post=photo_routes.upload),
    _route("/api/open/{which}", post=photo_routes.open_offered),
    _route("/api/photos/{photo}", get=photo_routes.photo_status, delete=photo_routes.close_photo),
    _route("/api/photos/{photo}/layers/{layer}", get=photo_routes.layer),
    _route("/api/photos/{photo}/region", get=photo_routes.region),
    _route("/api/photos/{photo}/soft-edges", post=photo_routes.soft_edges),
    _route("/api/photos/{photo}/portrait", post=photo_routes.portrait),
    _route("/api/photos/{photo}/edit", put=photo_routes.put_edit),
    _route("/api/photos/{photo}/versions", put=photo_routes.put_versions),
    _route("/api/photos/{photo}/copies", post=photo_routes.copy_photo),
    _route("/api/photos/{photo}/commands", post=photo_routes.commands),
    _route("/api/photos/{photo}/exports", post=work_routes.start_export),
    _route(
        "/api/exports/{export}", get=work_routes.export_status, delete=work_routes.cancel_export
    ),
    _route("/api/shoots", post=work_routes.start_shoot),
    _route("/api/shoots/{shoot}", get=work_routes.shoot_status, delete=work_routes.cancel_shoot),
    _route("/api/exports/{export}/file", get=work_routes.export_file),
    _route(
        "/api/models/{model}",
        get=work_routes.fetch_status,
        post=work_routes.fetch_model,
        delete=work_routes.cancel_fetch,
    ),
    Mount("/", StaticFiles(directory=STATIC)),
]

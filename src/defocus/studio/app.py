"""The studio's web application: small JSON answers, pictures, uploads and downloads."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from defocus.errors import DefocusError, EditError, ModelError, PhotoError, TooLargeError
from defocus.studio.command import commands_for, look_of
from defocus.studio.guard import Guard
from defocus.studio.preview import REGION_PX, Region
from defocus.studio.schema import models, parse_edit, schema
from defocus.studio.workspace import MAX_UPLOAD_BYTES, GoneError, Workspace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.requests import Request

    from defocus.edit import Edit
    from defocus.progress import Progress
    from defocus.studio.workspace import OpenPhoto

STATIC = Path(__file__).with_name("static")
SAMPLE = STATIC / "sample.jpg"
MAX_JSON_BYTES = 16_000_000
_SWEEP_S = 5.0

_STATUS: tuple[tuple[type[DefocusError], int], ...] = (
    (TooLargeError, 413),
    (GoneError, 410),
    (EditError, 422),
)


def make_app(workspace: Workspace, *, token: str, port: int) -> Starlette:
    """The application.

    Args:
        workspace: closed when the application ends.
        token: that a client must show.
        port: that the server listens on.
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
        routes=_ROUTES,
        middleware=[Middleware(Guard, token=token, port=port)],
        exception_handlers={DefocusError: _explain, ClientDisconnect: _hung_up},
        lifespan=lifespan,
    )
    app.state.workspace = workspace
    app.state.fetches = {}
    return app


async def _sweep(workspace: Workspace) -> None:
    while True:
        await asyncio.sleep(_SWEEP_S)
        await run_in_threadpool(workspace.sweep)


async def _explain(request: Request, error: Exception) -> Response:
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 400)
    return JSONResponse({"error": " ".join(str(error).split())}, status)


async def _hung_up(request: Request, error: Exception) -> Response:
    return Response(status_code=400)


# -- what every route needs ------------------------------------------------------------------------


def _workspace(request: Request) -> Workspace:
    workspace: Workspace = request.app.state.workspace
    return workspace


def _tab(request: Request) -> str:
    tab = request.headers.get("x-tab") or request.query_params.get("tab", "")
    if not tab.isalnum() or len(tab) > 64:
        raise EditError("the request names no tab: reload the page")
    _workspace(request).touch(tab)
    return tab


def _photo(request: Request) -> OpenPhoto:
    return _workspace(request).photo(request.path_params["photo"])


async def _body(request: Request) -> bytes:
    parts = bytearray()
    async for part in request.stream():
        parts += part
        if len(parts) > MAX_JSON_BYTES:
            raise EditError("the edit is larger than 16 MB: undo some brush strokes")
    return bytes(parts)


async def _edit(request: Request) -> Edit:
    return await run_in_threadpool(parse_edit, await _body(request))


# -- the page and what it offers -------------------------------------------------------------------


async def page(request: Request) -> Response:
    return FileResponse(STATIC / "index.html", headers={"cache-control": "no-cache"})


async def about(request: Request) -> Response:
    workspace, tab = _workspace(request), _tab(request)
    facts = await run_in_threadpool(schema)
    facts["offered"] = [path.name for path in workspace.offered]
    facts["photos"] = [photo.status() for photo in workspace.photos(tab)]
    facts["limits"] = {"bytes": MAX_UPLOAD_BYTES}
    return JSONResponse(facts)


async def alive(request: Request) -> Response:
    _tab(request)
    return Response(status_code=204)


async def leave(request: Request) -> Response:
    _workspace(request).leave(request.query_params.get("tab", ""))
    return Response(status_code=204)


# -- photos ----------------------------------------------------------------------------------------


async def upload(request: Request) -> Response:
    workspace, tab = _workspace(request), _tab(request)
    name = Path(unquote(request.headers.get("x-name", ""))).name[:200] or "photo"
    size = request.headers.get("content-length", "0")
    if size.isdigit() and int(size) > MAX_UPLOAD_BYTES:
        raise _too_large(name, int(size))
    path = workspace.upload_path(name)
    try:
        await _receive(request, path, name)
        photo = await run_in_threadpool(workspace.open_photo, path, name, tab, saves_beside=False)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return JSONResponse(photo.status(), 201)


async def _receive(request: Request, path: Path, name: str) -> None:
    received = 0
    with path.open("xb") as file:
        async for part in request.stream():
            received += len(part)
            if received > MAX_UPLOAD_BYTES:
                raise _too_large(name, received)
            try:
                await run_in_threadpool(file.write, part)
            except OSError as error:
                raise PhotoError(f"{name} cannot be stored: {error.strerror}") from None
    if received == 0:
        raise PhotoError(f"{name} is empty: copy it again from where it came")


def _too_large(name: str, size: int) -> TooLargeError:
    return TooLargeError(
        f"{name} has {size / 1e6:,.0f} MB or more; the studio takes up to "
        f"{MAX_UPLOAD_BYTES / 1e6:,.0f} MB: use 'defocus blur' for it"
    )


async def open_offered(request: Request) -> Response:
    """Open a photo of the command line by its number, or the sample."""
    workspace, tab = _workspace(request), _tab(request)
    which = request.path_params["which"]
    if which == "sample":
        name, beside = "eileen-collins.jpg", False
        path = workspace.upload_path(name)
        await run_in_threadpool(shutil.copyfile, SAMPLE, path)
    else:
        if not which.isdigit() or int(which) >= len(workspace.offered):
            raise GoneError("the command line named no such photo")
        path = workspace.offered[int(which)]
        name, beside = path.name, True
    photo = await run_in_threadpool(workspace.open_photo, path, name, tab, saves_beside=beside)
    return JSONResponse(photo.status(), 201)


async def photo_status(request: Request) -> Response:
    return JSONResponse(_photo(request).status())


async def close_photo(request: Request) -> Response:
    await run_in_threadpool(_workspace(request).close_photo, request.path_params["photo"])
    return Response(status_code=204)


async def layer(request: Request) -> Response:
    """Thumbnail, preview, disparity or subject of a photo."""
    photo, which = _photo(request), request.path_params["layer"]
    if which == "thumbnail" and photo.thumbnail is not None:
        return Response(photo.thumbnail, media_type="image/jpeg")
    picture = photo.picture
    if picture is None or photo.job.state != "ready":
        raise GoneError("this photo is not ready yet")
    content = {"photo": picture.photo, "disparity": picture.disparity, "subject": picture.subject}
    if content.get(which) is None:
        raise GoneError(f"this photo has no layer {which!r}")
    kind = "image/jpeg" if which == "photo" else "application/octet-stream"
    return Response(content[which], media_type=kind)


async def region(request: Request) -> Response:
    """A part of the photo pixel for pixel, packed."""
    photo = _ready(request)
    wanted = _region(request, photo)
    picture = await run_in_threadpool(_workspace(request).region, photo, wanted)
    return Response(picture.packed(), media_type="application/octet-stream")


async def soft_edges(request: Request) -> Response:
    """The photo or a part of it with see-through edges for an edit, packed; 204 if it has none."""
    photo = _ready(request)
    wanted = _region(request, photo) if "x" in request.query_params else None
    edit = await _edit(request)
    picture = await run_in_threadpool(_workspace(request).soft_edges, photo, edit, wanted)
    if picture is None:
        return Response(status_code=204)
    return Response(picture.packed(), media_type="application/octet-stream")


def _ready(request: Request) -> OpenPhoto:
    photo = _photo(request)
    if photo.job.state != "ready":
        raise GoneError("this photo is not ready yet")
    return photo


def _region(request: Request, photo: OpenPhoto) -> Region:
    numbers = [request.query_params.get(name, "") for name in ("x", "y", "width", "height")]
    if not all(number.isdigit() and len(number) < 7 for number in numbers):
        raise EditError("a region is four whole numbers: x, y, width, height")
    wanted = Region(*(int(number) for number in numbers))
    width, height = photo.facts["width"], photo.facts["height"]
    inside = wanted.x + wanted.width <= width and wanted.y + wanted.height <= height
    if not inside or not 0 < wanted.width <= REGION_PX or not 0 < wanted.height <= REGION_PX:
        raise EditError(f"a region must lie in the photo and be at most {REGION_PX} pixels wide")
    return wanted


async def get_edit(request: Request) -> Response:
    return Response(_photo(request).edit.to_json(), media_type="application/json")


async def put_edit(request: Request) -> Response:
    photo = _photo(request)
    edit = await _edit(request)
    try:
        status = await run_in_threadpool(_workspace(request).change_edit, photo, edit)
    except OSError as error:
        raise PhotoError(f"the edit cannot be kept on disk: {error.strerror}") from None
    return JSONResponse(status)


async def commands(request: Request) -> Response:
    photo = _photo(request)
    edit = await _edit(request)
    made = asdict(commands_for(edit, photo.name))
    return JSONResponse({**made, "edit": edit.to_json(), "look": look_of(edit).to_json()})


# -- exports and models ----------------------------------------------------------------------------


async def start_export(request: Request) -> Response:
    photo = _photo(request)
    edit = await _edit(request)
    beside = request.query_params.get("beside") == "1"
    export = _workspace(request).export(photo, edit, beside=beside)
    return JSONResponse(export.status(), 201)


async def export_status(request: Request) -> Response:
    return JSONResponse(_workspace(request).find_export(request.path_params["export"]).status())


async def export_file(request: Request) -> Response:
    export = _workspace(request).find_export(request.path_params["export"])
    if export.job.state != "ready" or export.path is None or export.saved_as is not None:
        raise GoneError("this export is not ready for download")
    disposition = f"attachment; filename*=UTF-8''{quote(export.name)}"
    return FileResponse(
        export.path,
        media_type="application/octet-stream",
        headers={"content-disposition": disposition},
    )


async def cancel_export(request: Request) -> Response:
    await run_in_threadpool(_workspace(request).close_export, request.path_params["export"])
    return Response(status_code=204)


async def fetch_model(request: Request) -> Response:
    """Start to download a model of the store."""
    from defocus.depth.store import find_model

    name = request.path_params["model"]
    model = find_model(name)
    jobs = request.app.state.fetches
    if name not in jobs or jobs[name].state != "working":

        def work(progress: Progress) -> None:
            from defocus.depth.download import fetch

            fetch(model, progress=progress)

        jobs[name] = _workspace(request).start(work)
    return JSONResponse(jobs[name].status(), 201)


async def fetch_status(request: Request) -> Response:
    name = request.path_params["model"]
    job = request.app.state.fetches.get(name)
    if job is None:
        raise ModelError(f"{name} is not being fetched")
    return JSONResponse({**job.status(), "models": await run_in_threadpool(models)})


async def cancel_fetch(request: Request) -> Response:
    job = request.app.state.fetches.get(request.path_params["model"])
    if job is not None:
        job.cancel()
    return Response(status_code=204)


def _route(path: str, **methods: Callable[[Request], Awaitable[Response]]) -> Route:
    """One path whose methods are different functions."""

    async def dispatch(request: Request) -> Response:
        return await methods[request.method.lower()](request)

    return Route(path, dispatch, methods=[name.upper() for name in methods])


_ROUTES: list[Any] = [
    _route("/", get=page, head=page),
    _route("/api/studio", get=about),
    _route("/api/alive", post=alive),
    _route("/api/leave", post=leave),
    _route("/api/photos", post=upload),
    _route("/api/open/{which}", post=open_offered),
    _route("/api/photos/{photo}", get=photo_status, delete=close_photo),
    _route("/api/photos/{photo}/layers/{layer}", get=layer),
    _route("/api/photos/{photo}/region", get=region),
    _route("/api/photos/{photo}/soft-edges", post=soft_edges),
    _route("/api/photos/{photo}/edit", get=get_edit, put=put_edit),
    _route("/api/photos/{photo}/commands", post=commands),
    _route("/api/photos/{photo}/exports", post=start_export),
    _route("/api/exports/{export}", get=export_status, delete=cancel_export),
    _route("/api/exports/{export}/file", get=export_file),
    _route("/api/models/{model}", get=fetch_status, post=fetch_model, delete=cancel_fetch),
    Mount("/", StaticFiles(directory=STATIC)),
]

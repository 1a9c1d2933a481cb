"""Routes of longer work: exports, and models to fetch."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, JSONResponse, Response

from defocus.errors import ModelError
from defocus.studio.last_export import LastExport, keep_export
from defocus.studio.records import GoneError
from defocus.studio.requests import edit_of, orders_of, photo_of, recipe_of, workspace_of
from defocus.studio.schema import models

if TYPE_CHECKING:
    from starlette.requests import Request

    from defocus.progress import Progress


async def start_export(request: Request) -> Response:
    photo = photo_of(request)
    edit = await edit_of(request)
    beside = request.query_params.get("beside") == "1"
    recipe, number = recipe_of(request)
    export = workspace_of(request).export(photo, edit, beside=beside, recipe=recipe, number=number)
    if number == 1:  # one of many is as the first
        await run_in_threadpool(keep_export, LastExport(edit.output, recipe, beside))
    return JSONResponse(export.status(), 201)


async def export_status(request: Request) -> Response:
    return JSONResponse(workspace_of(request).find_export(request.path_params["export"]).status())


async def export_file(request: Request) -> Response:
    export = workspace_of(request).find_export(request.path_params["export"])
    if export.job.state != "ready" or export.path is None or export.saved_as is not None:
        raise GoneError("this export is not ready for download")
    disposition = f"attachment; filename*=UTF-8''{quote(export.name)}"
    return FileResponse(
        export.path,
        media_type="application/octet-stream",
        headers={"content-disposition": disposition},
    )


async def cancel_export(request: Request) -> Response:
    await run_in_threadpool(workspace_of(request).close_export, request.path_params["export"])
    return Response(status_code=204)


async def start_shoot(request: Request) -> Response:
    """Export several photos at once: the body lists their ids, each with its edit."""
    recipe, _ = recipe_of(request)
    beside = request.query_params.get("beside") == "1"
    wanted = await orders_of(request)
    shoot = workspace_of(request).shoot(wanted, beside=beside, recipe=recipe)
    output = wanted[0][1].output
    await run_in_threadpool(keep_export, LastExport(output, recipe, beside))
    return JSONResponse(shoot.status(), 201)


async def shoot_status(request: Request) -> Response:
    return JSONResponse(workspace_of(request).find_shoot(request.path_params["shoot"]).status())


async def cancel_shoot(request: Request) -> Response:
    await run_in_threadpool(workspace_of(request).close_shoot, request.path_params["shoot"])
    return Response(status_code=204)


async def fetch_model(request: Request) -> Response:
    """Start to download a model of the store."""
    from defocus.depth.store import find_model

    name = request.path_params["model"]
    model = find_model(name)
    jobs = request.app.state.fetches
    if name not in jobs or jobs[name].status()["state"] != "working":

        def work(progress: Progress) -> None:
            from defocus.depth.download import fetch

            fetch(model, progress=progress)

        jobs[name] = workspace_of(request).fetch(work)
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

"""Routes of photos: open and close them, their layers, their edits."""

from __future__ import annotations

import asyncio
import shutil
import time
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from defocus.blame import advice
from defocus.edit.commands import commands_for, look_of
from defocus.errors import Cancelled, PhotoError, TooLargeError
from defocus.files import printable
from defocus.session.jobs import Job
from defocus.studio.records import NotReadyError
from defocus.studio.requests import (
    edit_of,
    page_of,
    photo_of,
    ready_photo_of,
    region_of,
    versions_of,
    whole_number,
    workspace_of,
)
from defocus.studio.warm import SAMPLE
from defocus.studio.workspace import MAX_UPLOAD_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

# Progress within a step is told this often; a new step at once.
_NEWS_S = 0.25
_LOOK_S = 0.005
_LEFT_S = 0.05  # whether the page still waits for a picture is looked at this often


async def upload(request: Request) -> Response:
    workspace, page = workspace_of(request), page_of(request)
    name = Path(unquote(request.headers.get("x-name", ""))).name[:200] or "photo"
    size = request.headers.get("content-length", "0")
    if (whole_number(size) or 0) > MAX_UPLOAD_BYTES:
        raise _too_large(name, int(size))
    path = workspace.upload_path(name)
    try:
        await _receive(request, path, name)
        photo = await run_in_threadpool(workspace.open_photo, path, name, page, saves_beside=False)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return JSONResponse(photo.introduction(), 201)


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
                raise PhotoError(f"{name} cannot be stored: {advice(error)}") from None
    if received == 0:
        raise PhotoError(f"{name} is empty: copy it again from where it came")


def _too_large(name: str, size: int) -> TooLargeError:
    return TooLargeError(
        f"{name} has {size / 1e6:,.0f} MB or more; the studio takes up to "
        f"{MAX_UPLOAD_BYTES / 1e6:,.0f} MB: use 'defocus blur' for it"
    )


async def open_offered(request: Request) -> Response:
    """Open a photo of the command line by its number, or the sample."""
    workspace, page = workspace_of(request), page_of(request)
    which = request.path_params["which"]
    if which == "sample":
        name, beside = "eileen-collins.jpg", False
        path = workspace.upload_path(name)
        await run_in_threadpool(shutil.copyfile, SAMPLE, path)
    else:
        number = whole_number(which)
        if number is None or number >= len(workspace.offered):
            raise PhotoError("the command line named no such photo")
        path = workspace.offered[number]
        name, beside = printable(path.name), True
    photo = await run_in_threadpool(
        workspace.open_photo, path, name, page, saves_beside=beside, which=which
    )
    return JSONResponse(photo.introduction(), 201)


async def photo_status(request: Request) -> Response:
    """Where a photo stands; with ``seen``, an earlier ``stamp``, as soon as it stands elsewhere.

    Who asks so waits for it: it goes before others then. With ``next`` it may be waited for soon.
    """
    photo, seen = photo_of(request), request.query_params.get("seen")
    if seen:
        photo.look()
    elif "next" in request.query_params:
        photo.expect()
    end = time.monotonic() + _NEWS_S
    while photo.stamp == seen and time.monotonic() < end:
        await asyncio.sleep(_LOOK_S)
    return JSONResponse(photo.status())


async def close_photo(request: Request) -> Response:
    await run_in_threadpool(workspace_of(request).close_photo, request.path_params["photo"])
    return Response(status_code=204)


async def layer(request: Request) -> Response:
    """Thumbnail, preview, disparity, subject, lamps or things of a photo."""
    photo, which = photo_of(request), request.path_params["layer"]
    pictures = {"thumbnail": photo.thumbnail, "photo": photo.screen}
    if which in pictures:
        content, kind = pictures[which], "image/jpeg"
    else:
        content = await run_in_threadpool(photo.layers.get, which)
        kind = "application/octet-stream"
    if content is None and photo.layers.holds(which):
        return Response(status_code=204)  # the page had asked by what an earlier picture has
    if content is None:
        raise NotReadyError(f"this photo has no layer {which!r}, or not yet")
    return Response(content, media_type=kind)


async def region(request: Request) -> Response:
    """A part of the photo pixel for pixel, packed."""
    photo = ready_photo_of(request)
    wanted = region_of(request, photo)
    picture = await run_in_threadpool(photo.region, wanted)
    return Response(picture.packed(), media_type="application/octet-stream")


async def soft_edges(request: Request) -> Response:
    """The photo or a part of it with see-through edges for an edit, packed; 204 if it has none."""
    photo = ready_photo_of(request)
    wanted = region_of(request, photo) if "x" in request.query_params else None
    edit = await edit_of(request)
    picture = await run_in_threadpool(photo.soft_edges, edit, wanted)
    if picture is None:
        return Response(status_code=204)
    return Response(picture.packed(), media_type="application/octet-stream")


async def portrait(request: Request) -> Response:
    """What an export would show of the photo or a part of it, a JPEG; 204 if that takes too long.

    It is given up as soon as nobody waits for it: the page asks anew after each edit.
    """
    photo = ready_photo_of(request)
    wanted = region_of(request, photo) if "x" in request.query_params else None
    edit = await edit_of(request)
    job = Job()
    work = asyncio.create_task(run_in_threadpool(photo.portrait, edit, wanted, job.report))
    while not (await asyncio.wait({work}, timeout=_LEFT_S))[0]:
        if await request.is_disconnected():
            job.cancel()
    try:
        picture = await work
    except Cancelled:
        picture = None
    return Response(picture, 204 if picture is None else 200, media_type="image/jpeg")


@contextmanager
def _kept(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PhotoError(f"{what} cannot be kept on disk: {advice(error)}") from None


async def put_edit(request: Request) -> Response:
    photo = photo_of(request)
    edit = await edit_of(request)
    with _kept("the edit"):
        await run_in_threadpool(photo.put, edit)
    return JSONResponse(photo.status())


async def put_versions(request: Request) -> Response:
    """Keep named versions of the edit: the list in the body and no others."""
    photo = photo_of(request)
    versions = await versions_of(request)
    with _kept("the versions"):
        await run_in_threadpool(photo.keep_versions, versions)
    return Response(status_code=204)


async def copy_photo(request: Request) -> Response:
    """A virtual copy of a photo, with the edit in the body."""
    photo = photo_of(request)
    edit = await edit_of(request)
    copy = await run_in_threadpool(workspace_of(request).copy_photo, photo, edit)
    return JSONResponse(copy.introduction(), 201)


async def commands(request: Request) -> Response:
    photo = photo_of(request)
    edit = await edit_of(request)
    made = asdict(commands_for(edit, photo.name))
    return JSONResponse({**made, "edit": edit.to_json(), "look": look_of(edit).to_json()})

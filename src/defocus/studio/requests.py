"""What requests to the studio say: tab, photo, edit, region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from defocus.errors import EditError
from defocus.studio.preview import REGION_PX, Region
from defocus.studio.records import GoneError
from defocus.studio.schema import parse_edit

if TYPE_CHECKING:
    from starlette.requests import Request

    from defocus.edit import Edit
    from defocus.studio.records import OpenPhoto
    from defocus.studio.workspace import Workspace

MAX_JSON_BYTES = 16_000_000


def workspace_of(request: Request) -> Workspace:
    """The studio's open photos."""
    workspace: Workspace = request.app.state.workspace
    return workspace


def tab_of(request: Request) -> str:
    """The tab that asks, which is alive thereby. Raises EditError."""
    tab = request.headers.get("x-tab") or request.query_params.get("tab", "")
    if not tab.isalnum() or len(tab) > 64:
        raise EditError("the request names no tab: reload the page")
    workspace_of(request).touch(tab)
    return tab


def photo_of(request: Request) -> OpenPhoto:
    """The photo in the path. Raises GoneError."""
    return workspace_of(request).photo(request.path_params["photo"])


async def _body(request: Request) -> bytes:
    parts = bytearray()
    async for part in request.stream():
        parts += part
        if len(parts) > MAX_JSON_BYTES:
            raise EditError("the edit is larger than 16 MB: undo some brush strokes")
    return bytes(parts)


async def edit_of(request: Request) -> Edit:
    """The edit in the body. Raises EditError."""
    return await run_in_threadpool(parse_edit, await _body(request))


def ready_photo_of(request: Request) -> OpenPhoto:
    """The photo in the path, whose depth is known. Raises GoneError."""
    photo = photo_of(request)
    if not photo.facts:
        raise GoneError("this photo is not ready yet")
    return photo


def region_of(request: Request, photo: OpenPhoto) -> Region:
    """The region in the query. Raises EditError."""
    numbers = [request.query_params.get(name, "") for name in ("x", "y", "width", "height")]
    if not all(number.isdigit() and len(number) < 7 for number in numbers):
        raise EditError("a region is four whole numbers: x, y, width, height")
    wanted = Region(*(int(number) for number in numbers))
    width, height = photo.facts["width"], photo.facts["height"]
    inside = wanted.x + wanted.width <= width and wanted.y + wanted.height <= height
    if not inside or not 0 < wanted.width <= REGION_PX or not 0 < wanted.height <= REGION_PX:
        raise EditError(f"a region must lie in the photo and be at most {REGION_PX} pixels wide")
    return wanted

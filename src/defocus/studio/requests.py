"""What requests to the studio say: page, photo, edit, region."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from defocus.errors import EditError
from defocus.session.kept import Version, versions_from_json
from defocus.session.payloads import REGION_PX, Region
from defocus.session.recipe import USUAL_NAME, Recipe
from defocus.studio.records import NotReadyError
from defocus.studio.schema import parse_edit

if TYPE_CHECKING:
    from starlette.requests import Request

    from defocus.edit import Edit
    from defocus.studio.records import OpenPhoto
    from defocus.studio.workspace import Workspace

MAX_JSON_BYTES = 16 << 20
_MAX_ORDERS_BYTES = 4 * MAX_JSON_BYTES


def workspace_of(request: Request) -> Workspace:
    """The studio's open photos."""
    workspace: Workspace = request.app.state.workspace
    return workspace


def page_of(request: Request) -> str:
    """The page that asks, which is alive thereby. Raises EditError."""
    page = request.headers.get("x-page") or request.query_params.get("page", "")
    if not is_page(page):
        raise EditError("the request names no page: reload it")
    workspace_of(request).touch(page)
    return page


def is_page(text: str) -> bool:
    """Whether a page may call itself so."""
    return text.isalnum() and len(text) <= 64


def whole_number(text: str) -> int | None:
    """A number of up to nine plain digits, or None. (``"²".isdigit()`` is true.)"""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def photo_of(request: Request) -> OpenPhoto:
    """The photo in the path. Raises GoneError."""
    return workspace_of(request).photo(request.path_params["photo"])


async def _body(request: Request, most: int = MAX_JSON_BYTES) -> bytes:
    parts = bytearray()
    async for part in request.stream():
        parts += part
        if len(parts) > most:
            raise EditError(f"the edit is larger than {most >> 20} MB: undo some brush strokes")
    return bytes(parts)


async def edit_of(request: Request) -> Edit:
    """The edit in the body. Raises EditError."""
    return await run_in_threadpool(parse_edit, await _body(request))


async def versions_of(request: Request) -> tuple[Version, ...]:
    """The named versions in the body. Raises EditError."""
    return await run_in_threadpool(versions_from_json, await _body(request))


async def orders_of(request: Request) -> list[tuple[OpenPhoto, Edit]]:
    """The photos in the body, each with an edit. Raises EditError, GoneError."""
    text = await _body(request, _MAX_ORDERS_BYTES)
    return await run_in_threadpool(_orders, workspace_of(request), text)


def _orders(workspace: Workspace, text: bytes) -> list[tuple[OpenPhoto, Edit]]:
    try:
        listed = json.loads(text)
        found = [
            (workspace.photo(each["id"]), parse_edit(json.dumps(each["edit"]).encode()))
            for each in listed
        ]
    except EditError:  # of an edit among them; a ValueError too
        raise
    except (ValueError, RecursionError, KeyError, TypeError):
        raise EditError("an export of several photos is a list of ids with edits") from None
    if not found:
        raise EditError("an export of several photos names at least one")
    return found


def recipe_of(request: Request) -> tuple[Recipe, int]:
    """Name and size of a result, and its number, from the query. Raises EditError."""
    query = request.query_params
    size, number = query.get("size", ""), whole_number(query.get("number", "1"))
    long_side_px = whole_number(size)
    if number is None or (size and long_side_px is None):
        raise EditError("size and number of an export are whole numbers")
    return Recipe(long_side_px, query.get("name", USUAL_NAME)), number


def ready_photo_of(request: Request) -> OpenPhoto:
    """The photo in the path, whose depth is known. Raises GoneError, NotReadyError."""
    photo = photo_of(request)
    if not photo.facts:
        raise NotReadyError("this photo is not ready yet")
    return photo


def region_of(request: Request, photo: OpenPhoto) -> Region:
    """The region in the query. Raises EditError."""
    texts = [request.query_params.get(name, "") for name in ("x", "y", "width", "height")]
    numbers = [number for number in map(whole_number, texts) if number is not None]
    if len(numbers) < 4:
        raise EditError("a region is four whole numbers: x, y, width, height")
    x, y, width, height = numbers
    across = whole_number(request.query_params.get("across", "0")) or 0
    wanted = Region(x, y, width, height, across)
    width, height = photo.facts["width"], photo.facts["height"]
    inside = wanted.x + wanted.width <= width and wanted.y + wanted.height <= height
    if not inside or min(wanted.width, wanted.height) < 1 or max(wanted.size_wh) > REGION_PX:
        raise EditError(f"a region lies in the photo and shows at most {REGION_PX} pixels a side")
    return wanted

"""Which directory of a TIFF is the picture: previews come first in some files, pages follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from defocus.errors import PhotoError
from defocus.formats import ifd
from defocus.formats.ifd import Directory
from defocus.formats.tiff_tags import (
    CFA,
    DNG_VERSION,
    LENGTH,
    LINEAR_RAW,
    NEW_SUBFILE_TYPE,
    PHOTOMETRIC,
    PICTURE_TAGS,
    STRIP_AT,
    SUB_IFDS,
    SUBFILE_TYPE,
    TILE_AT,
    WIDTH,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from defocus.formats.codec import Content

# Bits of NewSubfileType: a reduced version of another page, a transparency mask for it.
_REDUCED, _MASK = 1, 4
_OLD_REDUCED = 2
_MAX_PAGES = 256


@dataclass(frozen=True, slots=True)
class Pages:
    """What the directories of a file are.

    Attributes:
        picture: tags of the photo, with what the first directory says about the file.
        more: how many other pages hold a picture of their own.
    """

    picture: Directory
    more: int


def find(data: Content) -> Pages:
    """The directory of the picture, previews and masks left aside.

    The first page that is none of them; after the pages, the first directory's sub-directories
    are asked; if all say that they are previews, the largest.

    Raises:
        PhotoError: the directories are damaged.
    """
    chain, below = _directories(data)
    full = [page for page in chain if _is_picture(page)] or [p for p in below if _is_picture(p)]
    found = full[0] if full else max([*chain, *below], key=_area)
    if found is not chain[0]:
        # What is said of the file as a whole stands in its first directory.
        about = chain[0].without({*PICTURE_TAGS, NEW_SUBFILE_TYPE, SUBFILE_TYPE})
        found = Directory(found.order, {**about.entries, **found.entries})
    return Pages(found, max(0, len(full) - 1) if full and full[0] in chain else 0)


def is_raw(data: Content) -> bool:
    """Does a TIFF structure hold a sensor's picture, whatever its name says?"""
    try:
        chain, below = _directories(data)
    except PhotoError:
        return False
    return DNG_VERSION in chain[0].entries or any(
        page.number(PHOTOMETRIC, 0) in (CFA, LINEAR_RAW) for page in (*chain, *below)
    )


def _directories(data: Content) -> tuple[list[Directory], list[Directory]]:
    """The pages, and the sub-directories of the first."""
    reader = ifd.Reader(data)
    chain = list(_chain(reader))
    below = []
    for at in chain[0].numbers(SUB_IFDS)[:_MAX_PAGES]:
        try:
            below.append(reader.directory(at)[0])
        except PhotoError:
            continue
    return chain, below


def _chain(reader: ifd.Reader) -> Iterator[Directory]:
    """All pages; damage after the first ends them."""
    page, following = reader.directory(reader.first)
    yield page
    seen = {reader.first}
    while following and following not in seen and len(seen) < _MAX_PAGES:
        seen.add(following)
        try:
            page, following = reader.directory(following)
        except PhotoError:
            return
        yield page


def _is_picture(page: Directory) -> bool:
    kind = page.number(NEW_SUBFILE_TYPE, 0)
    if kind & (_REDUCED | _MASK) or page.number(SUBFILE_TYPE, 0) == _OLD_REDUCED:
        return False
    return _area(page) > 0 and bool(page.numbers(STRIP_AT) or page.numbers(TILE_AT))


def _area(page: Directory) -> int:
    return page.number(WIDTH, 0) * page.number(LENGTH, 0)

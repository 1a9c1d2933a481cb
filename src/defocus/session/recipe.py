"""How a result's file is called and how large it is: what an export asks beside its edit."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from defocus.errors import EditError
from defocus.numbers import is_whole

if TYPE_CHECKING:
    from defocus.photo import Photo

USUAL_NAME = "{name}-defocus"
MIN_SIDE_PX, MAX_SIDE_PX = 16, 30_000
_NAME_LENGTH = 120
# What no file system, or none of the usual ones, has in a name; and what would lead elsewhere.
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')
_WORDS = re.compile(r"\{(\w*)\}")


@dataclass(frozen=True, slots=True)
class Recipe:
    """Name and size of a result's file.

    Attributes:
        long_side_px: the longer side of the result, which is never enlarged; None for all pixels.
        name: without suffix; ``{name}`` stands for the photo's own, ``{number}`` for its place
            among those that are exported, ``{f}`` for the f-number.
    """

    long_side_px: int | None = None
    name: str = USUAL_NAME

    def __post_init__(self) -> None:
        side = self.long_side_px
        if side is not None and not is_whole(side, MIN_SIDE_PX, MAX_SIDE_PX):
            raise EditError(f"the longer side must be {MIN_SIDE_PX} to {MAX_SIDE_PX}, got {side!r}")
        if not self.name.strip() or len(self.name) > _NAME_LENGTH:
            raise EditError(f"a name has 1 to {_NAME_LENGTH} letters, got {len(self.name)}")
        if self.name.lstrip().startswith(".") or _FORBIDDEN.search(self.name):
            raise EditError(
                f"no file can be called {self.name!r}: leave out / \\ : * ? and . at the start"
            )
        unknown = set(_WORDS.findall(self.name)) - {"name", "number", "f"}
        if unknown:
            raise EditError(
                f"the name knows {{name}}, {{number}} and {{f}}, not {{{min(unknown)}}}"
            )

    def file_name(self, stem: str, number: int, f_number: float) -> str:
        """The name of one result, without suffix.

        Args:
            stem: the photo's own name, without suffix.
            number: from 1.
            f_number: of its lens.
        """
        words = {"name": stem, "number": f"{number:03d}", "f": f"{f_number:g}"}
        return _WORDS.sub(lambda found: words[found[1]], self.name).strip()

    def sized(self, photo: Photo) -> Photo:
        """The photo at that size."""
        import cv2

        from defocus._maps import fit

        if self.long_side_px is None or max(photo.size_wh) <= self.long_side_px:
            return photo
        size_wh = fit(photo.size_wh, self.long_side_px)
        area = cv2.INTER_AREA
        return replace(
            photo,
            pixels=cv2.resize(photo.pixels, size_wh, interpolation=area),
            alpha=None
            if photo.alpha is None
            else cv2.resize(photo.alpha, size_wh, interpolation=area),
        )

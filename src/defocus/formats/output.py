"""What may be asked of a result's file."""

from __future__ import annotations

from dataclasses import dataclass

from defocus.errors import EditError
from defocus.numbers import is_whole


@dataclass(frozen=True, slots=True)
class Output:
    """How the result is written.

    Attributes:
        format: ``jpeg``, ``png``, ``tiff``, ``webp``, ``heif``, ``avif``, ``ora``, ``exr``;
            None keeps the input's.
        quality: 1 to 100 for lossy formats; None keeps a JPEG's own tables and subsampling.
        embed_disparity: store the disparity in the file (GDepth), so that it stays refocusable.
    """

    format: str | None = None
    quality: int | None = None
    embed_disparity: bool = False

    def __post_init__(self) -> None:
        if self.format is not None and not isinstance(self.format, str):
            raise EditError(f"output format must be a name, got {self.format!r}")
        if not isinstance(self.embed_disparity, bool):
            raise EditError(
                f"output embed_disparity must be true or false, got {self.embed_disparity!r}"
            )
        if self.quality is not None and not is_whole(self.quality, 1, 100):
            raise EditError(f"output quality must be 1 to 100, got {self.quality!r}")

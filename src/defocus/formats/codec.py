"""What one file format is: how it is recognised, what it can hold, who reads and writes it.

These records are data. What a target loses, the command line's and the studio's lists, the memory
plan of a batch and the tables in docs/formats.md all come from them.
"""

from __future__ import annotations

import importlib
import importlib.util
import mmap
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from defocus.blame import blamed
from defocus.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable

    from defocus.formats.layered import Layered
    from defocus.formats.refocus import Refocus
    from defocus.photo import Photo

# A file's content: read, or mapped so that only what is looked at is read.
Content = bytes | mmap.mmap


@dataclass(frozen=True, slots=True)
class Save:
    """How a format writes.

    Attributes:
        quality: 1 to 100, or None for the input's own (JPEG) or the format's default.
        refocus: disparity and original picture to embed, or None.
        layered: what the photo was made of, of its size, or None.
    """

    quality: int | None = None
    refocus: Refocus | None = None
    layered: Layered | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """What a file claims to hold, told without decoding it.

    Attributes:
        size_wh: of the picture, as stored (not turned).
        bits: per channel.
        is_hdr: it has an HDR curve or a gain map: light is rendered as floating-point numbers.
    """

    size_wh: tuple[int, int]
    bits: int = 8
    is_hdr: bool = False


@dataclass(frozen=True, slots=True)
class Holds:
    """What a file of a format can hold when defocus writes it.

    Attributes:
        bits: the most per channel.
        alpha: transparency.
        grey: a picture without colour stays one.
        dpi: the resolution, outside of EXIF.
        iptc: Photoshop's resources, where captions live.
        comment: a plain comment.
        text: PNG's text chunks.
        depth: a disparity to refocus with.
        gain_map: what makes an HDR picture of an ordinary one.
        hdr: the curves of HDR pictures, PQ and HLG.
        levels: how bright the screen was that those were made on.
        layers: what the result was made of, in layers or channels of its own.
        metadata: ICC profile, EXIF and XMP, which all but OpenEXR hold.
        exif_bytes: the most that an EXIF block may have, or None.
        side_px: the most pixels a side, or None.
    """

    bits: int = 8
    alpha: bool = True
    grey: bool = True
    dpi: bool = False
    iptc: bool = False
    comment: bool = False
    text: bool = False
    depth: bool = False
    gain_map: bool = False
    hdr: bool = False
    levels: bool = False
    layers: bool = False
    metadata: bool = True
    exif_bytes: int | None = None
    side_px: int | None = None


@dataclass(frozen=True, slots=True)
class Deeper:
    """What more a format can do with an optional dependency that it can do without.

    Attributes:
        holds: what a written file can hold then.
        extra: the optional dependency, and
        requires: the module that this brings.
    """

    holds: Holds
    extra: str
    requires: str


class Module(Protocol):
    """What a module in this folder offers; ``write`` only if the format's ``holds`` is not None."""

    def peek(self, data: Content) -> Header: ...
    def read(self, data: bytes, max_pixels: int) -> Photo: ...
    def write(self, target: BinaryIO, photo: Photo, save: Save) -> None: ...


@dataclass(frozen=True, slots=True)
class Format:
    """One row of the table.

    Attributes:
        name: as in ``Metadata.format`` and ``Output.format``.
        title: for people.
        suffixes: lower case, the first is the usual one.
        module: that reads and writes it.
        matches: (the file's content, its suffix) → is it this format? Content decides; the suffix
            only tells raw files from the TIFF that they imitate.
        reads: what of it is read, for the documentation.
        writes: how it is written, for the documentation; empty if it is not.
        holds: what a written file can hold, or None if the format is only read.
        only_read: more suffixes, of files with several pictures, under which none is written.
        becomes: suffix of a result if the format is only read.
        extra: the optional dependency it needs, and
        requires: the module that this brings.
        deeper: what another one adds.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    module: str
    matches: Callable[[Content, str], bool]
    reads: str
    writes: str = ""
    holds: Holds | None = None
    only_read: tuple[str, ...] = ()
    becomes: str = ".tif"
    extra: str | None = None
    requires: str | None = None
    deeper: Deeper | None = None

    @property
    def all_suffixes(self) -> tuple[str, ...]:
        """Of files that may be read."""
        return self.suffixes + self.only_read

    @property
    def writable(self) -> bool:
        """Can be written."""
        return self.holds is not None

    @property
    def holds_here(self) -> Holds | None:
        """As ``holds``, with what is installed."""
        deeper = self.deeper
        return deeper.holds if deeper is not None and is_here(deeper.requires) else self.holds

    @property
    def is_installed(self) -> bool:
        """Is what it needs here? Looked up without loading it."""
        return self.requires is None or is_here(self.requires)

    def load(self) -> Module:
        """Import the module.

        Raises:
            MissingExtraError: it needs an optional dependency that is not installed.
            LibraryError: that is installed, and broken.
        """
        if self.requires is not None and self.extra is not None:
            try:
                importlib.import_module(self.requires)
            except ImportError as error:
                if isinstance(error, ModuleNotFoundError) and error.name == self.requires:
                    raise MissingExtraError(f"a {self.title} file", self.extra) from None
                raise blamed(error) or error from error
        return cast("Module", importlib.import_module(self.module))


def is_here(module: str) -> bool:
    """Is it installed? Looked up without loading it."""
    return importlib.util.find_spec(module) is not None

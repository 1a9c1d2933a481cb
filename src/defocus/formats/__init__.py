"""File formats: the table of what can be read and written, and how a file is recognised.

A new format is one module in this folder and one row in :data:`FORMATS`. The module has::

    def read(data: bytes, max_pixels: int) -> Photo: ...
    def write(target: BinaryIO, photo: Photo, save: Save) -> None: ...   # unless read-only

``read`` checks the size that the header claims *before* it decodes, and hands what it found to
:func:`defocus.formats.parts.assemble`, which turns it upright and cleans the metadata.
Both raise :class:`~defocus.errors.PhotoError` without a file name: the caller adds it.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from defocus.errors import MissingExtraError, PhotoError

if TYPE_CHECKING:
    from collections.abc import Callable

    from defocus.formats.refocus import Refocus
    from defocus.photo import Photo

_TIFF_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_RAW_MAGIC = (b"FUJIFILMCCD-RAW", b"IIU\0", b"IIRO", b"IIRS", b"MMOR", b"\0MRM", b"FOVb")
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}
RAW_SUFFIXES = (
    ".dng", ".nef", ".nrw", ".cr2", ".cr3", ".arw", ".sr2", ".raf", ".rw2", ".orf", ".pef", ".srw",
    ".3fr", ".iiq", ".erf", ".mrw", ".x3f", ".raw",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Save:
    """How a format writes.

    Attributes:
        quality: 1 to 100, or None for the input's own (JPEG) or the format's default.
        refocus: disparity and original picture to embed, or None.
    """

    quality: int | None = None
    refocus: Refocus | None = None


class Module(Protocol):
    """What a module in this folder offers."""

    def read(self, data: bytes, max_pixels: int) -> Photo: ...
    def write(self, target: BinaryIO, photo: Photo, save: Save) -> None: ...


@dataclass(frozen=True, slots=True)
class Format:
    """One row of the table.

    Attributes:
        name: as in ``Metadata.format`` and ``Output.format``.
        suffixes: lower case, the first is the usual one.
        module: that reads and writes it.
        matches: (the file's bytes, its suffix) → is it this format? Content decides; the suffix
            only tells raw files from the TIFF that they imitate.
        writable: can be written.
        extra: the optional dependency it needs, and
        requires: the module that this brings.
    """

    name: str
    suffixes: tuple[str, ...]
    module: str
    matches: Callable[[bytes, str], bool]
    writable: bool = True
    extra: str | None = None
    requires: str | None = None


def _brands(data: bytes) -> set[bytes]:
    """The brands of an ISO base media file (ISO 14496-12 §4.3), or none."""
    if data[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(data[:4], "big"), 256)
    return {data[8:12], *(data[at : at + 4] for at in range(16, end - 3, 4))}


def _is_heif(data: bytes, suffix: str) -> bool:
    brands = _brands(data)
    return bool(brands & _HEIF_BRANDS) and not brands & _AVIF_BRANDS


def _is_raw(data: bytes, suffix: str) -> bool:
    if data[:4] in _TIFF_MAGIC:
        return suffix in RAW_SUFFIXES or data[8:10] == b"CR"
    return data.startswith(_RAW_MAGIC) or b"crx " in _brands(data)


FORMATS: tuple[Format, ...] = (
    Format(
        "jpeg",
        (".jpg", ".jpeg", ".jpe", ".jfif"),
        "defocus.formats.jpeg",
        lambda data, suffix: data.startswith(b"\xff\xd8\xff"),
    ),
    Format(
        "png",
        (".png",),
        "defocus.formats.png",
        lambda data, suffix: data.startswith(b"\x89PNG\r\n\x1a\n"),
    ),
    Format(
        "webp",
        (".webp",),
        "defocus.formats.webp",
        lambda data, suffix: data[:4] == b"RIFF" and data[8:12] == b"WEBP",
    ),
    Format(
        "raw",
        RAW_SUFFIXES,
        "defocus.formats.raw",
        _is_raw,
        writable=False,
        extra="raw",
        requires="rawpy",
    ),
    Format(
        "tiff",
        (".tif", ".tiff"),
        "defocus.formats.tiff",
        lambda data, suffix: data[:4] in _TIFF_MAGIC,
    ),
    Format(
        "avif",
        (".avif",),
        "defocus.formats.avif",
        lambda data, suffix: bool(_brands(data) & _AVIF_BRANDS),
    ),
    Format(
        "heif",
        (".heic", ".heif", ".hif"),
        "defocus.formats.heif",
        _is_heif,
        extra="heif",
        requires="pillow_heif",
    ),
)


def sniff(data: bytes, suffix: str) -> Format:
    """The format of a file's content.

    Raises:
        PhotoError: it is none of ours.
    """
    for known in FORMATS:
        if known.matches(data, suffix):
            return known
    if not data:
        raise PhotoError("the file is empty: copy it again from where it came")
    names = ", ".join(known.name.upper() for known in FORMATS)
    raise PhotoError(f"not a photo in a format that defocus reads ({names}): convert it first")


def for_writing(name: str | None, suffix: str) -> Format:
    """The format to write: by name if there is one, else by the target's suffix.

    Raises:
        PhotoError: neither names a format that can be written.
    """
    for known in FORMATS:
        if known.writable and (known.name == name or (not name and suffix in known.suffixes)):
            return known
    suffixes = ", ".join(known.suffixes[0] for known in FORMATS if known.writable)
    asked = f"format {name!r}" if name else f"the suffix {suffix!r}" if suffix else "no suffix"
    raise PhotoError(f"cannot write a photo with {asked}: use one of {suffixes}")


def suffix_for(suffix: str, name: str | None) -> str:
    """The suffix of a result: of the format asked for, else the photo's own if it can be written.

    Args:
        suffix: of the photo, with its dot.
        name: of the format asked for, or None. A raw file becomes a 16-bit TIFF.
    """
    for known in FORMATS:
        if known.name == name or (not name and suffix.lower() in known.suffixes):
            if suffix.lower() in known.suffixes and known.writable:
                return suffix
            return known.suffixes[0] if known.writable else ".tif"
    return suffix


def load(chosen: Format) -> Module:
    """Import the module of a format.

    Raises:
        MissingExtraError: it needs an optional dependency that is not installed.
    """
    if chosen.requires is not None and chosen.extra is not None:
        try:
            importlib.import_module(chosen.requires)
        except ImportError:
            what = f"a {chosen.name.upper()} file"
            raise MissingExtraError(what, chosen.extra) from None
    return cast("Module", importlib.import_module(chosen.module))


def losses(photo: Photo, target: Format) -> tuple[str, ...]:
    """What a format cannot hold of a photo, for people; empty if everything is kept."""
    from defocus.formats.exif import PREFIX

    lost = []
    name = target.name
    if photo.pixels.dtype.itemsize == 2 and name in ("jpeg", "webp", "avif"):
        lost.append(f"16 bits become 8 in {name.upper()}")
    if photo.alpha is not None and name == "jpeg":
        lost.append("transparent parts become white in JPEG")
    if photo.meta.exif is not None and name == "jpeg" and len(PREFIX + photo.meta.exif) > 65533:
        lost.append("the EXIF block is too large for JPEG")
    if photo.meta.text and name != "png":
        lost.append("PNG text chunks")
    return tuple(lost)

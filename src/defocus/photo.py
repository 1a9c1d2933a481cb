"""Photo: pixels, and everything else the file held; reading and writing it.

The formats themselves live in :mod:`defocus.formats`, one module each; here is what they share:
limits, file names in messages, and a target that is either complete or untouched.
"""

from __future__ import annotations

import errno
import stat
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from defocus.errors import PhotoError, TooLargeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from defocus.disparity import Disparity
    from defocus.edit import Output
    from defocus.transfer import Transfer

_DTYPES = ("uint8", "uint16")
# Four 16-bit channels uncompressed, and generous metadata.
_MAX_BYTES_PER_PIXEL = 8
_MAX_BYTES_BESIDE = 256 << 20


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the file held beside its pixels; carried to the result untouched.

    Attributes:
        format: ``jpeg``, ``png``, ``tiff``, ``webp``, ``heif``, ``avif`` or ``raw``.
        icc: the ICC profile, or None (then sRGB is meant).
        exif: a TIFF-structured EXIF block without the ``Exif\\0\\0`` prefix, its orientation
            already reset to 1, or None.
        xmp: the XMP packet, without any embedded depth payload, or None.
        dpi: (x, y) or None.
        grey: the file was grey; ``Photo.pixels`` has three equal channels.
        jpeg: what a JPEG needs to be written back with the same tables and subsampling, or None.
        notes: for people: what was converted or cannot be kept ("CMYK converted to sRGB", …).
        text: PNG text chunks, (keyword, text).
        compressed: a TIFF was compressed, or a WebP lossless; None if that means nothing.
        photoshop: image resources (IPTC captions) of a JPEG or TIFF, without thumbnail, or None.
    """

    format: str
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    grey: bool = False
    jpeg: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()
    text: tuple[tuple[str, str], ...] = ()
    compressed: bool | None = None
    photoshop: bytes | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Embedded:
    """What a phone stored beside the picture, turned upright like the pixels, at its own size.

    Attributes:
        disparity: the embedded map, or None.
        mattes: name (``portrait``, ``hair``, ``skin``, ``teeth``, ``glasses``, ``sky``) → h×w
            float32 in 0..1.
        simulated_f_number: the aperture chosen on the phone, or None.
        focus_disparity: focal plane stored with the map, in its unit, or None.
        dropped: for people: layers that will not survive ("HDR gain map", …).
        original: the picture before the blur, as an encoded JPEG (``GImage``), or None.
    """

    disparity: Disparity | None = None
    mattes: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    simulated_f_number: float | None = None
    focus_disparity: float | None = None
    dropped: tuple[str, ...] = ()
    original: bytes | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Photo:
    """A photo in memory, upright.

    Attributes:
        pixels: H×W×3 uint8 or uint16, encoded as its profile says (sRGB if there is none).
        alpha: H×W, same dtype, or None.
        meta: what the file held beside its pixels.
        embedded: depth and mattes that a phone stored.
        path: where it came from, or None.
    """

    pixels: NDArray[Any]
    alpha: NDArray[Any] | None = None
    meta: Metadata = field(default_factory=lambda: Metadata("png"))
    embedded: Embedded = field(default_factory=Embedded)
    path: Path | None = None

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @property
    def transfer(self) -> Transfer:
        """The transfer curve of the photo's colour profile."""
        from defocus import colour

        return colour.transfer(self.meta.icc)


def read_photo(path: str | Path, *, max_pixels: int = 300_000_000) -> Photo:
    """Read a photo upright, with all that the file held.

    The content decides about the format, not the suffix. Damaged metadata is dropped with a note
    in ``Photo.meta.notes``; damaged pixels are refused.

    Args:
        path: of a file.
        max_pixels: refuse more, by what the header claims, before anything is decoded.

    Raises:
        PhotoError: not there, not readable, not a photo, damaged or cut off.
        TooLargeError: more than ``max_pixels``.
        MissingExtraError: the format needs an optional dependency.
    """
    from defocus import formats
    from defocus.formats.pixels import decoding

    path = Path(path)
    with _naming(path):
        data = _load(path, max_pixels)
        suffix = path.suffix.lower()
        found = formats.sniff(data, suffix)
        reader = formats.load(found)
        with decoding(f"the {found.name.upper()}"):
            photo = reader.read(data, max_pixels)
    return replace(photo, path=path)


def write_photo(
    photo: Photo,
    path: str | Path,
    *,
    output: Output | None = None,
    disparity: Disparity | None = None,
    original: Photo | None = None,
    focus_disparity: float | None = None,
    blur_at_infinity: float | None = None,
    overwrite: bool = False,
) -> Path:
    """Write a photo with its metadata; on any failure the target is as it was.

    Args:
        photo: to write, upright.
        path: the target; its suffix decides about the format unless ``output.format`` does.
        output: quality, format, whether to embed; None keeps what the photo came with.
        disparity: embedded (GDepth, JPEG only) when ``output.embed_disparity`` asks for it.
        original: the photo before the blur; embedded with ``disparity`` as ``GImage``, so that
            the result can be focused again, by defocus and by others.
        focus_disparity: of the focal plane, in the unit of ``disparity``; embedded with it.
        blur_at_infinity: blur radius of what is infinitely far, as a fraction of the diagonal
            (``GFocus:BlurAtInfinity``); embedded with ``disparity``.
        overwrite: replace an existing file.

    Returns:
        The path written.

    Raises:
        PhotoError: the target exists, cannot be written, or its format cannot hold the photo.
        MissingExtraError: the format needs an optional dependency.
    """
    from defocus import formats
    from defocus.files import replacing
    from defocus.formats.refocus import Refocus

    path = Path(path)
    with _naming(path):
        chosen = formats.for_writing(output.format if output else None, path.suffix.lower())
        if path.is_dir():
            raise PhotoError("is a folder: give the name of a file in it")
        _check_arrays(photo)
        refocus = None
        if disparity is not None and output is not None and output.embed_disparity:
            if chosen.name != "jpeg":
                raise PhotoError("a disparity can be embedded in JPEG only: use the suffix .jpg")
            refocus = Refocus(disparity, original, focus_disparity, blur_at_infinity)
        save = formats.Save(output.quality if output else None, refocus)
        writer = formats.load(chosen)
        with replacing(path, overwrite=overwrite) as temporary, temporary.open("xb") as target:
            writer.write(target, photo, save)
    return path


def losses(photo: Photo, path: str | Path, output: Output | None = None) -> tuple[str, ...]:
    """What the target's format cannot hold of this photo, for people; empty if all is kept.

    Raises:
        PhotoError: the target has no format that can be written.
    """
    from defocus import formats

    path = Path(path)
    with _naming(path):
        chosen = formats.for_writing(output.format if output else None, path.suffix.lower())
    return formats.losses(photo, chosen)


def _check_arrays(photo: Photo) -> None:
    pixels, alpha = photo.pixels, photo.alpha
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype.name not in _DTYPES:
        raise PhotoError(f"pixels must be H×W×3 uint8 or uint16, got {pixels.shape} {pixels.dtype}")
    if pixels.size == 0:
        raise PhotoError("the photo has no pixels: there is nothing to write")
    if alpha is not None and (alpha.shape != pixels.shape[:2] or alpha.dtype != pixels.dtype):
        raise PhotoError(f"alpha must be H×W {pixels.dtype}, got {alpha.shape} {alpha.dtype}")


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Put the file's name before every message, and translate what the system says."""
    name = str(path) if str(path).isprintable() else repr(str(path))
    try:
        yield
    except (TooLargeError, PhotoError) as error:
        raise type(error)(f"{name}: {error}") from None
    except MemoryError:
        raise TooLargeError(f"{name}: does not fit into memory: scale it down first") from None
    except OSError as error:
        raise PhotoError(f"{name}: {_advice(error)}") from None


def _advice(error: OSError) -> str:
    advice = {
        errno.ENOENT: "no such file or folder: check the path",
        errno.EACCES: "no permission: check who may read and write there",
        errno.EPERM: "no permission: check who may read and write there",
        errno.EROFS: "the disk is read-only: choose another folder",
        errno.ENOSPC: "the disk is full: free some space; nothing was written",
        errno.EDQUOT: "the disk quota is used up: free some space; nothing was written",
        errno.EISDIR: "is a folder: give a file",
        errno.ENOTDIR: "a part of the path is not a folder: check the path",
        errno.EEXIST: "exists already: choose another name, or allow overwriting",
        errno.ENAMETOOLONG: "the name is too long: choose a shorter one",
        errno.ELOOP: "the links go in a circle: check the path",
    }
    said = error.strerror or str(error) or type(error).__name__
    return advice.get(
        error.errno or 0, f"{said[:1].lower()}{said[1:]}: check the path and the disk"
    )


def _load(path: Path, max_pixels: int) -> bytes:
    """The bytes of a regular file, if a photo of ``max_pixels`` could be that large."""
    try:
        status = path.stat()
    except ValueError:  # a NUL in the name
        raise PhotoError("not a file name: check the path") from None
    if stat.S_ISDIR(status.st_mode):
        raise PhotoError("is a folder: give a file, or use the batch command")
    if not stat.S_ISREG(status.st_mode):
        raise PhotoError("is not an ordinary file: give a file")
    limit = max_pixels * _MAX_BYTES_PER_PIXEL + _MAX_BYTES_BESIDE
    if status.st_size > limit:
        raise TooLargeError(
            f"has {status.st_size / 1e6:,.0f} MB, more than a photo within the limit of "
            f"{max_pixels / 1e6:g} million pixels needs: scale it down or raise the limit"
        )
    return path.read_bytes()

"""Writing a photo: the right module for the target, which is either complete or untouched."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from defocus import files, formats
from defocus.errors import PhotoError
from defocus.folders import expanded
from defocus.formats.codec import Save
from defocus.formats.faults import naming
from defocus.formats.refocus import Refocus
from defocus.tone import as_sdr

if TYPE_CHECKING:
    from pathlib import Path

    from defocus.disparity import Disparity
    from defocus.formats.codec import Format
    from defocus.formats.layered import Layered
    from defocus.formats.output import Output
    from defocus.photo import Photo

_DTYPES = ("uint8", "uint16")


def write_photo(
    photo: Photo,
    path: str | Path,
    *,
    output: Output | None = None,
    disparity: Disparity | None = None,
    original: Photo | None = None,
    focus_disparity: float | None = None,
    blur_at_infinity: float | None = None,
    layered: Layered | None = None,
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
        layered: what the photo was made of; for formats with layers, left out by others.
        overwrite: replace an existing file.

    Returns:
        The path written; where ``path`` leads, if it is a symbolic link.

    Raises:
        PhotoError: the target exists, cannot be written, or its format cannot hold the photo.
        MissingExtraError: the format needs an optional dependency.
    """
    path = expanded(path)
    with naming(path):
        chosen = formats.for_writing(output.format if output else None, path.suffix.lower())
        if files.is_folder(path):
            raise PhotoError("is a folder: give the name of a file in it")
        if photo.path is not None and files.identity(path) in {files.identity(photo.path)} - {None}:
            raise PhotoError("is the photo itself: choose another name, the original stays")
        encoded = encode_photo(
            photo,
            chosen,
            output=output,
            disparity=disparity,
            original=original,
            focus_disparity=focus_disparity,
            blur_at_infinity=blur_at_infinity,
            layered=layered,
        )
        return files.write_whole(path, encoded, overwrite=overwrite, like=photo.path)


def encode_photo(
    photo: Photo,
    chosen: Format,
    *,
    output: Output | None = None,
    disparity: Disparity | None = None,
    original: Photo | None = None,
    focus_disparity: float | None = None,
    blur_at_infinity: float | None = None,
    layered: Layered | None = None,
) -> memoryview:
    """The bytes that :func:`write_photo` would write, with the same arguments.

    In memory, for some encoders take a short write to a full disk for success.

    Raises:
        PhotoError: the format cannot hold the photo.
        MissingExtraError: the format needs an optional dependency.
    """
    _check_arrays(photo)
    _check_side(photo, chosen)
    refocus = None
    if disparity is not None and output is not None and output.embed_disparity:
        if chosen.holds is None or not chosen.holds.depth:
            raise PhotoError("a disparity can be embedded in JPEG only: use the suffix .jpg")
        refocus = Refocus(disparity, original, focus_disparity, blur_at_infinity)
    if chosen.holds_here is None or not chosen.holds_here.hdr:
        photo = as_sdr(photo)
    if layered is not None:
        layered = layered.fitting(photo.size_wh)
    encoded = io.BytesIO()
    save = Save(output.quality if output else None, refocus, layered)
    chosen.load().write(encoded, photo, save)
    # getbuffer() would pin the BytesIO, and Python 3.12 crashes where both are collected at once.
    return memoryview(encoded.getvalue())


def _check_arrays(photo: Photo) -> None:
    pixels, alpha = photo.pixels, photo.alpha
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype.name not in _DTYPES:
        raise PhotoError(f"pixels must be H×W×3 uint8 or uint16, got {pixels.shape} {pixels.dtype}")
    if pixels.size == 0:
        raise PhotoError("the photo has no pixels: there is nothing to write")
    if alpha is not None and (alpha.shape != pixels.shape[:2] or alpha.dtype != pixels.dtype):
        raise PhotoError(f"alpha must be H×W {pixels.dtype}, got {alpha.shape} {alpha.dtype}")


def _check_side(photo: Photo, chosen: Format) -> None:
    most = chosen.holds.side_px if chosen.holds is not None else None
    if most is not None and max(photo.size_wh) > most:
        raise PhotoError(f"{chosen.title} holds at most {most} pixels a side: write TIFF or PNG")

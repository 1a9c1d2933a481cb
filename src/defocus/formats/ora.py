"""OpenRaster: layers as PNG files in a ZIP archive, for Krita, GIMP, MyPaint and others.

By the draft 0.0.5 of the specification (freedesktop.org/specifications/openraster): ``mimetype``
first and uncompressed, ``stack.xml`` with the topmost layer first, ``mergedimage.png`` of the whole
size, ``Thumbnails/thumbnail.png`` of at most 256 pixels. Metadata lives in the merged picture.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO
from xml.sax.saxutils import quoteattr

import numpy as np

from defocus.errors import PhotoError
from defocus.formats import png
from defocus.formats.code_layers import code_layers
from defocus.formats.pixels import decoding, to_8_bit
from defocus.photo import Metadata, Photo
from defocus.tone import as_sdr

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from defocus.formats.codec import Content, Header, Save
    from defocus.formats.layered import Layered

MIMETYPE = b"image/openraster"
_MERGED, _THUMBNAIL, _THUMBNAIL_PX = "mergedimage.png", "Thumbnails/thumbnail.png", 256
_NOW = (1980, 1, 1, 0, 0, 0)  # the same result gives the same bytes


def matches(data: Content) -> bool:
    """A ZIP archive whose first entry is the stored mimetype."""
    return data[:4] == b"PK\3\4" and data[30 : 38 + len(MIMETYPE)] == b"mimetype" + MIMETYPE


def peek(data: Content) -> Header:
    """See :mod:`defocus.formats`."""
    return png.peek(_entry(bytes(data), most_bytes=None))


def read(data: bytes, max_pixels: int) -> Photo:
    """See :mod:`defocus.formats`; the merged picture."""
    # Four 16-bit channels, hardly compressed, and metadata.
    photo = png.read(_entry(data, most_bytes=9 * max_pixels + (64 << 20)), max_pixels)
    return replace(photo, meta=replace(photo.meta, format="ora"))


def _entry(data: bytes, most_bytes: int | None) -> bytes:
    """The merged picture's file; only its start if there is no limit. Raises PhotoError."""
    with decoding("the OpenRaster"):
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(_MERGED) as file:
                found = file.read(65536 if most_bytes is None else most_bytes + 1)
        except (KeyError, zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError):
            raise PhotoError(
                "the OpenRaster has no merged picture, or is damaged: save it again"
            ) from None
        if most_bytes is not None and len(found) > most_bytes:
            raise PhotoError("the OpenRaster unpacks to more than its picture can need")
    return found


def write(target: BinaryIO, photo: Photo, save: Save) -> None:
    """See :mod:`defocus.formats`."""
    width, height = photo.size_wh
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:

        def add(name: str, content: bytes) -> None:
            archive.writestr(zipfile.ZipInfo(name, _NOW), content)

        add("mimetype", MIMETYPE)
        lines = []
        for number, (title, visible, layer) in enumerate(_layers(photo, save.layered)):
            source = f"data/layer{number}.png"
            add(source, _png(layer))
            lines.append(
                f'<layer name={quoteattr(title)} src="{source}" x="0" y="0" opacity="1.0" '
                f'composite-op="svg:src-over" visibility="{"visible" if visible else "hidden"}"/>'
            )
        stack = f"<stack>{''.join(lines)}</stack>"
        add(
            "stack.xml",
            f'<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<image version="0.0.5" w="{width}" h="{height}">{stack}</image>\n'.encode(),
        )
        add(_MERGED, _png(photo))  # what one sees is the result alone
        add(_THUMBNAIL, _png(_thumbnail(photo)))


def _layers(photo: Photo, parts: Layered | None) -> Iterator[tuple[str, bool, Photo]]:
    """Title, visibility and picture, the topmost first."""
    meta = replace(Metadata("png"), icc=photo.meta.icc, cicp=photo.meta.cicp)
    if parts is not None:
        found = code_layers(parts)
        front, behind = _opacities(found.opacity, photo.alpha)
        yield "Matte", False, Photo(_grey(parts.matte), None, Metadata("png", grey=True))
        yield "Subject", False, Photo(found.subject, front, meta)
        yield "Background", False, Photo(found.background, behind, meta)
    yield "Blurred", True, replace(photo, meta=meta)


def _opacities(
    subject: NDArray[Any], photo: NDArray[Any] | None
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Of subject and background, which together are as opaque as the photo.

    A background that the subject hides is not known: it is transparent.
    """
    full = np.iinfo(subject.dtype).max
    if photo is None:
        return subject, np.where(subject < full, full, 0).astype(subject.dtype)
    a, whole = subject.astype(np.float32) / full, photo.astype(np.float32) / full
    # a·whole over what is left: the two give 1 − (1 − front)(1 − behind) = whole.
    front = a * whole
    behind = np.where(a < 1, whole * (1 - a) / np.maximum(1 - front, np.float32(1e-9)), 0)
    return np.rint(front * full).astype(photo.dtype), np.rint(behind * full).astype(photo.dtype)


def _grey(matte: NDArray[np.float32]) -> NDArray[np.uint8]:
    codes = np.rint(matte * np.float32(255)).astype(np.uint8)
    return np.repeat(codes[..., None], 3, axis=2)


def _png(photo: Photo) -> bytes:
    from defocus.formats.codec import Save

    encoded = io.BytesIO()
    png.write(encoded, photo, Save())
    return encoded.getvalue()


def _thumbnail(photo: Photo) -> Photo:
    import cv2

    from defocus._maps import fit

    small = as_sdr(photo)
    size_wh = fit(photo.size_wh, _THUMBNAIL_PX)
    resized = cv2.resize(to_8_bit(small.pixels), size_wh, interpolation=cv2.INTER_AREA)
    return Photo(resized, None, Metadata("png", icc=small.meta.icc))

"""Files that are taken for photos and are none: what they are, by their first bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from defocus.formats.codec import Content

_HEAD = 512
_CONVERT = "convert it first"
# Brands of films (ISO 14496-12, QuickTime, 3GPP).
_FILMS = (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"qt  ", b"M4V ",
          b"3gp4", b"3gp5", b"3gp6", b"3g2a")  # fmt: skip
_KINDS = (
    (b"\0\5\x16\7", "macOS's notes beside a photo (its name begins with ._): leave it out"),
    (b"version https://git-lfs", "a pointer of Git LFS: get the photo itself with git lfs pull"),
    (b"%PDF-", f"a PDF: {_CONVERT}"),
    (b"PK\3\4", "an archive: unpack it first"),
    (b"#?RADIANCE", f"a Radiance HDR picture: {_CONVERT}"),
    (b"#?RGBE", f"a Radiance HDR picture: {_CONVERT}"),
    (b"SIMPLE  =", f"a FITS picture: {_CONVERT}"),
    (b"II\xbc\1", f"a JPEG XR picture: {_CONVERT}"),
    (b"qoif", f"a QOI picture: {_CONVERT}"),
    (b"DDS ", f"a DDS texture: {_CONVERT}"),
    (b"gimp xcf", f"a file of GIMP: {_CONVERT}"),
    (b"\0\0\1\0", f"an icon: {_CONVERT}"),
    (b"\x1aE\xdf\xa3", "a film: take a still from it first"),
)


def kind_of(data: Content) -> str | None:
    """What the file is, and what to do; None if it is nothing that we know."""
    head = bytes(data[:_HEAD])
    for start, said in _KINDS:
        if head.startswith(start):
            return said
    if head[4:8] == b"ftyp":
        if head[8:12] == b"mif3":
            return f"a HEIF of the short kind (mif3), which no decoder here knows: {_CONVERT}"
        if head[8:12] in _FILMS:
            return "a film: take a still from it first"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return "a web page, saved in place of the photo: download the photo again"
    if text.startswith((b"<svg", b"<?xml")) and b"<svg" in text:
        return f"a drawing (SVG): {_CONVERT}"
    return None

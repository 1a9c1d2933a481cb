"""File formats: the table of what can be read and written, and how a file is recognised.

A new format is one module in this folder and one row in :data:`FORMATS`. The module has::

    def peek(data: Content) -> Header: ...
    def read(data: bytes, max_pixels: int) -> Photo: ...
    def write(target: BinaryIO, photo: Photo, save: Save) -> None: ...   # unless read-only

``peek`` tells from the header what a file claims to hold. ``read`` checks that size *before* it
decodes, and hands what it found to :func:`defocus.formats.parts.assemble`, which turns it upright
and cleans the metadata. All raise :class:`~defocus.errors.PhotoError` without a file name: the
caller adds it. What a written file can hold is said in the row (:class:`Holds`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from defocus.errors import PhotoError
from defocus.formats import strangers
from defocus.formats.codec import Deeper, Format, Holds

if TYPE_CHECKING:
    from defocus.formats.codec import Content

_TIFF_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_RAW_MAGIC = (b"FUJIFILMCCD-RAW", b"IIU\0", b"IIRO", b"IIRS", b"MMOR", b"\0MRM", b"FOVb")
_JPEG_2000_MAGIC = (b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51")
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}
RAW_SUFFIXES = (
    ".dng", ".nef", ".nrw", ".cr2", ".cr3", ".arw", ".sr2", ".raf", ".rw2", ".orf", ".pef", ".srw",
    ".3fr", ".iiq", ".erf", ".mrw", ".x3f", ".raw",
)  # fmt: skip


def _brands(data: Content) -> set[bytes]:
    """The brands of an ISO base media file (ISO 14496-12 §4.3), or none."""
    if data[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(data[:4], "big"), 256)
    return {data[8:12], *(data[at : at + 4] for at in range(16, end - 3, 4))}


def _is_heif(data: Content, suffix: str) -> bool:
    brands = _brands(data)
    return bool(brands & _HEIF_BRANDS) and not brands & _AVIF_BRANDS


def _is_raw(data: Content, suffix: str) -> bool:
    if data[:4] in _TIFF_MAGIC:
        from defocus.formats import tiff_pages

        return suffix in RAW_SUFFIXES or data[8:10] == b"CR" or tiff_pages.is_raw(data)
    return data[:16].startswith(_RAW_MAGIC) or b"crx " in _brands(data)


def _is_ora(data: Content, suffix: str) -> bool:
    from defocus.formats import ora

    return ora.matches(data)


def _is_bmp(data: Content, suffix: str) -> bool:
    """By its magic and the length of its second header."""
    lengths = (12, 16, 40, 52, 56, 64, 108, 124)
    return data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in lengths


FORMATS: tuple[Format, ...] = (
    Format(
        "jpeg",
        "JPEG",
        (".jpg", ".jpeg", ".jpe", ".jfif"),
        "defocus.formats.jpeg",
        lambda data, suffix: data[:3] == b"\xff\xd8\xff",
        reads="grey, colour, CMYK and YCCK; baseline, progressive, arithmetic; phone depth",
        writes="8 bits, the input's own tables and subsampling",
        holds=Holds(
            alpha=False,
            dpi=True,
            iptc=True,
            comment=True,
            depth=True,
            gain_map=True,
            exif_bytes=65527,
            side_px=65500,  # of libjpeg; the standard has 65535
        ),
        only_read=(".mpo",),
    ),
    Format(
        "png",
        "PNG",
        (".png",),
        "defocus.formats.png",
        lambda data, suffix: data[:8] == b"\x89PNG\r\n\x1a\n",
        reads="1 to 16 bits, palette, grey, alpha, interlaced",
        writes="8 and 16 bits, grey, alpha",
        holds=Holds(bits=16, dpi=True, text=True, hdr=True, levels=True),
    ),
    Format(
        "webp",
        "WebP",
        (".webp",),
        "defocus.formats.webp",
        lambda data, suffix: data[:4] == b"RIFF" and data[8:12] == b"WEBP",
        reads="lossy, lossless, alpha",
        writes="lossy or lossless as it came",
        holds=Holds(grey=False, side_px=16383),
    ),
    Format(
        "raw",
        "camera raw",
        RAW_SUFFIXES,
        "defocus.formats.raw",
        _is_raw,
        reads="DNG, NEF, CR2, CR3, ARW, RAF, … as 16-bit sRGB",
        extra="raw",
        requires="rawpy",
    ),
    Format(
        "tiff",
        "TIFF",
        (".tif", ".tiff"),
        "defocus.formats.tiff",
        lambda data, suffix: data[:4] in _TIFF_MAGIC,
        reads="1 to 16 bits, longer ones that fit, floating point (light beyond white is clipped), "
        "grey, palette, CMYK, Lab, alpha, tiles, planes, "
        "BigTIFF; ZIP, LZW, PackBits, Zstandard, LZMA, and at 8 bits JPEG and fax",
        writes="8 and 16 bits, grey, alpha; ZIP or uncompressed as it came",
        holds=Holds(bits=16, dpi=True, iptc=True),
    ),
    Format(
        "avif",
        "AVIF",
        (".avif",),
        "defocus.formats.avif",
        lambda data, suffix: bool(_brands(data) & _AVIF_BRANDS),
        reads="8 bits (more are reduced); with the extra `avif` 10 and 12, PQ and HLG",
        writes="8 bits; with the extra `avif` 10 and 12",
        holds=Holds(),
        deeper=Deeper(Holds(bits=12, hdr=True), "avif", "imagecodecs"),
    ),
    Format(
        "heif",
        "HEIF",
        (".heic", ".heif", ".hif"),
        "defocus.formats.heif",
        _is_heif,
        reads="8 to 12 bits, iPhone depth and mattes",
        writes="8 and 10 bits",
        holds=Holds(bits=10, hdr=True),
        extra="heif",
        requires="pillow_heif",
    ),
    Format(
        "jxl",
        "JPEG XL",
        (".jxl",),
        "defocus.formats.jxl",
        lambda data, suffix: data[:12] == b"\0\0\0\x0cJXL \r\n\x87\n" or data[:2] == b"\xff\x0a",
        reads="8 to 16 bits and floating point, grey, alpha, PQ and HLG; packed JPEG as it was",
        becomes=".png",
        extra="jxl",
        requires="pillow_jxl",
    ),
    Format(
        "jpeg2000",
        "JPEG 2000",
        (".jp2", ".j2k", ".jpx", ".j2c", ".jpf"),
        "defocus.formats.jpeg2000",
        lambda data, suffix: (
            data[:12] == b"\0\0\0\x0cjP  \r\n\x87\n" or data[:4] == b"\xff\x4f\xff\x51"
        ),
        reads="8 to 16 bits, grey, alpha",
    ),
    Format(
        "psd",
        "Photoshop",
        (".psd", ".psb"),
        "defocus.formats.psd",
        lambda data, suffix: data[:4] == b"8BPS",
        reads="flattened; 1, 8, 16 and 32 bits, grey, palette, CMYK, Lab, alpha",
    ),
    Format(
        "ora",
        "OpenRaster",
        (".ora",),
        "defocus.formats.ora",
        _is_ora,
        reads="the merged picture",
        writes="8 and 16 bits; layers: blurred, background, subject, matte",
        holds=Holds(bits=16, dpi=True, text=True, hdr=True, layers=True),
    ),
    Format(
        "exr",
        "OpenEXR",
        (".exr",),
        "defocus.formats.exr",
        lambda data, suffix: data[:4] == b"\x76\x2f\x31\x01",
        reads="scan lines, uncompressed or ZIP; with the extra `exr` tiles and other packings; of "
        "several parts the picture; light beyond white is clipped",
        writes="linear light; channels: colour, original, matte, radius, disparity, Z if metric",
        holds=Holds(bits=32, grey=False, hdr=True, layers=True, metadata=False),
    ),
    Format(
        "gif",
        "GIF",
        (".gif",),
        "defocus.formats.gif",
        lambda data, suffix: data[:6] in (b"GIF87a", b"GIF89a"),
        reads="the first picture",
        becomes=".png",
    ),
    Format(
        "bmp",
        "BMP",
        (".bmp", ".dib"),
        "defocus.formats.bmp",
        _is_bmp,
        reads="1 to 32 bits, palette, alpha",
        becomes=".png",
    ),
)


def sniff(data: Content, suffix: str) -> Format:
    """The format of a file's content.

    Raises:
        PhotoError: it is none of ours.
    """
    for known in FORMATS:
        if known.matches(data, suffix):
            return known
    if not data[:1]:
        raise PhotoError("the file is empty: copy it again from where it came")
    names = ", ".join(known.title for known in FORMATS)
    named_so = any(suffix in known.suffixes for known in FORMATS)
    advice = "damaged, or not what its name says" if named_so else "convert it first"
    stranger = strangers.kind_of(data)
    if stranger is not None:
        advice = f"it is {stranger}"
    raise PhotoError(f"not a photo in a format that defocus reads ({names}): {advice}")


def format_named(name: str) -> Format:
    """The row of a format. Raises KeyError."""
    return {known.name: known for known in FORMATS}[name]


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
    folder = "" if name or suffix else ", or a folder that is there"
    raise PhotoError(f"cannot write a photo with {asked}: use one of {suffixes}{folder}")


def holds_layers(name: str | None, suffix: str) -> bool:
    """Whether the file that is written for these takes layers."""
    try:
        holds = for_writing(name, suffix).holds
    except PhotoError:  # the writer tells
        return False
    return holds is not None and holds.layers


def suffix_for(suffix: str, name: str | None) -> str:
    """The suffix of a result: of the format asked for, else the photo's own if it can be written.

    Args:
        suffix: of the photo, with its dot.
        name: of the format asked for, or None. A raw file becomes a 16-bit TIFF.
    """
    for known in FORMATS:
        if known.name == name or (not name and suffix.lower() in known.all_suffixes):
            if suffix.lower() in known.suffixes and known.writable:
                return suffix
            return known.suffixes[0] if known.writable else known.becomes
    return suffix

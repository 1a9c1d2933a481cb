"""Where our reader and ImageMagick's see another picture in the same file, and who is right.

Every kind has a small sample of which it is known what it shows: that is what is read. The other
reader's part is ImageMagick 6.9; later ones may have mended theirs.
"""

from __future__ import annotations

import io
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import photo_files as made
from clap_files import with_property
from PIL import Image
from png_files import GREY as PNG_GREY
from png_files import RGB, png
from psd_files import psd
from tiff_files import PHOTOMETRIC, tiff

from defocus.errors import PhotoError
from defocus.formats import exr_file, ifd, isobmff, tiff_pages
from defocus.formats.exif import BrokenExifError, ExifBlock
from defocus.formats.png_chunks import chunk

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from second_reader import Difference

    from defocus.photo import Photo

WIDTH, HEIGHT = 48, 32
# Rounding and clipping leave up to 1.5 codes in the mean, another picture ten and more.
_SAME_LUMA_CODES = 2
PICTURE = made.picture(WIDTH, HEIGHT)
GREY = PICTURE[..., :1]


@dataclass(frozen=True, slots=True)
class File:
    """What a kind is told by.

    Attributes:
        data: the bytes.
        photo: what we read.
        difference: how the other reader differs.
    """

    data: bytes
    photo: Photo
    difference: Difference

    @property
    def format(self) -> str:
        return self.photo.meta.format

    def says(self, *words: str) -> bool:
        """Whether a note has one of the words."""
        return any(word in note for note in self.photo.meta.notes for word in words)

    def tags(self, tag: int) -> tuple[int, ...]:
        """The numbers of a tag of a TIFF's picture, () if it is none."""
        if self.format != "tiff":
            return ()
        try:
            return tiff_pages.find(self.data).picture.numbers(tag)
        except PhotoError:
            return ()

    @property
    def has_same_luma(self) -> bool:
        """Is the other picture ours, but for the matrix and the filter of its colours?"""
        return self.difference.what == "pixels" and self.difference.luma < _SAME_LUMA_CODES

    @property
    def is_odd_codestream(self) -> bool:
        """JPEG 2000 that is moved, has channels of fewer pixels, or no box about its colours."""
        at = self.data.index(b"\xff\x4f\xff\x51") + 8
        moved = struct.unpack_from(">8x2L8x2L", self.data, at)
        (count,) = struct.unpack_from(">H", self.data, at + 32)
        steps = self.data[at + 34 : at + 34 + 3 * count]
        return (
            any(moved)
            or any(step > 1 for step in steps[1::3] + steps[2::3])
            or at == 8
            or (count > 3 and self.says("CMYK"))
        )

    @property
    def has_wide_transparent_colour(self) -> bool:
        """Does the transparent colour of a PNG have more bits than its samples?"""
        bits, kind = self.data[24:26]
        at = self.data.find(b"tRNS") + 4
        if self.format != "png" or kind not in (PNG_GREY, RGB) or at < 4 or bits == 16:
            return False
        return any(self.number(at + 2 * k, 2, "big") >> bits for k in range(1 + kind))

    @property
    def leaves_screen(self) -> bool:
        """Is the first picture of a GIF not as large as the screen, and at its corner?"""
        screen = self.data[6:10]
        at = 13 + (3 << (self.data[10] & 7) + 1 if self.data[10] & 0x80 else 0)
        while self.data[at] == 0x21:
            at += 2
            while self.data[at]:
                at += 1 + self.data[at]
            at += 1
        return self.data[at + 1 : at + 9] != bytes(4) + screen

    @property
    def stores_a_part(self) -> bool:
        """Has an OpenEXR a data window that is not its display window?"""
        return any(
            part.size_wh != part.display_wh or part.at != (0, 0)
            for part in exr_file.layouts(self.data)
        )

    @property
    def is_cropped_between_pixels(self) -> bool:
        """Is the edge of an AVIF's clean aperture no edge of a pixel?"""
        boxes = {name: body for name, body, _ in isobmff.primary_properties(self.data)}
        if not {b"clap", b"ispe"} <= boxes.keys():
            return False
        size = struct.unpack_from(">LL", self.data, boxes[b"ispe"] + 4)
        kept = struct.unpack_from(">4LlLlL", self.data, boxes[b"clap"])
        edges = (
            (side - kept[2 * k] / kept[2 * k + 1]) / 2 + kept[2 * k + 4] / kept[2 * k + 5]
            for k, side in enumerate(size)
        )
        return any(edge % 1 for edge in edges)

    @property
    def is_turned(self) -> bool:
        """Has the picture another orientation than it is stored in?"""
        starts = (self.data.find(word) for word in (b"eXIf", b"EXIF", b"Exif"))
        for at in (start for start in starts if start >= 0):
            block = self.data[at:].lstrip(b"eExXiIfF")[:65_000]
            for begin in (block.find(b"II*\0", 0, 16), block.find(b"MM\0*", 0, 16)):
                with suppress(BrokenExifError):
                    if begin >= 0 and ExifBlock(block[begin:]).orientation not in (None, 1):
                        return True
        return b"Orientation" in self.data

    def number(self, at: int, size: int, order: Literal["little", "big"] = "little") -> int:
        """Somewhere in the file."""
        return int.from_bytes(self.data[at : at + size], order)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of difference.

    Attributes:
        why: what the other reader does, and why ours is right, or as good.
        applies: is a file of this kind?
        suffix, sample: of a file of the kind.
        right: what that shows, H×W×3 uint8.
        within: codes that rounding may take.
    """

    why: str
    applies: Callable[[File], bool]
    suffix: str
    sample: Callable[[], bytes]
    right: NDArray[Any]
    within: int = 1


def explained(file: File) -> str | None:
    """The name of the kind that a file is of, or None."""
    return next((name for name, kind in KINDS.items() if kind.applies(file)), None)


# ------------------------------------------------------------------------------------ samples


def _bmp(header: int, bits: int, packing: int, body: bytes, more: bytes = b"") -> bytes:
    head = struct.pack(
        "<LllHHLLllLL", header, WIDTH, HEIGHT, 1, bits, packing, len(body), 0, 0, 0, 0
    )
    head = (head + more if packing in (3, 6) else head).ljust(header, b"\0")
    head += b"" if packing in (3, 6) else more
    start = 14 + len(head)
    return struct.pack("<2sLHHL", b"BM", start + len(body), 0, 0, start) + head + body


def _saved(values: Any, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image = values if isinstance(values, Image.Image) else Image.fromarray(values)
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _with_xmp_orientation() -> bytes:
    return made.with_segments(made.jpeg(PICTURE), made.xmp_segment(made.XMP_PACKET))


def _linear(codes: NDArray[Any]) -> NDArray[np.float32]:
    code = codes / 255
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4).astype("f4")


def _cmyk() -> Image.Image:
    return Image.fromarray(PICTURE).convert("CMYK")


def _codestream() -> bytes:
    """Moved by 8 pixels: the reference grid does not begin where the picture does."""
    return _saved(PICTURE, "JPEG2000", no_jp2=True, irreversible=False, offset=(8, 8),
                  tile_size=(64, 64))  # fmt: skip


def _grey_of_lightness(codes: NDArray[Any]) -> NDArray[Any]:
    """L* of 0 to 255 for 0 to 100 (ISO 11664-4) as codes of sRGB."""
    lightness = codes * (100 / 255)
    light = np.where(lightness > 8, ((lightness + 16) / 116) ** 3, lightness / 903.3)
    code = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(255 * code)


_GREY_THRICE = np.repeat(GREY, 3, 2)
_DAMAGE = ("Corrupt JPEG", "Bad code", "premature", "invalid", "out of place", "Invalid TIFF")
_DAMAGE += ("Buffer overflow", "Premature", "is out of range", "corrupt", "Line length mismatch")
_FIVE = (GREY[..., 0] >> 3).astype("<u2")


KINDS = {
    "floating-point light": Kind(
        "a float of 0 to 1 is taken for a code; without a profile it is light, as renderers mean",
        lambda file: file.says("floating point", "floating-point"),
        ".tif",
        lambda: tiff(_linear(PICTURE), bits=32),
        PICTURE,
    ),
    "long or signed integers": Kind(
        "numbers of 32 bits or with a sign are stretched over all that the type holds",
        lambda file: file.says("numbers fit into 16 bits") or 2 in file.tags(339),
        ".tif",
        lambda: tiff(PICTURE.astype(np.uint32) * 257, bits=32),
        PICTURE,
    ),
    "white is zero, in odd bits": Kind(
        "PhotometricInterpretation 0 is not turned round for 2 to 7 and 9 to 15 bits",
        lambda file: file.tags(262)[:1] == (0,) and not set(file.tags(258)) & {1, 8, 16},
        ".tif",
        lambda: tiff(15 - (GREY >> 4), bits=4, photometric="white"),
        (_GREY_THRICE >> 4) * 17,
    ),
    "JPEG of the old kind, or without loss, in TIFF": Kind(
        "compression 6 is shown without its colour transform, and a lossless frame as noise",
        lambda file: (
            file.tags(259) == (6,) or (file.tags(259) == (7,) and b"\xff\xc3\0" in file.data)
        ),
        ".tif",
        lambda: _lossless_tiff(),
        _GREY_THRICE,
        0,
    ),
    "YCbCr without JPEG in TIFF": Kind(
        "shown as if Y, Cb and Cr were red, green and blue",
        lambda file: file.tags(262) == (6,) and file.tags(259) != (7,),
        ".tif",
        lambda: _ycbcr(),
        PICTURE,
        4,
    ),
    "a channel that says nothing of itself": Kind(
        "ExtraSamples 0 is shown as transparency; Photoshop stores selections so, and a photo is "
        "not to vanish for one. It is dropped, and that is told",
        lambda file: file.says("extra channel", "fourth channel"),
        ".tif",
        lambda: tiff(
            np.dstack([PICTURE, GREY // 2]), bits=8, more={338: ifd.shorts("<", 0)}
        ),
        PICTURE,
        0,
    ),
    "grey multiplied by its opacity": Kind(
        "grey with associated alpha is shown as stored, not divided by it",
        lambda file: file.tags(338)[:1] == (1,) and file.tags(262)[:1] == (1,),
        ".tif",
        lambda: tiff(
            np.dstack([GREY // 2, np.full_like(GREY, 128)]), bits=8, photometric="black",
            planar=True, more={338: ifd.shorts("<", 1)},
        ),
        _GREY_THRICE,
        3,
    ),
    "inks by their profile": Kind(
        "two engines for colour, of which one takes the black point along: at most 9.4 codes in "
        "the mean of 35 public files, where inks that are turned round or left out make 100",
        lambda file: file.says("CMYK converted") and file.difference.mean < 12,
        ".tif",
        lambda: _saved(_black_and_paper(), "TIFF", icc_profile=made.icc("cmyk")),
        np.where(_GREY_THRICE > 127, 0, 255),
    ),
    "inks of 16 bits": Kind(
        "they are made 8 bits before they are mixed, not after",
        lambda file: file.says("CMYK without") and file.difference.mean < 2,
        ".tif",
        lambda: tiff(
            np.dstack([np.zeros((HEIGHT, WIDTH, 3), np.uint16), GREY.astype(np.uint16) * 257]),
            bits=16, photometric="cmyk",
        ),
        255 - _GREY_THRICE,
    ),
    "Lab": Kind(
        "two engines for colour: what lies outside of sRGB is cut off otherwise. At most 18.8 "
        "codes in the mean of 14 public files (one of nothing but such colours), mostly 4 to 7",
        lambda file: file.says("Lab converted") and file.difference.mean < 24,
        ".tif",
        lambda: tiff(
            np.dstack([GREY, np.zeros((HEIGHT, WIDTH, 2), np.uint8)]), bits=8, photometric="lab"
        ),
        _grey_of_lightness(GREY).repeat(3, 2),
    ),
    "JPEG of inks in TIFF": Kind(
        "shown white, or with its inks turned round: in TIFF they are not",
        lambda file: file.tags(259) == (7,) and file.tags(262) == (5,),
        ".tif",
        lambda: _saved(_cmyk(), "TIFF", compression="jpeg", quality=98),
        np.asarray(_cmyk().convert("RGB")),
        8,
    ),
    "a merged document with transparency": Kind(
        "Photoshop merges onto white; that white is shown in half transparent places, and "
        "transparency that grey has is not",
        lambda file: file.format == "psd" and file.photo.alpha is not None,
        ".psd",
        lambda: psd(np.dstack([(GREY // 2 + 128), np.full_like(GREY, 127)]), 1, layers=-1),
        _GREY_THRICE,
        4,
    ),
    "channels of a BMP that have not 8 bits": Kind(
        "5 bits are shifted up, not stretched, so that white is grey",
        lambda file: file.format == "bmp" and file.number(30, 4) in (3, 6),
        ".bmp",
        lambda: _bmp(
            40, 16, 3, (_FIVE * 0x0421)[::-1].tobytes(), struct.pack("<3L", 0x7C00, 0x3E0, 31)
        ),
        np.rint((_GREY_THRICE >> 3) * (255 / 31)),
    ),
    "the palette of OS/2 2": Kind(
        "its four bytes a colour are read as three",
        lambda file: file.format == "bmp" and file.number(14, 4) in (16, 64),
        ".bmp",
        lambda: _bmp(
            64, 8, 0, GREY[::-1].tobytes(), bytes(k for c in range(256) for k in (c, c, c, 0))
        ),
        _GREY_THRICE,
        0,
    ),
    "runs and colours of a BMP that lead astray": Kind(
        "runs that leave the picture and codes beyond the palette give any picture",
        lambda file: (
            file.format == "bmp"
            and file.number(28, 2) <= 8
            and (file.number(30, 4) in (1, 2) or 0 < file.number(46, 4) < 256)
        ),
        ".bmp",
        lambda: _bmp(40, 8, 1, _run_lengths(), bytes(k for c in range(256) for k in (c, c, c, 0))),
        np.full((HEIGHT, WIDTH, 3), 77),
        0,
    ),
    "the fourth byte of a BMP": Kind(
        "it is shown as opacity where the header does not say so, so that a picture of zeros "
        "there is not seen",
        lambda file: file.format == "bmp" and file.number(28, 2) == 32,
        ".bmp",
        lambda: _bmp(
            40, 32, 0, np.dstack([PICTURE[..., ::-1], GREY * 0])[::-1].tobytes()
        ),
        PICTURE,
        0,
    ),
    "a JPEG 2000 that is moved or has coarse channels": Kind(
        "the picture is cut or made small by its place on the reference grid; of bare streams "
        "nobody says what more than three channels are, and inks are taken for opacity",
        lambda file: file.format == "jpeg2000" and file.is_odd_codestream,
        ".j2k",
        _codestream,
        PICTURE,
        0,
    ),
    "an OpenEXR that stores a part of its picture": Kind(
        "where nothing is stored there is no light; it is filled with white, or cut off",
        lambda file: file.format == "exr" and file.stores_a_part,
        ".exr",
        lambda: _windowed_exr(),
        np.pad(PICTURE, ((4, 0), (8, 0), (0, 0))),
    ),
    "a crop that begins between two pixels": Kind(
        "libheif 1.15 takes the pixel before, later ones and we the nearest, of two the even one",
        lambda file: file.format == "avif" and file.is_cropped_between_pixels,
        ".avif",
        lambda: with_property(
            _saved(made.picture(64, 48), "AVIF", quality=100, subsampling="4:4:4"),
            struct.pack(">L4s4LlLlL", 40, b"clap", 31, 1, 21, 1, 4, 1, -4, 1),
        ),
        made.picture(64, 48)[10:31, 20:51],
        4,
    ),
    "light multiplied by its opacity": Kind(
        "OpenEXR stores it so, and it is shown as stored, too dark at soft edges",
        lambda file: file.format == "exr" and file.photo.alpha is not None,
        ".exr",
        lambda: _exr(),
        PICTURE,
    ),
    "opacity of HEIF, AVIF and JPEG 2000": Kind(
        "it is not read, or not in each file",
        lambda file: (
            file.format in ("heif", "avif", "jpeg2000") and file.difference.what == "alpha"
        ),
        ".jp2",
        lambda: _saved(np.dstack([PICTURE, GREY]), "JPEG2000", irreversible=False),
        PICTURE,
        0,
    ),
    "coarse colour of HEIC": Kind(
        "other filters make colour of half the size whole again, so edges of colour differ",
        lambda file: file.format == "heif" and file.has_same_luma,
        ".heic",
        lambda: _heic(),
        PICTURE,
        16,
    ),
    "a GIF that does not fill its screen": Kind(
        "what a first picture leaves free has no colour of its own, and one that sticks out is "
        "cut off",
        lambda file: file.format == "gif" and file.leaves_screen,
        ".gif",
        lambda: _small_gif(),
        np.pad(_GREY_THRICE, ((4, 0), (8, 0), (0, 0))),
        0,
    ),
    "what the other reader calls damaged": Kind(
        "pictures with holes are filled as each decoder likes, chunks out of place obeyed or not",
        lambda file: any(word in file.difference.said for word in _DAMAGE),
        ".png",
        lambda: png(PICTURE, kind=RGB, bits=8, after=(chunk(b"tRNS", bytes(5) + b"\x40"),)),
        PICTURE,
        0,
    ),
    "a transparent colour beyond the bits of its picture": Kind(
        "of tRNS in few bits the low ones count (PNG, 11.3.2.1); it is not obeyed",
        lambda file: file.difference.what == "alpha" and file.has_wide_transparent_colour,
        ".png",
        lambda: png(
            GREY >> 7, kind=PNG_GREY, bits=1, before=(chunk(b"tRNS", b"\0\xff"),)
        ),
        (_GREY_THRICE >> 7) * 255,
        0,
    ),
    "the colours of AVIF": Kind(
        "libheif 1.15 takes the YCbCr of every file for that of BT.601; libavif asks the file. "
        "Their filters for coarse colour differ too",
        lambda file: file.format == "avif" and file.has_same_luma,
        ".avif",
        lambda: _saved(GREY.repeat(3, 2), "AVIF", quality=100, range="limited"),
        _GREY_THRICE,
        3,
    ),
    "an orientation that not all look for": Kind(
        "in XMP alone, or in EXIF of PNG and WebP, it is not obeyed; Adobe's programs write it so",
        lambda file: file.format in ("png", "webp", "jpeg") and file.is_turned,
        ".jpg",
        _with_xmp_orientation,
        made.turned(PICTURE, 6),
        3,
    ),
    "a turned TIFF of JPEG strips": Kind(
        "strips are turned by its library and then once more; by the text in the public samples "
        "ours are upright",
        lambda file: (
            file.tags(259) == (7,) and file.tags(274) not in ((), (1,)) and len(file.tags(273)) > 1
        ),
        ".tif",
        lambda: _turned_tiff(),
        made.turned(PICTURE, 7),
        8,
    ),
    "what the other reader refuses": Kind(
        "it wants each last checksum, tag and end mark; what the picture needs is there",
        lambda file: file.difference.what == "unread",
        ".png",
        lambda: png(PICTURE, kind=RGB, bits=8)[:-12] + b"\0\0\0\0IEN",
        PICTURE,
        0,
    ),
}  # fmt: skip


def _black_and_paper() -> Image.Image:
    """Black ink or none."""
    black = np.where(GREY > 127, 255, 0).astype(np.uint8)
    return Image.fromarray(np.dstack([np.zeros((HEIGHT, WIDTH, 3), np.uint8), black]), "CMYK")


def _windowed_exr() -> bytes:
    """The display window begins left of and above what is stored."""
    light = _linear(PICTURE)
    data = exr_file.encode({name: light[..., k].copy() for k, name in enumerate("RGB")}, {})
    at = data.index(b"displayWindow\0box2i\0") + 24
    return data[:at] + struct.pack("<2i", -8, -4) + data[at + 8 :]


def _exr() -> bytes:
    light = _linear(PICTURE) / 2
    planes = {name: light[..., k].copy() for k, name in enumerate("RGB")}
    return exr_file.encode(planes | {"A": np.full((HEIGHT, WIDTH), 0.5, np.float32)}, {})


def _heic() -> bytes:
    import pillow_heif

    buffer = io.BytesIO()
    file = pillow_heif.from_bytes("RGB", (WIDTH, HEIGHT), PICTURE.tobytes())
    file.save(buffer, quality=100, chroma=420)
    return buffer.getvalue()


def _small_gif() -> bytes:
    """The screen is larger than the picture on it, to the left and above."""
    image = Image.frombytes("P", (WIDTH, HEIGHT), GREY.tobytes())
    image.putpalette(bytes(c for c in range(256) for _ in range(3)))
    data = bytearray(_saved(image, "GIF"))
    at = data.index(b"," + bytes(4) + struct.pack("<2H", WIDTH, HEIGHT))
    data[6:10] = struct.pack("<2H", WIDTH + 8, HEIGHT + 4)
    data[at + 1 : at + 5] = struct.pack("<2H", 8, 4)
    return bytes(data)


def _run_lengths() -> bytes:
    """77 all over, and then a run that leaves the picture."""
    row = bytes([WIDTH, 77, 0, 0])
    return row * HEIGHT + bytes([255, 9, 255, 9, 0, 1])


def _ycbcr() -> bytes:
    PHOTOMETRIC["ycbcr"] = 6
    values = np.asarray(Image.fromarray(PICTURE).convert("YCbCr"))
    return tiff(values, bits=8, photometric="ycbcr", more={530: ifd.shorts("<", 1, 1)})


def _turned_tiff() -> bytes:
    image = Image.fromarray(PICTURE)
    more = {274: 7, 278: 16, 530: (1, 1)}
    return _saved(image, "TIFF", compression="jpeg", quality=98, tiffinfo=more)


def _lossless_tiff() -> bytes:
    """Compression 7, whose frame is that of lossless JPEG (SOF3)."""
    import imagecodecs

    frame = bytes(imagecodecs.jpeg8_encode(np.ascontiguousarray(GREY[..., 0]), lossless=True))
    plain = tiff(GREY, bits=8, photometric="black")
    directory, _ = ifd.read(plain)
    at = 8 + len(frame) + len(frame) % 2
    entries = directory.entries | {
        259: ifd.shorts("<", 7), 273: ifd.longs("<", 8), 279: ifd.longs("<", len(frame)),
    }  # fmt: skip
    body = frame + b"\0" * (len(frame) % 2)
    return ifd.header("<", at) + body + ifd.write(ifd.Directory("<", entries), at)

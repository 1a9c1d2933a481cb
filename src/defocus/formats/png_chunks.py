"""The chunks of a PNG file (W3C PNG, third edition): checked, read and written.

The decoder is given only those that make the picture, so nothing else can stop it.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from defocus import colour
from defocus.errors import PhotoError
from defocus.formats import coded_colour, exif
from defocus.formats.aspect import whole_ratio

if TYPE_CHECKING:
    from collections.abc import Iterator

    from defocus.formats.budget import Budget
    from defocus.photo import Photo

SIGNATURE = b"\x89PNG\r\n\x1a\n"
PICTURE = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_XMP_KEYWORD = b"XML:com.adobe.xmp"
_PROFILE_KEYWORD = b"Raw profile type "
_APP1_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_MAX_INFLATED = 32 << 20
_MAX_TEXTS = 1000
_MAX_CHUNKS = 10_000
_METRE_PER_INCH = 0.0254
_MOST_SAMPLES = (1 << 31) - 1  # numbers of PNG leave the highest bit free
# Chunks about the light of an HDR picture, and their bytes.
_LEVELS = {b"mDCV": 24, b"cLLI": 8}


def read_chunks(data: bytes, notes: list[str]) -> tuple[list[tuple[bytes, memoryview]], bool]:
    """(name, body) of every chunk up to IEND, checksums verified.

    A file that ends after its picture but before IEND is taken as it is, with a note.

    Returns:
        The chunks, and whether all checksums of the packed picture (IDAT) are right. Some programs
        write none; the picture has a checksum of its own inside.

    Raises:
        PhotoError: cut off, or the checksum of another chunk of the picture is wrong.
    """
    is_sound = True
    view = memoryview(data)
    chunks: list[tuple[bytes, memoryview]] = []
    at = len(SIGNATURE)
    packed: list[memoryview] = []
    while at + 12 <= len(data):
        size, name = struct.unpack_from(">L4s", data, at)
        body = view[at + 8 : at + 8 + size]
        at += 12 + size
        if at > len(data):
            if name == b"IDAT":
                raise PhotoError("the PNG is cut off: copy it again from where it came")
            break
        (stored,) = struct.unpack_from(">L", data, at - 4)
        if zlib.crc32(body, zlib.crc32(name)) != stored:
            if name == b"IDAT":
                is_sound = False
                packed.append(body)
            elif name in PICTURE:
                raise PhotoError("the PNG is damaged (wrong checksum): copy it again")
        elif name == b"IDAT":
            packed.append(body)
        elif name == b"IEND":
            return _with_picture(chunks, packed), is_sound
        elif name in PICTURE or len(chunks) < _MAX_CHUNKS:
            chunks.append((name, body))
    if not packed:
        raise PhotoError("the PNG is cut off: copy it again from where it came")
    notes.append("the file ends without its end mark; the picture is complete")
    return _with_picture(chunks, packed), is_sound


def _with_picture(
    chunks: list[tuple[bytes, memoryview]], packed: list[memoryview]
) -> list[tuple[bytes, memoryview]]:
    """All pieces of the picture as one: decoders are slow with thousands."""
    whole = packed[0] if len(packed) == 1 else memoryview(b"".join(packed))
    return [*chunks, (b"IDAT", whole)]


class Ancillary:
    """What the chunks beside the picture say."""

    def __init__(
        self, chunks: list[tuple[bytes, memoryview]], budget: Budget, notes: list[str]
    ) -> None:
        self.icc: bytes | None = None
        self.exif: bytes | None = None
        self.xmp: bytes | None = None
        self.photoshop: bytes | None = None
        self.dpi: tuple[float, float] | None = None
        self.aspect: tuple[float, float] | None = None
        self.text: list[tuple[str, str]] = []
        self._gamma: float | None = None
        self._chromaticities: tuple[float, ...] | None = None
        self.levels: list[tuple[bytes, bytes]] = []
        self.is_narrow = False
        self._code_points: tuple[int, int] | None = None
        self._is_srgb = False
        self._budget = budget
        self.notes = notes
        for name, view in chunks:
            body = bytes(view) if name not in PICTURE else b""
            try:
                self._read(name, body)
            except (ValueError, struct.error, zlib.error):
                self.notes.append(f"a damaged {name.decode('latin-1')} chunk is dropped")
            except PhotoError as error:
                self.notes.append(f"a {name.decode('latin-1')} chunk is dropped: {error}")

    def coded(self, *, grey: bool) -> coded_colour.Coded:
        """What the chunks that describe colour by numbers mean."""
        if self._code_points is not None:
            found = coded_colour.from_h273(*self._code_points)
            if found.cicp is not None or not grey:
                return found
        if self.icc is not None or self._is_srgb or self._gamma is None:
            return coded_colour.Coded()
        return coded_colour.Coded(
            coded_colour.from_png(self._gamma, self._chromaticities, grey=grey)
        )

    def _read(self, name: bytes, body: bytes) -> None:
        if name == b"iCCP":
            _, rest = body.split(b"\0", 1)
            self.icc = self._profile(rest[1:])
        elif name == b"eXIf":
            self.exif = self.exif or body  # Photoshop 2024 writes a second one after the picture
        elif name == b"pHYs":
            x, y, unit = struct.unpack(">LLB", body)
            if unit == 1:
                self.dpi = x * _METRE_PER_INCH, y * _METRE_PER_INCH
            else:
                self.aspect = float(x), float(y)
        elif name == b"gAMA":
            self._gamma = struct.unpack(">L", body)[0] / 100_000
        elif name == b"cHRM":
            self._chromaticities = tuple(v / 100_000 for v in struct.unpack(">8L", body))
        elif name == b"cICP":
            primaries, transfer, _, full_range = struct.unpack(">BBBB", body)
            self._code_points = primaries, transfer
            self.is_narrow = not full_range
        elif name in _LEVELS:
            if len(body) != _LEVELS[name]:
                raise ValueError(len(body))
            self.levels.append((name, body))
        elif name == b"sRGB":
            self._is_srgb = True
        elif name == b"acTL":
            self.notes.append("an animation: only its first picture is kept")
        elif name in (b"tEXt", b"zTXt", b"iTXt") and len(self.text) < _MAX_TEXTS:
            self._read_text(name, body)

    def _read_text(self, name: bytes, body: bytes) -> None:
        keyword, rest = body.split(b"\0", 1)
        if name == b"iTXt":
            packed = rest[0] == 1
            _, _, rest = rest[2:].split(b"\0", 2)
            raw = self._inflate(rest) if packed else rest
            if keyword == _XMP_KEYWORD:
                self.xmp = raw
                return
            text = raw.decode("utf-8")
        else:
            text = (self._inflate(rest[1:]) if name == b"zTXt" else rest).decode("latin-1")
        if keyword.startswith(_PROFILE_KEYWORD):
            self._read_profile(keyword.removeprefix(_PROFILE_KEYWORD).lower(), text)
        else:
            self.text.append((keyword.decode("latin-1"), text))

    def _read_profile(self, kind: bytes, text: str) -> None:
        """What ImageMagick and others wrote before PNG had chunks for it: hexadecimal text."""
        _, length, digits = text.split(maxsplit=2)
        found = bytes.fromhex(digits)[: int(length)]
        if kind in (b"exif", b"app1") and found.startswith(exif.PREFIX):
            self.exif = self.exif or found
        elif kind in (b"iptc", b"8bim"):
            self.photoshop = self.photoshop or found
        elif kind in (b"icc", b"icm"):
            self.icc = self.icc or found
        elif kind in (b"xmp", b"app1"):
            self.xmp = self.xmp or found.removeprefix(_APP1_XMP)

    def _profile(self, packed: bytes) -> bytes:
        """A profile that is all there, though some programs leave out the end of its packing."""
        plain, _ = self._unpacked(packed)
        size = int.from_bytes(plain[:4], "big")
        if plain[36:40] != b"acsp" or not 128 <= size <= len(plain):
            raise ValueError("no profile, or cut off")
        return plain[:size]

    def _inflate(self, packed: bytes) -> bytes:
        plain, is_whole = self._unpacked(packed)
        if not is_whole:
            raise ValueError("too large or cut off")
        return plain

    def _unpacked(self, packed: bytes) -> tuple[bytes, bool]:
        """What is packed, at most as much as may be, and whether that is all."""
        engine = zlib.decompressobj()
        # One more than allowed shows that it is more; zero would mean without limit.
        plain = engine.decompress(packed, min(self._budget.left, _MAX_INFLATED) + 1)
        self._budget.take(len(plain), "packed text")
        return plain, engine.eof


def metadata(photo: Photo, *, grey: bool) -> Iterator[tuple[bytes, bytes]]:
    """The chunks beside the picture, in the order that the standard asks for."""
    meta = photo.meta
    icc = colour.fitting(meta.icc, grey=grey)
    if icc is not None:
        yield b"iCCP", b"ICC\0\0" + zlib.compress(icc)
    if meta.cicp is not None:
        yield b"cICP", bytes((*meta.cicp, 0, 1))  # RGB, full range
    yield from meta.levels
    if meta.dpi is not None:
        x, y = (round(value / _METRE_PER_INCH) for value in meta.dpi)
        yield b"pHYs", struct.pack(">LLB", x, y, 1)
    elif meta.aspect is not None:
        yield b"pHYs", struct.pack(">LLB", *whole_ratio(meta.aspect, _MOST_SAMPLES), 0)
    if meta.exif is not None:
        yield b"eXIf", meta.exif
    if meta.xmp is not None:
        yield b"iTXt", _XMP_KEYWORD + b"\0\0\0\0\0" + meta.xmp
    for keyword, text in meta.text:
        name = keyword.encode("latin-1")
        try:
            yield b"tEXt", name + b"\0" + text.encode("latin-1")
        except UnicodeEncodeError:
            yield b"iTXt", name + b"\0\0\0\0\0" + text.encode()


def chunk(name: bytes, body: bytes | memoryview) -> bytes:
    checksum = zlib.crc32(body, zlib.crc32(name))
    return b"".join([struct.pack(">L", len(body)), name, body, struct.pack(">L", checksum)])

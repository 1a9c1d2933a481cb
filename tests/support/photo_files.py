"""Photos of every kind for the tests, built from numbers: never a real person's picture."""

from __future__ import annotations

import base64
import hashlib
import io
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageCms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MAKER_NOTE = b"MAKER\0" + bytes(range(64))
CAPTION = "A quiet street"
XMP_PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
    ' xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmp:Rating="4" tiff:Orientation="6">'
    '<dc:title xmlns:dc="http://purl.org/dc/elements/1.1/"><rdf:Alt>'
    f'<rdf:li xml:lang="x-default">{CAPTION}</rdf:li></rdf:Alt></dc:title>'
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
).encode()


def picture(width: int = 48, height: int = 32, dtype: type = np.uint8) -> NDArray[Any]:
    """H×W×3, smooth, with no symmetry: every turned version of it is different."""
    y, x = np.mgrid[0:height, 0:width]
    red = x / max(1, width - 1)
    green = y / max(1, height - 1)
    blue = 0.5 * (red * green) + 0.25
    top = np.iinfo(dtype).max
    return np.rint(np.dstack([red, green, blue]) * top).astype(dtype)


def turned(values: NDArray[Any], orientation: int) -> NDArray[Any]:
    """What a viewer shows of a stored picture with this EXIF orientation (independent of ours)."""
    steps: dict[int, Any] = {
        1: lambda v: v,
        2: lambda v: v[:, ::-1],
        3: lambda v: v[::-1, ::-1],
        4: lambda v: v[::-1],
        5: lambda v: v.swapaxes(0, 1),
        6: lambda v: np.rot90(v, -1),
        7: lambda v: v[::-1, ::-1].swapaxes(0, 1),
        8: lambda v: np.rot90(v),
    }
    return np.ascontiguousarray(steps[orientation](values))


def exif(
    orientation: int = 1, *, thumbnail: bool = False, size_wh: tuple[int, int] = (48, 32)
) -> bytes:
    """An EXIF block with camera, GPS and maker note, without the ``Exif`` prefix."""
    block = Image.Exif()
    block[0x010F] = "Testcam"
    block[0x0110] = "Model T"
    block[0x0112] = orientation
    block[0x8298] = "(c) nobody"
    details = block.get_ifd(0x8769)
    details[0x829D] = 1.8
    details[0x920A] = 50.0
    details[0x927C] = MAKER_NOTE
    details[0xA002], details[0xA003] = size_wh
    details[0xA405] = 75
    position = block.get_ifd(0x8825)
    position[1], position[2] = "N", (47.0, 22.0, 30.0)
    position[3], position[4] = "E", (8.0, 32.0, 15.0)
    raw = block.tobytes().removeprefix(b"Exif\0\0")
    return _with_thumbnail(raw) if thumbnail else raw


def _with_thumbnail(raw: bytes) -> bytes:
    """Add a second directory with a JPEG thumbnail at the end."""
    order = "<" if raw[:2] == b"II" else ">"
    small = jpeg(picture(16, 12))
    (first,) = struct.unpack_from(order + "L", raw, 4)
    (count,) = struct.unpack_from(order + "H", raw, first)
    link = first + 2 + 12 * count
    at = len(raw) + len(raw) % 2
    table = struct.pack(order + "H", 3)
    table += struct.pack(order + "HHLHH", 0x0103, 3, 1, 6, 0)
    table += struct.pack(order + "HHLL", 0x0201, 4, 1, at + 2 + 36 + 4)
    table += struct.pack(order + "HHLL", 0x0202, 4, 1, len(small))
    table += bytes(4)
    linked = raw[:link] + struct.pack(order + "L", at) + raw[link + 4 :]
    return linked.ljust(at, b"\0") + table + small


# ---------------------------------------------------------------------------------- profiles


def icc(kind: str = "p3") -> bytes:
    """A profile: ``srgb`` (LittleCMS's own), ``p3``, ``adobe``, ``grey`` or ``cmyk``."""
    if kind == "srgb":
        return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    if kind == "grey":
        return _profile(b"GRAY", b"mntr", b"XYZ ", {b"kTRC": _gamma_curve(1.8)})
    if kind == "cmyk":
        return _profile(b"CMYK", b"prtr", b"Lab ", {b"A2B0": _cmyk_table()})
    if kind == "adobe":
        primaries = (
            (0.60974, 0.31111, 0.01947),
            (0.20528, 0.62567, 0.06087),
            (0.14919, 0.06322, 0.74457),
        )
        curve = _gamma_curve(2.19921875)
    else:
        primaries = (
            (0.51512, 0.2412, -0.00105),
            (0.29198, 0.69225, 0.04189),
            (0.1571, 0.06657, 0.78407),
        )
        curve = b"para" + bytes(4) + struct.pack(">HH5l", 3, 0, *(
            round(v * 65536) for v in (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
        ))  # fmt: skip
    tags = dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), map(_xyz, primaries), strict=True))
    tags |= {b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    return _profile(b"RGB ", b"mntr", b"XYZ ", tags)


def _gamma_curve(exponent: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">LH", 1, round(exponent * 256))


def _xyz(values: Sequence[float]) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3l", *(round(v * 65536) for v in values))


def _cmyk_table() -> bytes:
    """A lut8: the paper is white, every ink takes light away, as little as it takes.

    All of them are black without a colour: the engine moves black to where they are.
    """
    ramp = bytes(range(256))
    cells = bytearray()
    for corner in range(16):
        c, m, y, k = (corner >> shift & 1 for shift in (3, 2, 1, 0))
        light = round(255 * (1 - 0.3 * c) * (1 - 0.3 * m) * (1 - 0.1 * y) * (1 - k))
        a, b = (round(128 + tint * light / 255) for tint in (60 * (m - c), 90 * y))
        cells += bytes([light, a, b])
    matrix = struct.pack(">9l", *(65536 * v for v in (1, 0, 0, 0, 1, 0, 0, 0, 1)))
    return b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + matrix + ramp * 4 + bytes(cells) + ramp * 3


def _profile(space: bytes, device: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    described = b"desc" + bytes(4) + struct.pack(">L", 5) + b"test\0" + bytes(78)
    rights = b"text" + bytes(4) + b"none\0"
    tags = {b"desc": described, b"cprt": rights, b"wtpt": _xyz((0.9642, 1.0, 0.8249)), **tags}
    at = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">L", len(tags)), b""
    for name, data in tags.items():
        data += bytes(-len(data) % 4)
        table += struct.pack(">4sLL", name, at + len(body), len(data))
        body += data
    header = struct.pack(
        ">L4sL4s4s4s", at + len(body), b"lcms", 0x02400000, device, space, connection
    )
    header += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    header += struct.pack(">3l", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + table + body


# ---------------------------------------------------------------------------------- JPEG parts


def jpeg(values: NDArray[Any], **options: Any) -> bytes:
    """A JPEG by Pillow; options as for ``Image.save``."""
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "JPEG", **({"quality": 95, "subsampling": 0} | options))
    return buffer.getvalue()


def segment(marker: int, payload: bytes) -> bytes:
    """A JPEG segment."""
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def with_segments(encoded: bytes, *segments: bytes) -> bytes:
    """Insert segments after SOI."""
    return encoded[:2] + b"".join(segments) + encoded[2:]


def packet(attributes: str, body: str = "") -> bytes:
    """An XMP packet with one description."""
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {attributes}>{body}</rdf:Description></rdf:RDF></x:xmpmeta>'
    ).encode()


def xmp_segment(main: bytes) -> bytes:
    """APP1 of a main XMP packet."""
    return segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + main)


def extended_segments(extension: bytes, step: int = 60_000) -> tuple[str, list[bytes]]:
    """GUID and APP1 segments of an extended XMP packet."""
    guid = hashlib.md5(extension, usedforsecurity=False).hexdigest().upper()
    head = b"http://ns.adobe.com/xmp/extension/\0" + guid.encode()
    return guid, [
        segment(0xE1, head + struct.pack(">LL", len(extension), at) + extension[at : at + step])
        for at in range(0, len(extension), step)
    ]


def png(values: NDArray[Any]) -> bytes:
    """A PNG by Pillow."""
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "PNG")
    return buffer.getvalue()


# ---------------------------------------------------------------------------------- depth


def stored_depth(width: int = 24, height: int = 16) -> NDArray[np.uint8]:
    """H×W uint8: rises to the right, falls a little downwards."""
    y, x = np.mgrid[0:height, 0:width]
    return np.rint(x / (width - 1) * 200 + 55 * (1 - y / (height - 1))).astype(np.uint8)


def gdepth_jpeg(
    stored: NDArray[np.uint8] | bytes,
    *,
    style: str = "RangeInverse",
    near: float = 0.5,
    far: float = 8.0,
    units: str = "m",
    extended: bool = False,
    orientation: int = 1,
    original: bytes | None = None,
    values_of: NDArray[np.uint8] | None = None,
) -> bytes:
    """A JPEG as Google's camera wrote it, the map in the main or in an extended packet."""
    data = base64.b64encode(stored if isinstance(stored, bytes) else png(stored)).decode()
    space = 'xmlns:GDepth="http://ns.google.com/photos/1.0/depthmap/"'
    values = (
        f'GDepth:Format="{style}" GDepth:Near="{near}" GDepth:Far="{far}" GDepth:Mime="image/png"'
    )
    if units:
        values += f' GDepth:Units="{units}"'
    focus = (
        'xmlns:GFocus="http://ns.google.com/photos/1.0/focus/" GFocus:FocalDistance="2"'
        ' GFocus:BlurAtInfinity="0.02"'
    )
    base = jpeg(picture() if values_of is None else values_of, exif=b"Exif\0\0" + exif(orientation))
    if not extended:
        main = packet(f'{space} {focus} {values} GDepth:Data="{data}"')
        return with_segments(base, xmp_segment(main))
    image = 'xmlns:GImage="http://ns.google.com/photos/1.0/image/" '
    if original is not None:
        image += f'GImage:Mime="image/jpeg" GImage:Data="{base64.b64encode(original).decode()}"'
    guid, pieces = extended_segments(packet(f'{space} {image} GDepth:Data="{data}"'), step=700)
    note = f'xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="{guid}"'
    main = packet(f"{space} {focus} {values} {note}")
    return with_segments(base, xmp_segment(main), *pieces)


def dynamic_depth_jpeg(stored: NDArray[np.uint8], *, gain_map: bytes = b"") -> bytes:
    """A JPEG with the Dynamic Depth 1.0 directory; a gain map may come before the depth map."""
    depth = jpeg(stored)
    dd = "http://ns.google.com/photos/dd/1.0"

    def item(mime: str, length: int, uri: str) -> str:
        return (
            f'<rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="{mime}"'
            f' Item:Length="{length}" Item:DataURI="{uri}"/></rdf:li>'
        )

    items = item("image/jpeg", 0, "primary")
    if gain_map:
        items += item("image/jpeg", len(gain_map), "gain")
    items += item("image/jpeg", len(depth), "android/depthmap")
    body = (
        f'<Device:Container rdf:parseType="Resource"><Container:Directory><rdf:Seq>{items}'
        "</rdf:Seq></Container:Directory></Device:Container>"
        '<Device:Cameras><rdf:Seq><rdf:li rdf:parseType="Resource"><Device:Camera '
        'rdf:parseType="Resource"><Camera:DepthMap DepthMap:Format="RangeInverse"'
        ' DepthMap:Near="0.4" DepthMap:Far="10" DepthMap:Units="Meters"'
        ' DepthMap:DepthURI="android/depthmap"/></Device:Camera></rdf:li></rdf:Seq>'
        "</Device:Cameras>"
    )
    spaces = " ".join(
        f'xmlns:{prefix}="{dd}/{prefix.lower()}/"'
        for prefix in ("Device", "Container", "Item", "Camera", "DepthMap")
    )
    base = with_segments(jpeg(picture()), xmp_segment(packet(spaces, body)))
    return base + gain_map + depth


APPLE_DISPARITY = (
    "<apdi:IntMaxValue>255</apdi:IntMaxValue><apdi:IntMinValue>0</apdi:IntMinValue>"
    "<apdi:FloatMaxValue>1.75</apdi:FloatMaxValue><apdi:FloatMinValue>0.25</apdi:FloatMinValue>"
    "<apdi:AuxiliaryImageType>disparity</apdi:AuxiliaryImageType>"
    "<depthData:Accuracy>{accuracy}</depthData:Accuracy>"
    "<depthBlurEffect:SimulatedAperture>2.8</depthBlurEffect:SimulatedAperture>"
)
APPLE_MATTE = (
    "<apdi:AuxiliaryImageSubType>{name}</apdi:AuxiliaryImageSubType>"
    "<apdi:AuxiliaryImageType>depth</apdi:AuxiliaryImageType>"
)
APPLE_GAIN_MAP = (
    "<apdi:AuxiliaryImageType>urn:com:apple:photo:2020:aux:hdrgainmap</apdi:AuxiliaryImageType>"
)


def apple_note(headroom: float = 1.0, gain: float = 0.0) -> bytes:
    """Bytes of an EXIF block with the part of Apple's maker note that tells an HDR map's room."""
    rows = b"".join(
        struct.pack(">HHLL", tag, 10, 1, 16 + 2 * 12 + 8 * k) for k, tag in enumerate((33, 48))
    )
    numbers = struct.pack(">4l", round(headroom * 1e6), 1_000_000, round(gain * 1e6), 1_000_000)
    return b"Apple iOS\0\0\1MM" + struct.pack(">H", 2) + rows + numbers


APPLE_SPACES = (
    'xmlns:apdi="http://ns.apple.com/pixeldatainfo/1.0/" '
    'xmlns:depthData="http://ns.apple.com/depthData/1.0/" '
    'xmlns:depthBlurEffect="http://ns.apple.com/depthBlurEffect/1.0/"'
)


def apple_jpeg(
    frames: Sequence[tuple[NDArray[np.uint8] | bytes, str]],
    *,
    orientation: int = 1,
    kind: int = 0,
) -> bytes:
    """A JPEG with extra frames after it and a multi-picture index (CIPA DC-007) that names them.

    Args:
        frames: (H×W values, XMP properties of the frame), in the order that they are stored.
        orientation: of the main picture.
        kind: MPType of the frames.
    """
    encoded = [
        with_segments(
            values if isinstance(values, bytes) else jpeg(values),
            *([xmp_segment(packet(APPLE_SPACES, body))] if body else []),
        )
        for values, body in frames
    ]
    main = jpeg(picture(), exif=b"Exif\0\0" + exif(orientation))
    count = 1 + len(encoded)
    index_bytes = 4 + 8 + 2 + 3 * 12 + 4 + 16 * count
    base = 2 + 4 + 4  # SOI, segment header, "MPF\0": offsets count from the byte order mark
    total = len(main) + 4 + index_bytes
    entries = struct.pack(">LLLHH", 0x030000, total, 0, 0, 0)
    at = total
    for frame in encoded:
        entries += struct.pack(">LLLHH", kind, len(frame), at - base, 0, 0)
        at += len(frame)
    directory = struct.pack(">H", 3)
    directory += struct.pack(">HHL4s", 0xB000, 7, 4, b"0100")
    directory += struct.pack(">HHLL", 0xB001, 4, 1, count)
    directory += struct.pack(">HHLL", 0xB002, 7, 16 * count, 8 + 2 + 36 + 4)
    index = b"MPF\0MM\0*" + struct.pack(">L", 8) + directory + bytes(4) + entries
    return with_segments(main, segment(0xE2, index)) + b"".join(encoded)

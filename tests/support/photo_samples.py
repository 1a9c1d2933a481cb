"""One valid file of every kind that is read, by name: ``suffix-what``."""

from __future__ import annotations

import io
import struct
from typing import Any

import cv2
import numpy as np
import photo_files as made
import tifffile
from PIL import Image
from psd_files import psd
from tiff_files import tiff

from defocus.formats import exr_file
from defocus.transfer import SRGB


def _saved(values: Any, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image = values if isinstance(values, Image.Image) else Image.fromarray(values)
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _all(**more: Any) -> dict[str, Any]:
    exif = b"Exif\0\0" + made.exif(6, thumbnail=True)
    return {"exif": exif, "icc_profile": made.icc("p3"), **more}


def _rgba() -> Any:
    return np.dstack([made.picture(), made.picture()[..., 1]])


def _tiff(values: Any, **options: Any) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, values, **options)
    return buffer.getvalue()


def _heif(values: Any, mode: str) -> bytes:
    import pillow_heif

    buffer = io.BytesIO()
    height, width = values.shape[:2]
    file = pillow_heif.from_bytes(mode, (width, height), np.ascontiguousarray(values).tobytes())
    file.save(buffer, quality=90, **_all(xmp=made.XMP_PACKET))
    return buffer.getvalue()


def _cmyk() -> bytes:
    image = Image.fromarray(made.picture()).convert("CMYK")
    return _saved(image, "JPEG", icc_profile=made.icc("cmyk"))


def _deep_png(values: Any) -> bytes:
    return bytes(cv2.imencode(".png", values)[1])


def _exr() -> bytes:
    light = SRGB.decode(made.picture() / np.float32(255)).astype(np.float16)
    return exr_file.encode({name: light[..., k].copy() for k, name in enumerate("RGB")}, {})


def _masked_bmp() -> bytes:
    """4, 4, 4 and 4 bits, as Pillow reads none."""
    plain = made.picture() >> 4
    codes = (plain.astype("<u2") << np.array([12, 8, 4])).sum(axis=2).astype("<u2") | 15
    head = struct.pack("<2sLHHL", b"BM", 70 + codes.nbytes, 0, 0, 70)
    head += struct.pack("<LllHHLLllLL", 40, 48, -32, 1, 16, 6, codes.nbytes, 0, 0, 0, 0)
    return head + struct.pack("<4L", 0xF000, 0x0F00, 0x00F0, 0x000F) + codes.tobytes()


SAMPLES = {
    "jpg-plain": lambda: _saved(made.picture(), "JPEG", xmp=made.XMP_PACKET, **_all()),
    "jpg-progressive": lambda: _saved(made.picture(), "JPEG", progressive=True, **_all()),
    "jpg-grey": lambda: _saved(made.picture()[..., 0], "JPEG"),
    "jpg-cmyk": _cmyk,
    "png-rgb": lambda: _saved(made.picture(), "PNG", **_all()),
    "png-rgba": lambda: _saved(_rgba(), "PNG"),
    "png-palette": lambda: _saved(Image.fromarray(made.picture()).quantize(16), "PNG"),
    "png-16": lambda: _deep_png(made.picture(dtype=np.uint16)),
    "png-grey16": lambda: _deep_png(made.picture(dtype=np.uint16)[..., 0]),
    "webp-lossy": lambda: _saved(made.picture(), "WEBP", xmp=made.XMP_PACKET, **_all()),
    "webp-lossless": lambda: _saved(_rgba(), "WEBP", lossless=True),
    "tif-plain": lambda: _saved(made.picture(), "TIFF", **_all()),
    "tif-lzw": lambda: _saved(made.picture(), "TIFF", compression="tiff_lzw"),
    "tif-jpeg": lambda: _saved(made.picture(), "TIFF", compression="jpeg"),
    "tif-16": lambda: _tiff(made.picture(dtype=np.uint16), photometric="rgb", compression="zlib"),
    "tif-float": lambda: _tiff(made.picture().astype(np.float32) / 255, photometric="rgb"),
    "tif-big": lambda: _tiff(made.picture(), photometric="rgb", bigtiff=True, tile=(16, 16)),
    "tif-planes": lambda: tiff(
        made.picture(dtype=np.uint16), bits=16, planar=True, compression="lzw", rows=7
    ),
    "tif-packed": lambda: tiff(
        made.picture(dtype=np.uint16) >> 4, bits=12, compression="zip", predictor=2, tile=16
    ),
    "tif-packbits": lambda: tiff(made.picture(), bits=8, compression="packbits"),
    "gif-palette": lambda: _saved(Image.fromarray(made.picture()).quantize(32), "GIF"),
    "bmp-rgb": lambda: _saved(made.picture(), "BMP"),
    "bmp-masks": _masked_bmp,
    "jp2-rgb": lambda: _saved(made.picture(), "JPEG2000"),
    "exr-half": _exr,
    "psd-packed": lambda: psd(made.picture(), 3, packed=True, resources={0x040F: made.icc("p3")}),
    "psd-16": lambda: psd(made.picture(dtype=np.uint16), 3, bits=16),
    "avif-rgb": lambda: _saved(made.picture(), "AVIF", xmp=made.XMP_PACKET, **_all()),
    "heic-rgb": lambda: _heif(made.picture(), "RGB"),
    "heic-deep": lambda: _heif(made.picture(dtype=np.uint16), "RGB;16"),
}


def sample(name: str) -> bytes:
    """The file of that name."""
    return SAMPLES[name]()


def dng(orientation: int = 1, xmp: bytes | None = None) -> bytes:
    """A camera raw file: 64×48 Bayer cells (RGGB), 14 bits, as DNG 1.4 asks for."""
    rising = np.linspace(0, 16383, 64)[None, :].repeat(48, axis=0).astype(np.uint16)
    identity = (10_000, 10_000, 0, 1, 0, 1, 0, 1, 10_000, 10_000, 0, 1, 0, 1, 0, 1, 10_000, 10_000)
    return _tiff(
        rising,
        photometric=32803,
        extratags=[
            (271, "s", 0, "Testcam", True),
            (272, "s", 0, "Model T", True),
            (274, "H", 1, orientation, True),
            (33421, "H", 2, (2, 2), True),
            (33422, "B", 4, (0, 1, 1, 2), True),
            (50706, "B", 4, (1, 4, 0, 0), True),
            (50708, "s", 0, "Testcam Model T", True),
            (50717, "H", 1, 16383, True),
            (50721, "2i", 9, identity, True),
            (50728, "2I", 3, (1, 1, 1, 1, 1, 1), True),
            (50778, "H", 1, 21, True),
            *([(700, "B", len(xmp), xmp, True)] if xmp else []),
        ],
    )

"""How much memory a photo needs, told from its header, and how much there is."""

from __future__ import annotations

import os
import re
import struct
from pathlib import Path
from typing import BinaryIO

from defocus.errors import EditError
from defocus.formats import sniff

# Peak of a worker process: interpreter, libraries and network, then what a pixel costs on its way.
# ``benchmarks/batch.py memory`` measured 320 MiB, 46 (8 bits) and 55 (16 bits); here with a margin.
WORKER_BYTES = 450 << 20
BYTES_PER_PIXEL = {1: 64, 2: 90}  # by bytes per channel

# For formats whose header we do not read here: no camera packs pixels tighter than this.
_PIXELS_PER_FILE_BYTE = {"raw": 2.0, "heif": 12.0, "avif": 12.0}
_SHARE_OF_FREE = 0.75


def needed(photo: Path) -> int:
    """Bytes that a worker needs at most for this photo; for one that is damaged, the least."""
    try:
        pixels, bytes_per_channel = header_size(photo)
    except Exception:  # whatever is wrong with it, the work itself will tell
        return WORKER_BYTES
    return WORKER_BYTES + pixels * BYTES_PER_PIXEL[bytes_per_channel]


def guessed(file_size: int) -> int:
    """The same for a file that is not on this machine, by its size alone: a large JPEG of it."""
    return WORKER_BYTES + 4 * file_size * BYTES_PER_PIXEL[1]


def header_size(photo: Path) -> tuple[int, int]:
    """Pixels and bytes per channel that a file claims to hold. Raises nearly anything."""
    with photo.open("rb") as file:
        known = sniff(file.read(64), photo.suffix.lower())
        file.seek(0)
        if known.name == "png":
            width, height, bits = struct.unpack(">16x2LB", file.read(25))
            return width * height, 2 if bits == 16 else 1
        if known.name == "tiff":
            return _tiff_size(file)
        if known.name in _PIXELS_PER_FILE_BYTE:
            size = os.fstat(file.fileno()).st_size
            pixels = int(size * _PIXELS_PER_FILE_BYTE[known.name])
            return pixels, 2 if known.name == "raw" else 1
        from PIL import Image

        Image.init()
        # Not Image.open: that judges the size, and a panorama is no bomb.
        with Image.OPEN[known.name.upper()][0](file, str(photo)) as image:
            return image.width * image.height, 1


def _tiff_size(file: BinaryIO) -> tuple[int, int]:
    import tifffile

    with tifffile.TiffFile(file) as tiff:
        page = tiff.pages.first
        return page.imagewidth * page.imagelength, 1 if page.bitspersample <= 8 else 2


def available() -> int:
    """Bytes that a batch may use unless told otherwise: three quarters of what is free now."""
    return int(min(_system_free(), _container_free()) * _SHARE_OF_FREE)


def _system_free() -> float:
    try:
        text = Path("/proc/meminfo").read_text()
    except OSError:  # not Linux: half of what is built in
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2
    found = re.search(r"^MemAvailable:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else float("inf")


def _container_free() -> float:
    """What the control group (version 2) leaves of its limit, infinity without one."""
    group = Path("/sys/fs/cgroup")
    try:
        limit = (group / "memory.max").read_text().strip()
        used = int((group / "memory.current").read_text())
    except (OSError, ValueError):
        return float("inf")
    return float("inf") if limit == "max" else max(int(limit) - used, 0)


def parse_bytes(text: str) -> int:
    """``4G``, ``512M``, ``1.5GiB`` or a plain number of bytes; units are powers of 1024.

    Raises:
        EditError: it is none of these, or zero.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?\s*", text, re.IGNORECASE)
    value = int(float(found[1]) * 1024 ** " KMGT".index(found[2].upper() or " ")) if found else 0
    if value < 1:
        raise EditError(f"memory {text!r} is not understood: write 4G or 512M")
    return value

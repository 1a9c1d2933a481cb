"""How much memory a photo needs, told from its header, and how much there is."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from defocus.errors import DefocusError, EditError
from defocus.formats.reading import peek

# What a worker keeps after a job: interpreter, libraries, the network.
IDLE_BYTES = 200 << 20
# Peak of a worker process: interpreter, libraries and network, then what a pixel costs on its way.
# ``benchmarks/batch.py memory`` and portraits of up to 200 MP, also with ``--quality high``:
# at most 480 MiB, 39 (8 bits) and 49 (16 bits); here with a margin.
WORKER_BYTES = 512 << 20
BYTES_PER_PIXEL = {1: 44, 2: 56}  # by bytes per channel
# Floating-point light beside the codes: 76 measured with a gain map at 12 megapixels.
HDR_BYTES_PER_PIXEL = 100

_SHARE_OF_FREE = 0.75


def needed(photo: Path) -> int:
    """Bytes that a worker needs at most for this photo; for one that is damaged, the least."""
    try:
        header = peek(photo)
    except DefocusError:  # whatever is wrong with it, the work itself will tell
        return WORKER_BYTES
    width, height = header.size_wh
    each = BYTES_PER_PIXEL[1 if header.bits <= 8 else 2]
    return WORKER_BYTES + width * height * (HDR_BYTES_PER_PIXEL if header.is_hdr else each)


def guessed(file_size: int) -> int:
    """The same for a file that is not on this machine, by its size alone: a large JPEG of it."""
    return WORKER_BYTES + 4 * file_size * BYTES_PER_PIXEL[1]


def available() -> int:
    """Bytes that a batch may use unless told otherwise: three quarters of what is free now."""
    return int(min(_system_free(), _container_free()) * _SHARE_OF_FREE)


def _system_free() -> float:
    try:
        text = Path("/proc/meminfo").read_text()
    except OSError:  # not Linux: half of what is built in
        return _built_in() / 2
    found = re.search(r"^MemAvailable:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else float("inf")


def _built_in() -> float:
    if sys.platform == "win32":
        import ctypes

        kilobytes = ctypes.c_ulonglong()
        told = ctypes.windll.kernel32.GetPhysicallyInstalledSystemMemory(ctypes.byref(kilobytes))
        return kilobytes.value * 1024.0 if told else float("inf")
    else:  # noqa: RET505 - a type checker for another system looks at this one alone
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))


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

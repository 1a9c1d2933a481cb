"""Ends of files that were never written, though the file has its length.

Copies that break off, memory cards that fail and downloads that stop leave zeros where the data
should be. Decoders make something of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from defocus.errors import PhotoError

if TYPE_CHECKING:
    from defocus.formats.codec import Content

# A sector. No coder of pictures that we know writes so many zeros in a row: entropy coding leaves
# none, and HEVC forbids more than two.
_UNWRITTEN_BYTES = 512


def check_written(data: Content, start: int, end: int, what: str) -> None:
    """Refuse compressed data that ends in zeros.

    Args:
        data: of the file.
        start: of the data, and
        end: after it.
        what: for the message.

    Raises:
        PhotoError: it does.
    """
    last = data[max(start, end - _UNWRITTEN_BYTES) : end]
    if len(last) == _UNWRITTEN_BYTES and not any(last):
        raise PhotoError(f"{what} is cut off: its end is nothing but zeros, copy it again")

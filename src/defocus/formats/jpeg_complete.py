"""Is the picture of a JPEG all there?

The decoder fills in silently what is missing. So if other bytes in the place of the missing ones
give another picture, something is missing; where it is not likely that anything is, they are not
tried, for each try is a decoding.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from defocus.errors import PhotoError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.JpegImagePlugin import JpegImageFile

    from defocus.formats.jpeg_segments import JpegFile

END_MARK = b"\xff\xd9"
# Data of any kind that no decoder takes for zeros: plain, and in restart intervals.
_NOISE = bytes((85, 170)) + bytes((167 * k + 85) % 255 for k in range(254))
# An arithmetic coder leaves out the zeros of the last two bytes of its code (T.81 D.1.8).
_LEFT_OUT = bytes(2)
_RESTARTS = b"".join(b"\xff" + bytes([0xD0 + k % 8]) + _NOISE for k in range(16))
# The segment that sets restart intervals (DRI); without it a restart marker ends the data.
_HAS_RESTARTS = b"\xff\xdd\0\4"
# What decoders show where nothing came: the middle of the range, of inverted CMYK too.
_NOTHING = (126, 129)
# Blocks of some cameras' last row are missing, and nobody has ever seen that.
_UNSEEN = 1 / 500
# Several blocks with all of their detail at its least: where nothing was written.
_ZEROS = bytes(128)
_BLOCK_PX = 16  # the highest row of blocks, with chroma of half the height
_CUT_OFF = "the JPEG is cut off: copy it again from where it came"


def loaded(stream: bytes) -> JpegImageFile:
    """What the decoder makes of a JPEG."""
    from PIL.JpegImagePlugin import JpegImageFile

    # Not Image.open: its limit on pixels is global, ours is an argument.
    image = JpegImageFile(io.BytesIO(stream))
    image.load()
    return image


def check_complete(found: JpegFile, image: JpegImageFile, stream: bytes) -> str | None:
    """What is to be said of the end of the picture, None if that is as it should be.

    Args:
        found: the file, taken apart.
        image: its picture.
        stream: its segments and scans as they are, with the end mark if there is one.

    Raises:
        PhotoError: so much is missing that it is seen.
    """
    scans = stream[len(found.header) :].removesuffix(END_MARK)
    if not found.has_all_scans or (not found.zeros_make_sense and scans.find(_ZEROS) >= 0):
        raise PhotoError(_CUT_OFF)
    note = None if found.has_end else "the file ends without its end mark; the picture is complete"
    if found.has_end and not _is_suspect(found, image):
        return note
    stored = stream.removesuffix(END_MARK).removesuffix(b"\xff")
    missing = _missing_share(image, stored + _LEFT_OUT if found.arithmetic else stored)
    if missing > _UNSEEN:
        raise PhotoError(_CUT_OFF)
    return f"the last {missing:.2%} of the picture is missing" if missing else note


def _is_suspect(found: JpegFile, image: JpegImageFile) -> bool:
    """May something be missing of a picture with an end mark?

    In one scan the last pixel is the last to come. What several scans lack is not seen there, nor
    what an arithmetic decoder goes on with.
    """
    if len(found.scans) > 1 or found.arithmetic:
        return True
    last = image.crop((image.width - 1, image.height - 1, image.width, image.height)).tobytes()
    return all(_NOTHING[0] <= value <= _NOTHING[1] for value in last[:3])


def _missing_share(image: JpegImageFile, stream: bytes) -> float:
    """Of the pixels, those that other bytes after the last one change.

    The bytes fill a few blocks only: what the scan has below the first of these is missing too.
    """
    plain = np.asarray(image)
    share = 0.0
    for filler in (_NOISE, _RESTARTS) if _HAS_RESTARTS in stream else (_NOISE,):
        other = np.asarray(loaded(stream + filler + END_MARK))
        differs = (other != plain).reshape(*plain.shape[:2], -1).any(axis=2)
        share = max(share, float(differs.mean()), _below(differs))
        if share > _UNSEEN:
            break
    return share


def _below(differs: NDArray[np.bool_]) -> float:
    """Share of the rows below the row of blocks in which the first pixel differs."""
    rows = np.flatnonzero(differs.any(axis=1))
    if not rows.size:
        return 0.0
    below: int = differs.shape[0] - int(rows[0]) - _BLOCK_PX
    return max(0.0, below / int(differs.shape[0]))

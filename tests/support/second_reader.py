"""Another program's eyes: ImageMagick reads a file as a viewer would show it, 8 bits, upright.

Two readers that agree are seldom both wrong. Where they do not, ``known_differences`` says why.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import ImageCms

from defocus.formats.pixels import to_8_bit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.photo import Photo

_CODERS = {
    "jpeg": "jpeg", "png": "png", "webp": "webp", "tiff": "tiff", "avif": "avif", "heif": "heic",
    "jpeg2000": "jp2", "psd": "psd", "gif": "gif", "bmp": "bmp", "exr": "exr", "jxl": "jxl",
}  # fmt: skip
# Rounding of two colour engines and of two inverse cosine transforms; more is another picture.
MOST_CODES = 2
# Under so little opacity nobody sees a colour, and premultiplied files have lost it.
_SEEN_ALPHA = 8
_SECONDS = 60
# The weights of luma in the matrix that the other reader takes, and pixels that tell enough.
_BT601 = np.array([0.299, 0.587, 0.114])
_MOST_FITTED = 50_000


@dataclass(frozen=True, slots=True)
class Difference:
    """How far two readers are apart.

    Attributes:
        what: ``same``, ``pixels``, ``alpha``, ``size``, or ``unread`` if only one reads the file.
        most: codes of 255, of the pixels or of alpha.
        mean: of the pixels.
        said: what the other reader said, or the two sizes.
        luma: mean codes by which the other's luma is not that of our colours through one matrix.
    """

    what: str
    most: int = 0
    mean: float = 0.0
    said: str = ""
    luma: float = 0.0


def is_here() -> bool:
    """Whether ImageMagick is installed."""
    return _program() is not None


@cache
def _program() -> str | None:
    return shutil.which("magick") or shutil.which("convert")


@cache
def _srgb() -> Path:
    path = Path(tempfile.mkdtemp(prefix="second-reader-")) / "srgb.icc"
    path.write_bytes(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    return path


def seen(path: Path, kind: str = "", *, managed: bool = False) -> tuple[NDArray[Any] | None, str]:
    """The picture as ImageMagick has it, H×W×4 uint8, or None, and what it said.

    Args:
        path: of a file.
        kind: its format, as in ``Metadata.format``; "" lets ImageMagick tell.
        managed: convert from the file's profile (inks) to sRGB; else its codes are kept.
    """
    coder = f"{_CODERS[kind]}:" if kind in _CODERS else ""
    colour = ["-profile", str(_srgb())] if managed else ["-colorspace", "sRGB"]
    if kind == "png":  # its gamma is left in the codes: a profile says what they mean
        colour = ["-set", "colorspace", "sRGB"]
    if kind == "gif":  # the canvas, not the frame
        colour = ["-coalesce", *colour]
    words = [_program() or "convert", f"{coder}{path}[0]", "-auto-orient", *colour]
    words += ["-type", "TrueColorAlpha", "-depth", "8", "pam:-"]
    try:
        done = subprocess.run(words, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return None, f"took more than {_SECONDS} s"
    said = done.stderr.decode(errors="replace").strip()
    if not done.stdout.startswith(b"P7"):
        return None, said or "nothing"
    start = done.stdout.index(b"ENDHDR\n") + 7
    numbers = dict(re.findall(rb"(WIDTH|HEIGHT|DEPTH) (\d+)", done.stdout[:start]))
    width, height, channels = (int(numbers[name]) for name in (b"WIDTH", b"HEIGHT", b"DEPTH"))
    if not width or not height:
        return None, said or "no pixels"
    flat = np.frombuffer(done.stdout, np.uint8, width * height * channels, start)
    values = flat.reshape(height, width, channels)
    if channels == 4:
        return values, said
    opaque = np.full((height, width, 1), 255, np.uint8)
    return np.concatenate(
        [values[..., :1].repeat(3, 2) if channels < 3 else values, opaque], 2
    ), said


def _luma_apart(ours: NDArray[Any], other: NDArray[Any]) -> float:
    """What no matrix from one picture's colours to the other's luma explains, in mean codes.

    Stored is luma, whole, and colour, often at half the size. Who takes another matrix, range or
    filter for the colour makes other pixels of the same luma.
    """
    step = max(1, ours.shape[0] * ours.shape[1] // _MOST_FITTED)
    colours = ours.reshape(-1, 3)[::step].astype(float)
    colours = np.column_stack([colours, np.ones(len(colours))])
    luma = other[..., :3].reshape(-1, 3)[::step] @ _BT601
    fit, *_ = np.linalg.lstsq(colours, luma, rcond=None)
    return float(np.abs(colours @ fit - luma).mean())


def compared(path: Path, photo: Photo) -> Difference:
    """How a photo that was read from ``path`` differs from what ImageMagick sees there."""
    notes = " ".join(photo.meta.notes)
    managed = "CMYK converted" in notes or "Lab converted" in notes
    other, said = seen(path, photo.meta.format, managed=managed)
    if other is None:
        return Difference("unread", said=said[:200])
    ours = to_8_bit(photo.pixels).astype(int)
    if ours.shape[:2] != other.shape[:2]:
        sizes = f"{ours.shape[1::-1]} and {other.shape[1::-1]}"
        return Difference("size", said=f"{sizes}; {said}"[:200])
    alpha = (
        np.full(ours.shape[:2], 255) if photo.alpha is None else to_8_bit(photo.alpha).astype(int)
    )
    visible = (alpha > _SEEN_ALPHA) & (other[..., 3] > _SEEN_ALPHA)
    apart = np.abs(ours - other[..., :3]).max(-1) * visible
    most, mean = int(apart.max()), float(apart.mean())
    if most > MOST_CODES:
        return Difference("pixels", most, mean, said[:200], _luma_apart(ours, other))
    most_alpha = int(np.abs(alpha - other[..., 3]).max())
    return (
        Difference("alpha", most_alpha, mean, said[:200])
        if most_alpha > 1
        else Difference("same", most, mean)
    )

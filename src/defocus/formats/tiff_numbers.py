"""TIFF samples that are no codes of 8 or 16 bits: floating point, signed, 32 and 64 bits.

Cameras for science, renderers and HDR programs write them. What they hold is either light, white
at 1, or counts: whole numbers as a sensor gave them, which are the codes of 8 or 16 bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from defocus.errors import PhotoError
from defocus.transfer import SRGB

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TOP = 65535
# What rounding adds to white and takes from black.
_ROUNDING = 1e-3
# With more than this share beyond white or below black, the numbers mean something else.
_MOST_CLIPPED = 0.5


def from_integers(values: NDArray[Any], bits: int, notes: list[str]) -> NDArray[Any]:
    """Signed integers, or such of more than 16 bits, as codes.

    Those of more than 16 bits are the codes that they are. With a sign, 8 and 16 bits have their
    white at the most that they hold, 127 and 32,767, as scikit-image and others take it: they do
    not get beyond half of the range without.

    Args:
        values: as stored.
        bits: of a sample.
        notes: to add to.

    Returns:
        uint8 for 8 bits, else uint16.

    Raises:
        PhotoError: some are negative, or beyond 16 bits.
    """
    low, high = int(values.min()), int(values.max())
    if low < 0 or high > _TOP:
        told, top = (8, 255) if bits == 8 else (16, _TOP)
        raise PhotoError(
            f"the TIFF's {bits}-bit numbers range from {low:,} to {high:,}, not 0 to "
            f"{top:,}: scale them and save it as {told} bits"
        )
    if bits > 16:
        notes.append(f"its {bits}-bit numbers fit into 16 bits and are taken for such")
    if bits > 16 or values.dtype.kind == "u":
        return values.astype(np.uint16)
    most, kind = (127, np.uint8) if bits == 8 else (32767, np.uint16)
    full = int(np.iinfo(kind).max)
    notes.append(f"its numbers have a sign: {most:,}, the most of their kind, is taken for white")
    table = (np.arange(most + 1, dtype=np.uint32) * full + most // 2) // most
    codes: NDArray[Any] = table.astype(kind)[values]
    return codes


def from_float(values: NDArray[Any], icc: bytes | None, notes: list[str]) -> NDArray[np.uint16]:
    """Floating point to 16 bits; without a profile it is taken for linear light, white at 1.

    Args:
        values: H×W (transparency, which is no light) or H×W×C.
        icc: the file's profile.
        notes: to add to.

    Raises:
        PhotoError: no number at all, or numbers of which nobody can tell what white is.
    """
    known = np.isfinite(values)
    if not known.any():
        raise PhotoError("the TIFF holds no number, only NaN and infinity: save it again")
    if not known.all():
        notes.append("NaN and infinite values become black and white")
        white = max(1.0, float(values[known].max()))
        values = np.nan_to_num(values, nan=0.0, posinf=white, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if 2 <= high <= _TOP and low >= 0 and _are_whole(values):
        white = 255 if high <= 255 else _TOP
        notes.append(f"its floating-point counts are taken for codes up to {white:,}")
        return np.asarray(np.rint(values * np.float32(_TOP / white)), np.uint16)
    if low < -_ROUNDING or high > 1 + _ROUNDING:
        _check_light(values, low, high)
        notes.append(f"light beyond white and below black ({low:.3g} to {high:.3g}) is clipped")
    encoded = np.clip(values, 0, 1).astype(np.float32)
    if values.ndim > 2 and icc is None:
        encoded = SRGB.encode(encoded)
        notes.append("floating point without a profile taken for linear light, now 16-bit sRGB")
    elif values.ndim > 2:
        notes.append("floating point reduced to 16 bits")
    return np.asarray(np.rint(encoded * np.float32(_TOP)), np.uint16)


def _are_whole(values: NDArray[Any]) -> bool:
    return bool((values == np.rint(values)).all())


def _check_light(values: NDArray[Any], low: float, high: float) -> None:
    clipped = np.mean((values < -_ROUNDING) | (values > 1 + _ROUNDING))
    if clipped > _MOST_CLIPPED:
        raise PhotoError(
            f"the floating-point TIFF ranges from {low:.3g} to {high:.3g}, and most of it is not "
            "from 0 to 1: scale it, or save it as 16 bits"
        )

"""Colour profiles: from ICC to the transfer curve, and to sRGB where a profile must go.

Blur needs only the curve (blending light is linear, whatever the primaries), so RGB and grey
profiles stay with the photo. CMYK and Lab have no place in ``Photo`` and are converted.
Layout of profiles: ICC.1:2022 (v4.4), sections 7 and 10.
"""

from __future__ import annotations

import io
import struct
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from defocus.errors import PhotoError
from defocus.primaries import PRIMARIES
from defocus.transfer import HDR, SRGB, Transfer, gamma

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    _Curve = NDArray[np.float64]

MAX_ICC_BYTES = 16 << 20
_SAMPLES = 4096
_SPACES = {b"RGB ": "RGB", b"GRAY": "grey", b"CMYK": "CMYK", b"Lab ": "Lab"}
# Curves of parametricCurveType (10.18): number of parameters by function type.
_PARAMETERS = (1, 3, 4, 5, 7)


def space(icc: bytes) -> str | None:
    """``RGB``, ``grey``, ``CMYK`` or ``Lab``; None for anything else."""
    return _SPACES.get(icc[16:20])


def fitting(icc: bytes | None, *, grey: bool) -> bytes | None:
    """The profile for a picture as it is stored, None if it has none of that kind.

    Args:
        icc: the photo's profile, or None.
        grey: the picture is stored in one channel.
    """
    return icc if icc is not None and (space(icc) == "grey") == grey else None


def fault(icc: bytes, *, grey: bool) -> str | None:
    """Why a profile cannot stay with an RGB or grey photo, for people; None if it can."""
    from PIL import ImageCms

    if len(icc) > MAX_ICC_BYTES:
        return f"{len(icc) >> 20} MB is too large for one"
    found = space(icc)
    if found not in ("RGB", "grey") or (found == "grey") != grey:
        return f"a profile for {found or 'something else'} does not fit this picture"
    try:
        ImageCms.ImageCmsProfile(io.BytesIO(icc))
    except (OSError, ValueError, TypeError):
        return "it is damaged"
    return None


def code_points(icc: bytes) -> tuple[int, int] | None:
    """(primaries, transfer) of H.273 if the profile's `cicp` tag (ICC.1:2022, 10.3) means HDR."""
    try:
        data = _tags(icc).get(b"cicp", b"")
    except (struct.error, ValueError):
        return None
    points = (data[8], data[9]) if len(data) >= 12 else (0, 0)
    return points if points[0] in PRIMARIES and points[1] in HDR else None


@lru_cache(maxsize=16)
def transfer(icc: bytes | None) -> Transfer:
    """The transfer curve of a profile: sRGB's if there is none or if it has only tables (LUTs).

    A profile that names PQ or HLG by code points means those.

    The curve of the green channel stands for all three: they are equal in every common profile.
    """
    if icc is None:
        return SRGB
    points = code_points(icc)
    if points is not None:
        return HDR[points[1]]
    try:
        tags = _tags(icc)
        data = tags.get(b"gTRC") or tags.get(b"kTRC")
        samples = None if data is None else _curve(data)
    except (struct.error, ValueError):
        samples = None
    if samples is None:
        return SRGB
    return _named(samples)


def _named(samples: NDArray[np.float64]) -> Transfer:
    """Recognise the usual curves, so that their exact formula is used."""
    codes = np.linspace(0, 1, len(samples))
    if np.abs(samples - SRGB.decode_table(len(samples))).max() < 2e-4:
        return SRGB
    for exponent in (1.0, 1.8, 2.0, 2.19921875, 2.4):
        if np.abs(samples - codes**exponent).max() < 2e-4:
            return gamma(exponent)
    return Transfer("ICC", samples.astype(np.float32))


def to_rec709(icc: bytes | None, cicp: tuple[int, int] | None = None) -> NDArray[np.float64] | None:
    """3×3: linear RGB of a profile, or of code points, to that of Rec. 709 (sRGB).

    None if it is that already, or if the profile has no primaries (grey, tables).
    """
    from defocus.primaries import PRIMARIES, rgb_to_xyz

    rec709 = rgb_to_xyz(PRIMARIES[1])
    assert rec709 is not None
    if cicp is not None:
        own = rgb_to_xyz(PRIMARIES[cicp[0]])
        if own is None or cicp[0] == 1:
            return None
        return np.asarray(np.linalg.solve(rec709, own), np.float64)
    try:
        tags = _tags(icc) if icc is not None else {}
        columns = [struct.unpack(">3i", tags[name][8:20]) for name in (b"rXYZ", b"gXYZ", b"bXYZ")]
    except (KeyError, ValueError, struct.error):
        return None
    matrix = np.asarray(np.linalg.solve(_SRGB_D50, np.array(columns).T / 65536), np.float64)
    # Profiles of sRGB differ by some units of the last of 16 bits.
    return None if np.abs(matrix - np.eye(3)).max() < 2e-3 else matrix


# The columns of sRGB's own profile (ICC): red, green, blue in XYZ, seen under D50.
_SRGB_D50 = np.array(
    [[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]]
)


def _tags(icc: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">L", icc, 128)
    if count > 1000:
        raise ValueError("too many tags")
    tags = {}
    for at in range(132, 132 + 12 * count, 12):
        name, start, size = struct.unpack_from(">4sLL", icc, at)
        tags[name] = icc[start : start + size]
    return tags


def _curve(data: bytes) -> _Curve | None:
    """Light at 4096 evenly spaced code values, from 0 to 1; None if the curve is not usable."""
    codes = np.linspace(0, 1, _SAMPLES)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # checked below
        if data[:4] == b"curv":
            light = _table_curve(data, codes)
        elif data[:4] == b"para":
            light = _parametric_curve(data, codes)
        else:
            return None
    if np.isnan(light).any():
        return None
    light = np.maximum.accumulate(np.clip(light, 0, 1))
    # A curve without rise cannot be inverted.
    if light[-1] - light[0] < 0.5:
        return None
    normalised: _Curve = (light - light[0]) / (light[-1] - light[0])
    return normalised


def _table_curve(data: bytes, codes: _Curve) -> _Curve:
    (count,) = struct.unpack_from(">L", data, 8)
    if count == 0:
        return codes
    if count == 1:
        (fixed,) = struct.unpack_from(">H", data, 12)
        return _power(codes, fixed / 256)
    table = np.frombuffer(data, ">u2", count=count, offset=12) / 65535
    light: _Curve = np.interp(codes, np.linspace(0, 1, count), table)
    return light


def _power(codes: _Curve, exponent: float) -> _Curve:
    light: _Curve = codes**exponent
    return light


def _parametric_curve(data: bytes, codes: _Curve) -> _Curve:
    (kind,) = struct.unpack_from(">H", data, 8)
    if kind >= len(_PARAMETERS):
        raise ValueError("an unknown kind of curve")
    count = _PARAMETERS[kind]
    values = [v / 65536 for v in struct.unpack_from(f">{count}l", data, 12)]
    g, a, b, c, d, e, f = values + [0.0] * (7 - count)
    if kind == 0:  # Y = X^g
        return _power(codes, g)
    power = np.maximum(a * codes + b, 0) ** g
    light: _Curve
    if kind in (1, 2):  # Y = (aX + b)^g + c for X ≥ −b/a, else c
        light = np.where(a * codes + b >= 0, power + c, c)
    else:  # Y = (aX + b)^g + e for X ≥ d, else cX + f
        light = np.where(codes >= d, power + e, c * codes + f)
    return light


def to_srgb(image: Image, icc: bytes | None) -> tuple[Image, str]:
    """A CMYK or Lab image as 8-bit sRGB, and a note for people about what was done.

    With a profile: perceptual intent. Without one: Pillow's plain formula.

    Raises:
        PhotoError: the conversion fails.
    """
    from PIL import ImageCms

    mode = "Lab" if image.mode == "LAB" else image.mode
    srgb = ImageCms.createProfile("sRGB")
    try:
        if image.mode == "LAB":
            source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        elif icc and len(icc) <= MAX_ICC_BYTES and space(icc) == mode:
            source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        else:
            note = f"{mode} without a profile converted to sRGB with a plain formula"
            return image.convert("RGB"), note
        converted = ImageCms.profileToProfile(
            image, source, srgb, renderingIntent=ImageCms.Intent.PERCEPTUAL, outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        if image.mode == "LAB":
            raise PhotoError("its Lab colours cannot be converted: save it as RGB") from None
        note = f"the {mode} profile is damaged; converted to sRGB with a plain formula"
        return image.convert("RGB"), note
    if converted is None:
        raise PhotoError(f"its {mode} colours cannot be converted: save it as RGB")
    return converted, f"{mode} converted to sRGB with its profile"

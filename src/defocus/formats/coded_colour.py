"""Colour spaces that a file gives by numbers instead of a profile, turned into an ICC profile.

PNG has cICP, cHRM and gAMA chunks, HEIF and AVIF an ``nclx`` box; both use the code points of
ITU-T H.273. A profile survives in every format that we write, those numbers would not.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from defocus.formats import isobmff
from defocus.primaries import D65, PRIMARIES, rgb_to_xyz, xyz
from defocus.transfer import HDR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.primaries import Primaries

    _Matrix = NDArray[np.float64]

_BT2020 = 9
# H.273 table 3: exponents, or None for the sRGB curve; BT.709's camera curve is shown as sRGB.
_EXPONENTS: dict[int, float | None] = {
    1: None, 4: 2.2, 5: 2.8, 6: None, 8: 1.0, 13: None, 14: None, 15: None,
}  # fmt: skip
# Bradford's matrix: adaptation from one white to another.
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_D50_XYZ = np.array([0.9642, 1.0, 0.8249])
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


@dataclass(frozen=True, slots=True)
class Coded:
    """What code points mean: a profile, or an HDR curve that no profile is for; neither is sRGB.

    Attributes:
        icc: a profile.
        cicp: (primaries, transfer) of a picture with an HDR curve, see ``Metadata.cicp``.
    """

    icc: bytes | None = None
    cicp: tuple[int, int] | None = None


def from_h273(primaries: int, transfer: int) -> Coded:
    """What code points mean."""
    if transfer in HDR:
        return Coded(cicp=(primaries if primaries in PRIMARIES else _BT2020, transfer))
    known = primaries in PRIMARIES and transfer in _EXPONENTS
    if not known or (primaries == 1 and _EXPONENTS[transfer] is None):
        return Coded()
    return Coded(matrix_profile(PRIMARIES[primaries], D65, _EXPONENTS[transfer]))


def from_nclx(data: bytes) -> Coded:
    """What the colour properties of a HEIF or AVIF file mean."""
    points = isobmff.code_points(data)
    return Coded() if points is None else from_h273(*points)


def from_png(gamma: float, chromaticities: tuple[float, ...] | None, *, grey: bool) -> bytes | None:
    """A profile for the gAMA and cHRM chunks of a PNG; None if they mean sRGB or nothing.

    Args:
        gamma: encoding exponent, such as 1/2.2.
        chromaticities: x and y of white, red, green and blue, or None for those of sRGB.
        grey: the picture has no colour.
    """
    if not 0.1 < gamma < 10:
        return None
    exponent = None if abs(gamma - 1 / 2.2) < 0.005 else 1 / gamma
    if grey:
        return None if exponent is None else grey_profile(exponent)
    white, primaries = D65, PRIMARIES[1]
    if chromaticities is not None and chromaticities[1] > 0:
        pairs = list(zip(chromaticities[::2], chromaticities[1::2], strict=True))
        white, primaries = pairs[0], (pairs[1], pairs[2], pairs[3])
    is_srgb = np.allclose(np.array([white, *primaries]), np.array([D65, *PRIMARIES[1]]), atol=0.002)
    if exponent is None and is_srgb:
        return None
    return matrix_profile(primaries, white, exponent)


def matrix_profile(
    primaries: Primaries, white: tuple[float, float], exponent: float | None
) -> bytes | None:
    """An RGB display profile (ICC v2.4), or None if the primaries span no space.

    Args:
        primaries: chromaticities (x, y) of red, green, blue.
        white: chromaticity of the white point.
        exponent: of the transfer curve, or None for sRGB's.
    """
    to_white = rgb_to_xyz(primaries, white)
    if to_white is None:
        return None
    to_xyz = _adaptation(xyz(*white)) @ to_white
    tags = {name: _xyz_tag(to_xyz[:, k]) for k, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))}
    curve = _curve_tag(exponent)
    return _profile(b"RGB ", tags | {b"rTRC": curve, b"gTRC": curve, b"bTRC": curve})


def grey_profile(exponent: float) -> bytes:
    """A grey display profile with a power curve."""
    return _profile(b"GRAY", {b"kTRC": _curve_tag(exponent)})


def _adaptation(white: _Matrix) -> _Matrix:
    gain = (_BRADFORD @ _D50_XYZ) / (_BRADFORD @ white)
    adapted: _Matrix = np.linalg.inv(_BRADFORD) @ np.diag(gain) @ _BRADFORD
    return adapted


def _fixed(value: float) -> int:
    """s15Fixed16, saturated."""
    return max(-(1 << 31), min((1 << 31) - 1, round(value * 65536)))


def _xyz_tag(values: _Matrix) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3l", *(_fixed(float(v)) for v in values))


def _curve_tag(exponent: float | None) -> bytes:
    kind, values = (3, _SRGB_CURVE) if exponent is None else (0, (exponent,))
    packed = struct.pack(f">{len(values)}l", *(_fixed(v) for v in values))
    return b"para" + bytes(4) + struct.pack(">HH", kind, 0) + packed


def _profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Header, tag table and tags (ICC.1:2001-04, sections 6.1 and 6.2)."""
    name = b"from code points\0"
    described = b"desc" + bytes(4) + struct.pack(">L", len(name)) + name + bytes(78)
    rights = b"text" + bytes(4) + b"public domain\0"
    tags = {b"desc": described, b"cprt": rights, b"wtpt": _xyz_tag(_D50_XYZ), **tags}
    table, body = struct.pack(">L", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += struct.pack(">4sLL", name, start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    header = struct.pack(">L4sL", start + len(body), bytes(4), 0x02400000)
    header += b"mntr" + space + b"XYZ " + struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp"
    header = header.ljust(68, b"\0") + struct.pack(">3l", *(_fixed(float(v)) for v in _D50_XYZ))
    return header.ljust(128, b"\0") + table + body

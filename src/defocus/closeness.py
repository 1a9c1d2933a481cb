"""How much of a portrait's blur the distance leaves from which a photo was taken.

An aperture of diameter A (for an 85 mm lens at f/N: 85 mm / N) throws what lies at distance z out
of a plane at z_f by an angle A · |1/z − 1/z_f|: the thin lens of :mod:`defocus.optics`, seen from
the object's side. A photo that draws a thing at z_f m times as large on a full frame as it is
(m = f/z_f) turns that into a disc of

    c = A · m · |z_f/z − 1|

on the frame. Focal length and distance come in through m alone, so the size of a face tells the
blur, whatever lens took the photo. Of the portrait that :data:`RADIUS_PER_DIAGONAL` stands for (at
two metres, the farthest at infinity) m is 0.044. In another photo a disparity normalised to 0..1
runs from the farthest, taken for infinity, to the nearest, and with d_f that of the plane

    closeness = (m / 0.044) / d_f

makes the farthest as blurred as such a lens makes it. It is the same for each plane of a scene, and
capped at 1: the scene's farthest may be a wall near by.

Where no face and no body tells, the ground or the sky may. The disparity of a level ground is
y/(h·f), h the height of the eyes above it and y the way down from the horizon on the frame (Hoiem
et al. 2006, "Putting objects in perspective"): if it falls by a unit over a share s of the long
side, m is 36 mm · s/h where it is 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from defocus._maps import fit, reduced, resized
from defocus.constants import FULL_FRAME_WIDTH_MM, RADIUS_PER_DIAGONAL
from defocus.subject.things import components, ground_line

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus._maps import Floats
    from defocus.faces import Face
    from defocus.subject import Subject

_WORK_PX, _GROUND_PX = 384, 224
_LENS_MM = 85.0
_FRAME_DIAGONAL_MM = 43.27
# c/2 = A · m/2 of a frame's diagonal is RADIUS_PER_DIAGONAL.
PORTRAIT_MAGNIFICATION = 2 * RADIUS_PER_DIAGONAL * _FRAME_DIAGONAL_MM / _LENS_MM

# Side of a face's box: 2.45 times the distance of the eyes of a frontal face (measured: 2.4 to
# 2.6), which is 63 mm of adults (Dodgson 2004, "Variation and extrema of human interpupillary
# distance").
_FACE_M = 0.155
_STANDING_M, _SHOULDERS_M = 1.65, 0.48
# How steeply the disparity of a ground falls, 1/s: what looks down on a table at most, what looks
# along a street at least. With h = 1.5 m, who stands, a street's m is 0.011 and less.
_GROUND_FALL = (1.4, 2.2)
_SKY = (0.02, 0.05)  # share of the picture: by chance, and surely outdoors
_OUTDOORS = 0.3  # as of a ground that falls by 1.8; of steeper ones the blur would not be seen
_NOWHERE = 0.35  # no subject and no ground: a view, or a wall
# Of the sky in L*a*b*: no darker, no yellower and no rougher than this, white or blue.
_SKY_LIGHT, _SKY_WHITE, _SKY_BLUE, _SKY_YELLOW, _SKY_ROUGH = 45, 80, -8, 4, 12
_SKY_FAR = 0.1  # normalised disparity at most
# A faraway wall is no horizon: at most this much is made up for a plane that is far back.
_LEAST_PLANE = 0.5
_SEVERAL = (1.5, 2.5)  # width over height: an animal that lies, a row of people or animals
_CUT_OFF = 0.985  # of the height: who reaches down there is not whole in the picture


def closeness_of(
    values: NDArray[np.float32],
    subject: Subject | None,
    pixels: NDArray[np.uint8] | NDArray[np.uint16],
) -> float:
    """Factor on the blur of a portrait, 0..1, for a normalised disparity.

    Args:
        values: h×w disparity, normalised to 0..1, any size.
        subject: of the scene, or None.
        pixels: H×W×3 of the photo, sRGB-like encoded.
    """
    size_wh = fit((values.shape[1], values.shape[0]), _WORK_PX)
    small = resized(values, size_wh)
    if subject is None or subject.told_by in ("thing", "scene"):
        near = 1.0 if subject is not None and subject.leads else _NOWHERE
        return near + (_OUTDOORS - near) * _outdoors(small, pixels)
    if subject.faces:
        return _capped(float(np.median([_of_face(small, face) for face in subject.faces])))
    return _of_body(small, resized(subject.weight, size_wh) > 0.5, _under_sky(small, pixels))


def _of_face(values: Floats, face: Face) -> float:
    height, width = values.shape
    x, y = face.centre
    across, along = face.size[0] * width / 4, face.size[1] * height / 4
    rows = slice(max(0, int(y * height - along)), max(1, int(np.ceil(y * height + along))))
    columns = slice(max(0, int(x * width - across)), max(1, int(np.ceil(x * width + across))))
    drawn_mm = _frame_mm(face.size[1] * height, values)
    return _ratio(drawn_mm / 1000 / _FACE_M, float(np.median(values[rows, columns])))


def _of_body(values: Floats, body: NDArray[np.bool_], under_sky: float) -> float:
    """Without a face: a whole person by the height, somebody cut off by the shoulders.

    Who is wider than a person stands is near, a cat on a sofa, or several, elephants in a row.
    """
    rows = np.flatnonzero(body.any(axis=1))
    if not len(rows):
        return 1.0
    wide_px = float(np.percentile(body[rows].sum(axis=1), 85))
    magnification = _frame_mm(wide_px, values) / 1000 / _SHOULDERS_M
    if rows[-1] + 1 < _CUT_OFF * len(body):
        tall_px = float(rows[-1] - rows[0] + 1)
        standing = _frame_mm(tall_px, values) / 1000 / _STANDING_M
        far = max(under_sky, _rise(wide_px / tall_px, *_SEVERAL))
        magnification = standing + (1 - far) * max(0.0, magnification - standing)
    return _capped(_ratio(magnification, float(np.median(values[body]))))


def _outdoors(values: Floats, pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> float:
    """0 (a thing on a table, a room) to 1: a street, or what stands under the sky."""
    size_wh = fit((values.shape[1], values.shape[0]), _GROUND_PX)
    _, fall = ground_line(resized(values, size_wh))
    return max(_rise(fall, *_GROUND_FALL), _under_sky(values, pixels))


def _under_sky(values: Floats, pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> float:
    return _rise(_sky_share(values, pixels), *_SKY)


def _rise(value: float, none: float, full: float) -> float:
    return float(np.clip((value - none) / (full - none), 0, 1))


def _sky_share(values: Floats, pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> float:
    """Of the picture: what is farthest, smooth, blue or bright, and goes up to its upper border.

    A bright wall may be taken for it; there is nothing on it that could be blurred.
    """
    import cv2

    size_wh = fit((values.shape[1], values.shape[0]), _GROUND_PX)
    values = resized(values, size_wh)
    lab = cv2.cvtColor(reduced(pixels, size_wh), cv2.COLOR_RGB2LAB)
    light, blue = lab[..., 0], lab[..., 2]
    rough = cv2.blur(np.abs(cv2.Laplacian(light, cv2.CV_32F)), (5, 5))
    like = (values < _SKY_FAR) & (light > _SKY_LIGHT) & (blue < _SKY_YELLOW) & (rough < _SKY_ROUGH)
    like &= (light > _SKY_WHITE) | (blue < _SKY_BLUE)
    _, labels = components(like)
    upper = np.unique(labels[: max(1, len(labels) // 40)])
    return float(np.isin(labels, upper[upper > 0]).mean())


def _frame_mm(length_px: float, values: Floats) -> float:
    """On a full frame whose long side is the picture's."""
    return float(length_px * FULL_FRAME_WIDTH_MM / max(values.shape))


def _ratio(magnification: float, plane: float) -> float:
    return magnification / PORTRAIT_MAGNIFICATION / max(plane, _LEAST_PLANE)


def _capped(ratio: float) -> float:
    return float(min(1.0, ratio))

"""Apple's auxiliary pictures: what their types and XMP properties mean.

The same properties come with HEIC items and with the extra frames of a portrait-mode JPEG:
disparity in 1/m = FloatMinValue + v · (FloatMaxValue − FloatMinValue), v in 0..1.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from defocus.disparity import Disparity
from defocus.formats import xmp

if TYPE_CHECKING:
    from xml.dom.minidom import Document

    from numpy.typing import NDArray

PIXEL_DATA_INFO = "http://ns.apple.com/pixeldatainfo/1.0/"
DEPTH_DATA = "http://ns.apple.com/depthData/1.0/"
HDR_GAIN_MAP = "http://ns.adobe.com/hdr-gain-map/1.0/"
DEPTH_BLUR = "http://ns.apple.com/depthBlurEffect/1.0/"
SOURCE = "embedded (Apple)"
GAIN_MAP = "HDR gain map"
_MATTES = {
    "portraiteffectsmatte": "portrait",
    "semantichairmatte": "hair",
    "semanticskinmatte": "skin",
    "semanticteethmatte": "teeth",
    "semanticglassesmatte": "glasses",
    "semanticskymatte": "sky",
}
_FARTHEST_M = 10_000.0
# Beyond it numbers of 32 bits overflow; no camera means that.
_LARGEST = 1e9


def kind_of(urn: str) -> str:
    """``disparity``, ``depth``, a matte's name, ``gain map`` or ``unknown``."""
    last = urn.lower().rsplit(":", 1)[-1].replace("_", "")
    if last in _MATTES:
        return _MATTES[last]
    if "gainmap" in last:
        return "gain map"
    return last if last in ("disparity", "depth") else "unknown"


def is_matte(kind: str) -> bool:
    """Is this the name of a matte?"""
    return kind in _MATTES.values()


def simulated_f_number(document: Document) -> float | None:
    """The f-number chosen on the phone."""
    value = xmp.number(xmp.simple(document, DEPTH_BLUR).get("SimulatedAperture"))
    return value if value is not None and 0 < value < math.inf else None


def disparity_from(
    stored: NDArray[np.float32],
    low: float | None,
    high: float | None,
    *,
    is_depth: bool = False,
    absolute: bool = False,
) -> Disparity:
    """From stored values 0..1, H×W float32.

    Args:
        stored: as decoded.
        low: value at 0 (1/m, or m for depth), or None if the file does not say.
        high: value at 1.
        is_depth: the values are depth in metres, not disparity.
        absolute: the file says that its accuracy is absolute; else the map is relative.
    """
    if low is None or high is None or not -_LARGEST < low < high < _LARGEST:
        return Disparity(1 - stored if is_depth else stored, "relative", SOURCE)
    values = np.float32(low) + stored * np.float32(high - low)
    if is_depth:
        values = 1 / np.clip(values, 1 / np.float32(_FARTHEST_M), np.float32(_FARTHEST_M))
    return Disparity(values.astype(np.float32), "metric" if absolute else "relative", SOURCE)


def from_xmp(stored: NDArray[np.float32], document: Document, *, is_depth: bool) -> Disparity:
    """As :func:`disparity_from`, with the properties of an auxiliary picture's own XMP."""
    info = xmp.simple(document, PIXEL_DATA_INFO)
    accuracy = xmp.simple(document, DEPTH_DATA).get("Accuracy", "")
    return disparity_from(
        stored,
        xmp.number(info.get("FloatMinValue")),
        xmp.number(info.get("FloatMaxValue")),
        is_depth=is_depth,
        absolute=accuracy.strip().lower() == "absolute",
    )


def type_from_xmp(document: Document) -> str:
    """The kind (see :func:`kind_of`) of an auxiliary picture by its own XMP.

    Mattes call themselves ``depth`` with a sub-type, so that counts first.
    """
    if xmp.simple(document, HDR_GAIN_MAP):
        return "gain map"
    info = xmp.simple(document, PIXEL_DATA_INFO)
    name = info.get("AuxiliaryImageSubType") or info.get("AuxiliaryImageType", "")
    return kind_of(name.strip())

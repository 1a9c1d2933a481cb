"""Google's depth map metadata: GDepth, GFocus and GImage, read and written.

https://developers.google.com/depthmap-metadata (archived). A depth z is stored as v in 0..1:

* RangeLinear:  z = near + v · (far − near)
* RangeInverse: 1/z = 1/near − v · (1/near − 1/far), so disparity is linear in v and v = 0 is near
"""

from __future__ import annotations

import base64
import binascii
import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from defocus.disparity import Disparity
from defocus.errors import PhotoError
from defocus.formats import xmp
from defocus.formats.pixels import decoding

if TYPE_CHECKING:
    from collections.abc import Mapping
    from xml.dom.minidom import Document

    from numpy.typing import NDArray

    from defocus.formats.budget import Budget
    from defocus.formats.refocus import Refocus

# A relative disparity has no unit; it is written as if the scene ran from 1 to 100.
_RELATIVE_NEAR, _RELATIVE_FAR = 1.0, 100.0
_FARTHEST_M = 10_000.0
_LEAST = 1e-9
_METRES = {"m": 1.0, "meter": 1.0, "meters": 1.0, "mm": 1e-3, "cm": 1e-2}
_MAX_SIDE_WRITTEN = 2048
# As decoded and as float32, a pixel.
MAP_BYTES = 8


@dataclass(frozen=True, slots=True)
class Range:
    """How stored values mean depth.

    Attributes:
        inverse: RangeInverse, else RangeLinear.
        near: depth at v = 0, positive.
        far: depth at v = 1, more than ``near``; may be infinite.
        metric: near and far are in metres.
    """

    inverse: bool
    near: float
    far: float
    metric: bool

    def disparity(self, values: NDArray[np.float32], source: str) -> Disparity:
        """From stored values 0..1, H×W float32."""
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # Disparity checks it
            if self.inverse:
                high, low = 1 / self.near, 1 / self.far
                inverse_depth = high - values * (high - low)
            else:
                inverse_depth = 1 / (self.near + values * (self.far - self.near))
        return Disparity(
            inverse_depth.astype(np.float32), "metric" if self.metric else "relative", source
        )


def parse_range(properties: Mapping[str, str]) -> Range:
    """The range that ``Format``, ``Near``, ``Far`` and ``Units`` describe.

    Files without a usable Near or Far are read as relative.

    Raises:
        PhotoError: an unknown format.
    """
    style = properties.get("Format", "RangeInverse")
    if style not in ("RangeInverse", "RangeLinear"):
        raise PhotoError(f"depth in the unknown format {style[:40]!r}")
    near, far = xmp.number(properties.get("Near")), xmp.number(properties.get("Far"))
    unit = _METRES.get(properties.get("Units", "").strip().lower())
    inverse = style == "RangeInverse"
    # A range in which numbers overflow or vanish means no more than none.
    usable = near is not None and far is not None and _LEAST < near < far
    if not usable or near is None or far is None or (math.isinf(far) and not inverse):
        return Range(inverse, _RELATIVE_NEAR, _RELATIVE_FAR, metric=False)
    scale = unit or 1.0
    return Range(inverse, near * scale, far * scale, metric=unit is not None)


def decode_map(encoded: bytes, budget: Budget) -> NDArray[np.float32]:
    """A grey JPEG or PNG (8 or 16 bits) as H×W float32 in 0..1.

    Raises:
        PhotoError: damaged, over the budget, or neither JPEG nor PNG.
    """
    from PIL.JpegImagePlugin import JpegImageFile
    from PIL.PngImagePlugin import PngImageFile

    kinds = {b"\x89PNG": PngImageFile, b"\xff\xd8\xff": JpegImageFile}
    opener = next((kinds[magic] for magic in kinds if encoded.startswith(magic)), None)
    if opener is None:
        raise PhotoError("the embedded depth map is neither JPEG nor PNG")
    with decoding("the embedded depth map"):
        image = opener(io.BytesIO(encoded))
        budget.take(MAP_BYTES * math.prod(image.size), "the embedded map")
        image.load()
        if image.mode.startswith("I"):
            return (np.asarray(image) / np.float32(65535)).astype(np.float32)
        return (np.asarray(image.convert("L")) / np.float32(255)).astype(np.float32)


def decode_base64(text: str, budget: Budget) -> bytes:
    """Base64 with or without white space and padding.

    Raises:
        PhotoError: it is not base64, or over the budget.
    """
    budget.take(len(text), "embedded data")
    packed = "".join(text.split())
    try:
        return base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise PhotoError("the embedded data is damaged") from None


@dataclass(frozen=True, eq=False, slots=True)
class GoogleDepth:
    """What GDepth, GFocus and GImage said."""

    disparity: Disparity
    focus_disparity: float | None
    original: bytes | None


def read(document: Document, budget: Budget) -> GoogleDepth | None:
    """The GDepth map of a merged XMP document, or None if it holds none.

    Raises:
        PhotoError: there is one, but it is damaged.
    """
    depth = xmp.simple(document, xmp.GDEPTH)
    if "Data" not in depth:
        return None
    meaning = parse_range(depth)
    values = decode_map(decode_base64(depth["Data"], budget), budget)
    focal = xmp.number(xmp.simple(document, xmp.GFOCUS).get("FocalDistance"))
    image = xmp.simple(document, xmp.GIMAGE)
    original = None
    if "Data" in image and image.get("Mime", "image/jpeg") == "image/jpeg":
        original = decode_base64(image["Data"], budget)
    return GoogleDepth(
        meaning.disparity(values, "embedded (GDepth)"),
        1 / focal if focal is not None and focal > 0 else None,
        original,
    )


def embed(document: Document, refocus: Refocus, original_jpeg: bytes | None) -> None:
    """Write GDepth, GFocus and GImage into an XMP document."""
    disparity = refocus.disparity
    width, height = disparity.size_wh
    shrink = _MAX_SIDE_WRITTEN / max(width, height)
    if shrink < 1:
        small = max(1, round(width * shrink)), max(1, round(height * shrink))
        disparity = disparity.resized(small)
    values = disparity.values.astype(np.float64)
    focus = refocus.focus_disparity
    units: dict[str, str] = {}
    if disparity.kind == "metric":
        values = np.maximum(values, 1 / _FARTHEST_M)
        units = {"Units": "m"}
    else:
        low, high = float(values.min()), float(values.max())
        span = (high - low) or 1.0
        scale = (1 / _RELATIVE_NEAR - 1 / _RELATIVE_FAR) / span
        values = 1 / _RELATIVE_FAR + (values - low) * scale
        focus = None if focus is None else 1 / _RELATIVE_FAR + (focus - low) * scale
    nearest, farthest = float(values.max()), float(values.min())
    if nearest - farthest < 1e-6 * nearest:  # a flat map still needs near < far
        farthest = nearest * 0.5
    stored = np.rint((nearest - values) / (nearest - farthest) * 255).astype(np.uint8)
    depth = {
        "Format": "RangeInverse",
        "Near": f"{1 / nearest:.9g}",
        "Far": f"{1 / farthest:.9g}",
        **units,
        "Mime": "image/png",
        "Data": base64.b64encode(_png(stored)).decode(),
    }
    xmp.set_simple(document, xmp.GDEPTH, "GDepth", depth)
    state: dict[str, str] = {}
    if focus is not None and focus > 0:
        state["FocalDistance"] = f"{1 / focus:.9g}"
    if refocus.blur_at_infinity is not None:
        state["BlurAtInfinity"] = f"{refocus.blur_at_infinity:.9g}"
    if state:
        xmp.set_simple(document, xmp.GFOCUS, "GFocus", state)
    if original_jpeg is not None:
        image = {"Mime": "image/jpeg", "Data": base64.b64encode(original_jpeg).decode()}
        xmp.set_simple(document, xmp.GIMAGE, "GImage", image)


def _png(values: NDArray[np.uint8]) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "PNG")
    return buffer.getvalue()

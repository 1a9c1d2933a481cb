"""What the page needs to render a photo itself: small picture, disparity, subject, focal planes."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus.camera import camera_of
from defocus.disparity import Disparity
from defocus.edit import Focus
from defocus.focus import find_focus
from defocus.strokes import apply_strokes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.edit import Edit
    from defocus.focus import FocalPlane
    from defocus.photo import Photo
    from defocus.scene import Scene

PREVIEW_PX = 1600
THUMBNAIL_PX = 360
REGION_PX = 2400
_LEVELS = 65535
_BINS = 96


@dataclass(frozen=True, eq=False, slots=True)
class Picture:
    """A picture for the page.

    Attributes:
        photo: JPEG file, sRGB.
        disparity: h×w uint16, little-endian bytes; 0 and 65,535 stand for ``low`` and ``high``.
        subject: h×w uint8 bytes, weight of the subject, or None.
        size_wh: of all three.
        low: normalised disparity.
        high: normalised disparity.
        alpha: h×w uint8 bytes, opacity of the front samples, or None if all are opaque.
    """

    photo: bytes
    disparity: bytes
    subject: bytes | None
    size_wh: tuple[int, int]
    low: float
    high: float
    alpha: bytes | None = None

    def facts(self) -> dict[str, Any]:
        """JSON-able."""
        width, height = self.size_wh
        return {
            "width": width,
            "height": height,
            "low": self.low,
            "high": self.high,
            "hasSubject": self.subject is not None,
        }

    def packed(self) -> bytes:
        """All of it for one answer: a line of JSON, then the layers."""
        head = json.dumps({**self.facts(), "photoBytes": len(self.photo)}).encode() + b"\n"
        return b"".join((head, self.photo, self.disparity, self.subject or b"", self.alpha or b""))


@dataclass(frozen=True, slots=True)
class Region:
    """Part of the photo in its own pixels: a rectangle that lies inside it."""

    x: int
    y: int
    width: int
    height: int


def on_screen(photo: Photo) -> Photo:
    """The photo at preview size; itself if it is no larger."""
    import cv2

    size_wh = fit(photo.size_wh, PREVIEW_PX)
    if size_wh == photo.size_wh:
        return photo
    pixels = cv2.resize(photo.pixels, size_wh, interpolation=cv2.INTER_AREA)
    return replace(photo, pixels=pixels, alpha=None)


def picture_of(
    scene: Scene, region: Region | None = None, *, screen: bytes | None = None
) -> Picture:
    """The whole photo at preview size, or a region of it pixel for pixel.

    Args:
        scene: a prepared photo.
        region: inside the photo, at most :data:`REGION_PX` on a side.
        screen: the JPEG, if it was made before.
    """
    return _packed(_part_of(scene, scene.disparity.values, region), scene, screen=screen)


def soft_edges_of(scene: Scene, edit: Edit, region: Region | None = None) -> Picture | None:
    """The same picture as the renderer sees it where hair and edges are see-through.

    Args:
        scene: a prepared photo.
        edit: its focus, strokes and quality matter here.
        region: as in :func:`picture_of`; the matte is then sought in the region alone.

    Returns:
        The front samples with their ``alpha``, or None if nothing in focus has soft edges.
    """
    from defocus.matte import subject_matte

    small = small_disparity(scene, edit)
    plane = find_focus(small, edit.focus, small.subject)
    values = apply_strokes(scene.disparity.values, edit.strokes)
    part = _part_of(scene, values, region)
    portrait = scene.photo.embedded.mattes.get("portrait") if region is None else None
    matte = subject_matte(
        part.pixels,
        part.disparity.values,
        plane.disparity,
        subject=part.disparity.subject if plane.holds_subject else None,
        portrait_matte=portrait,
        quality=edit.quality,
    )
    if matte is None:
        return None
    front = _Part(matte.foreground, replace(part.disparity, values=matte.disparity))
    return _packed(front, scene, matte.alpha.tobytes())


@dataclass(frozen=True, eq=False, slots=True)
class _Part:
    """Pixels and disparity of one size."""

    pixels: NDArray[Any]
    disparity: Disparity


def _part_of(scene: Scene, values: NDArray[np.float32], region: Region | None) -> _Part:
    whole = Disparity(values, subject=scene.subject)
    if region is not None:
        pixels = scene.photo.pixels
        rows = slice(region.y, region.y + region.height)
        columns = slice(region.x, region.x + region.width)
        subject = None if scene.subject is None else scene.subject[rows, columns]
        return _Part(
            np.ascontiguousarray(pixels[rows, columns]),
            Disparity(np.ascontiguousarray(values[rows, columns]), subject=subject),
        )
    small = on_screen(scene.photo)
    return _Part(small.pixels, whole.resized(small.size_wh))


def _packed(
    part: _Part, scene: Scene, alpha: bytes | None = None, screen: bytes | None = None
) -> Picture:
    values, subject = part.disparity.values, part.disparity.subject
    low, high = float(values.min()), float(values.max())
    span = max(high - low, 1e-6)
    codes = np.round((values - low) * (_LEVELS / span)).astype("<u2")
    weight = None
    if subject is not None:
        weight = np.round(np.clip(subject, 0, 1) * 255).astype(np.uint8).tobytes()
    size_wh = part.disparity.size_wh
    if screen is None:
        screen = screen_jpeg(replace(scene.photo, pixels=part.pixels, alpha=None), size_wh)
    return Picture(screen, codes.tobytes(), weight, size_wh, low, low + span, alpha)


def screen_jpeg(photo: Photo, size_wh: tuple[int, int], quality: int = 93) -> bytes:
    """The photo as an sRGB JPEG of a size."""
    import cv2
    from PIL import Image, ImageCms

    pixels = np.ascontiguousarray(photo.pixels)
    if pixels.dtype == np.uint16:
        pixels = cv2.convertScaleAbs(pixels, alpha=1 / 257)
    shrinks = size_wh[0] < pixels.shape[1]
    if size_wh != (pixels.shape[1], pixels.shape[0]):
        how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        pixels = cv2.resize(pixels, size_wh, interpolation=how)
    image = Image.fromarray(pixels)
    if photo.meta.icc is not None and not photo.meta.grey:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(photo.meta.icc))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"))
            image = converted if converted is not None else image
        except ImageCms.PyCMSError:  # an odd profile: shown as sRGB, kept in the export
            pass
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, subsampling=0)
    return file.getvalue()


def facts_of(
    scene: Scene, edit: Edit, picture: Picture, size_wh: tuple[int, int]
) -> dict[str, Any]:
    """What the page must know of a scene to focus and to blur without asking again.

    Args:
        scene: a prepared photo, at its own size or at that of the preview.
        edit: its strokes matter here.
        picture: the scene's preview.
        size_wh: the photo's own size.
    """
    width, height = size_wh
    low, per_unit = scene.unit
    camera = camera_of(scene.photo.meta.exif)
    metric = scene.source.kind == "metric" and camera is not None
    source = scene.source.values
    return {
        "width": width,
        "height": height,
        "source": scene.source.source,
        "notes": list(scene.photo.meta.notes),
        "format": scene.photo.meta.format,
        "mattes": sorted(scene.photo.embedded.mattes),
        "simulatedFNumber": scene.photo.embedded.simulated_f_number,
        "picture": picture.facts(),
        "unit": {"low": low, "perUnit": per_unit},
        "sourceRange": [float(source.min()), float(source.max())],
        "focal35mm": camera.focal_35mm if metric and camera is not None else None,
        **focus_facts(scene, edit),
    }


def focus_facts(scene: Scene, edit: Edit) -> dict[str, Any]:
    """Focal planes that need the whole picture, and the histogram; they change with the strokes."""
    small = small_disparity(scene, edit)
    planes: dict[str, Any] = {
        mode: _plane(find_focus(small, Focus(mode), small.subject))
        for mode in ("auto", "near", "far")
    }
    counts, _ = np.histogram(np.clip(small.values, 0, 1), bins=_BINS, range=(0, 1))
    has_subject = planes["auto"]["holdsSubject"]
    return {
        "planes": planes,
        "subjectRange": planes["auto"]["range"] if has_subject else None,
        "histogram": (counts / max(1, int(counts.max()))).round(4).tolist(),
    }


def small_disparity(scene: Scene, edit: Edit) -> Disparity:
    """Disparity with the edit's strokes, and subject, at preview size: enough to find focus."""
    whole = Disparity(scene.disparity.values, subject=scene.subject)
    small = whole.resized(fit(whole.size_wh, PREVIEW_PX))
    return replace(small, values=apply_strokes(small.values, edit.strokes))


def _plane(plane: FocalPlane) -> dict[str, Any]:
    return {
        "disparity": plane.disparity,
        "range": plane.range,
        "holdsSubject": plane.holds_subject,
    }


def fit(size_wh: tuple[int, int], longest_px: int) -> tuple[int, int]:
    """The size with the same shape whose longer side is at most ``longest_px``."""
    scale = min(1.0, longest_px / max(size_wh))
    return max(1, round(size_wh[0] * scale)), max(1, round(size_wh[1] * scale))

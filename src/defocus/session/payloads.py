"""What the page needs to render a photo itself: small picture, disparity, subject, focal planes."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus._maps import fit, resized
from defocus.camera import camera_of
from defocus.edit import PLAIN_MODES, Focus
from defocus.focus import HELD_RANGE, find_focus
from defocus.layers import View, soft_edges
from defocus.optics import Lens
from defocus.phone_focus import resolved_focus
from defocus.render.lamps import find_lamps
from defocus.screen import screen_pixels
from defocus.strokes import apply_strokes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.edit import Edit
    from defocus.faces import Face
    from defocus.focus import FocalPlane
    from defocus.photo import Photo
    from defocus.render.lamps import Lamps
    from defocus.scene import Scene

PREVIEW_PX = 1600
THUMBNAIL_PX = 360
REGION_PX = 4400  # a 4K screen full, and what blurs into it
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
        lamps: of the whole photo, or None if it has none or they were not asked for.
        lamps_extent: width and height of their cells as a share of the photo's.
        things: labels of the whole photo's things, see :mod:`.things`, or None if not looked for.
    """

    photo: bytes
    disparity: bytes
    subject: bytes | None
    size_wh: tuple[int, int]
    low: float
    high: float
    alpha: bytes | None = None
    lamps: Lamps | None = None
    lamps_extent: tuple[float, float] = (1.0, 1.0)
    things: NDArray[np.uint8] | None = None

    def facts(self) -> dict[str, Any]:
        """JSON-able."""
        width, height = self.size_wh
        return {
            "width": width,
            "height": height,
            "low": self.low,
            "high": self.high,
            "hasSubject": self.subject is not None,
            "lamps": self.lamps
            and {
                "width": self.lamps.cells.shape[1],
                "height": self.lamps.cells.shape[0],
                "extent": self.lamps_extent,
            },
            "things": None
            if self.things is None
            else {"width": self.things.shape[1], "height": self.things.shape[0]},
        }

    def packed(self) -> bytes:
        """All of it for one answer: a line of JSON, then the layers."""
        head = json.dumps({**self.facts(), "photoBytes": len(self.photo)}).encode() + b"\n"
        return b"".join((head, self.photo, self.disparity, self.subject or b"", self.alpha or b""))


@dataclass(frozen=True, slots=True)
class Region:
    """Part of the photo in its own pixels: a rectangle that lies inside it.

    Attributes:
        across: how many pixels wide it is shown, fewer than there are; 0 for all.
    """

    x: int
    y: int
    width: int
    height: int
    across: int = 0

    @property
    def size_wh(self) -> tuple[int, int]:
        """As it is shown."""
        if not 0 < self.across < self.width:
            return self.width, self.height
        return self.across, max(1, round(self.height * self.across / self.width))


def on_screen(photo: Photo) -> Photo:
    """The photo at preview size; itself if it is no larger."""
    import cv2

    size_wh = fit(photo.size_wh, PREVIEW_PX)
    if size_wh == photo.size_wh:
        return photo
    pixels = cv2.resize(photo.pixels, size_wh, interpolation=cv2.INTER_AREA)
    return replace(photo, pixels=pixels, alpha=None)


def seen_on_screen(scene: Scene, small: Photo | None = None) -> Scene:
    """The scene at preview size: all that a page's own layers and facts are made of.

    Args:
        scene: a prepared photo.
        small: the photo at that size, if it was made before.
    """
    photo = on_screen(scene.photo) if small is None else small
    values = resized(scene.disparity.values, photo.size_wh)
    subject = scene.subject
    if subject is not None:
        subject = replace(subject, weight=resized(subject.weight, photo.size_wh))
    disparity = replace(scene.disparity, values=values)
    return replace(scene, photo=photo, disparity=disparity, subject=subject)


def picture_of(
    scene: Scene,
    region: Region | None = None,
    *,
    screen: bytes | None = None,
    whole: Photo | None = None,
) -> Picture:
    """The whole photo at preview size, or a region of it pixel for pixel.

    Args:
        scene: a prepared photo.
        region: inside the photo, shown at most :data:`REGION_PX` on a side.
        screen: the JPEG, if it was made before.
        whole: the photo at its own size, where the scene is smaller: lamps are small.
    """
    picture = _packed(_part_of(scene, scene.disparity.values, region), scene, screen=screen)
    return picture if region is not None else _with_lamps(picture, whole or scene.photo)


def _with_lamps(picture: Picture, photo: Photo) -> Picture:
    lamps = find_lamps(photo.pixels, photo.transfer, Lens().highlight_threshold)
    if lamps is None:
        return picture
    height, width = lamps.cells.shape[:2]
    size_wh = photo.size_wh
    extent = width * lamps.cell_px / size_wh[0], height * lamps.cell_px / size_wh[1]
    return replace(picture, lamps=lamps, lamps_extent=extent)


def soft_edges_of(scene: Scene, edit: Edit, region: Region | None = None) -> Picture | None:
    """The same picture as the renderer sees it where hair and edges are see-through.

    Args:
        scene: a prepared photo.
        edit: its focus, strokes, quality and matte network matter here.
        region: as in :func:`picture_of`; the matte is then sought in the region alone.

    Returns:
        The front samples with their ``alpha``, or None if nothing in focus has soft edges.
    """
    from defocus.matte.networks import told_matte

    values, weight = small_maps(scene, edit)
    plane = _plane_of(scene, edit.focus, values, weight)
    part = _part_of(scene, apply_strokes(scene.disparity.values, edit.strokes, scene.photo), region)
    shown = part.pixels.shape[1] / (region.width if region else scene.photo.size_wh[0])
    told = told_matte(scene.photo, edit.matte_model)
    view = View.of(plane, part.pixels, part.values, part.weight, shown)
    edges = soft_edges(
        scene,
        edit,
        plane,
        view,
        portrait=scene.subject.matte if scene.subject and region is None else None,
        told=told if told is None or region is None else seen(told, region),
    )
    if edges is None:
        return None
    matte = edges.at_full_size(view.pixels, view.values, view.weight, scene.photo.transfer)
    front = replace(part, pixels=matte.foreground, values=matte.disparity)
    return _packed(front, scene, matte.alpha.tobytes())


@dataclass(frozen=True, eq=False, slots=True)
class _Part:
    """Pixels, disparity and perhaps the subject's weight, of one size."""

    pixels: NDArray[Any]
    values: NDArray[np.float32]
    weight: NDArray[np.float32] | None


def _part_of(scene: Scene, values: NDArray[np.float32], region: Region | None) -> _Part:
    weight = None if scene.subject is None else scene.subject.weight
    if region is None:
        small = on_screen(scene.photo)
        size_wh = small.size_wh
        small_weight = None if weight is None else resized(weight, size_wh)
        return _Part(small.pixels, resized(values, size_wh), small_weight)
    return _Part(
        seen(scene.photo.pixels, region),
        seen(values, region),
        None if weight is None else seen(weight, region),
    )


def seen(values: NDArray[Any], region: Region) -> NDArray[Any]:
    """A region of a layer, as it is shown."""
    import cv2

    rows = slice(region.y, region.y + region.height)
    columns = slice(region.x, region.x + region.width)
    part = np.ascontiguousarray(values[rows, columns])
    if region.size_wh == (region.width, region.height):
        return part
    return cv2.resize(part, region.size_wh, interpolation=cv2.INTER_AREA)


def _packed(
    part: _Part, scene: Scene, alpha: bytes | None = None, screen: bytes | None = None
) -> Picture:
    low, high = float(part.values.min()), float(part.values.max())
    span = max(high - low, 1e-6)
    codes = np.round((part.values - low) * (_LEVELS / span)).astype("<u2")
    weight = None
    if part.weight is not None:
        weight = np.round(np.clip(part.weight, 0, 1) * 255).astype(np.uint8).tobytes()
    size_wh = part.values.shape[1], part.values.shape[0]
    if screen is None:
        screen = screen_jpeg(replace(scene.photo, pixels=part.pixels, alpha=None), size_wh)
    return Picture(screen, codes.tobytes(), weight, size_wh, low, low + span, alpha)


def screen_jpeg(photo: Photo, size_wh: tuple[int, int], quality: int = 93) -> bytes:
    """The photo as an sRGB JPEG of a size."""
    return jpeg_of(screen_pixels(photo, size_wh), quality)


def jpeg_of(pixels: NDArray[np.uint8], quality: int) -> bytes:
    """H×W×3 as a JPEG file with all of its colour."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling=0)
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
    unit = scene.disparity.unit
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
        "unit": {"low": unit.at_zero, "perUnit": unit.per_one},
        "sourceRange": [float(source.min()), float(source.max())],
        "focal35mm": camera.focal_35mm if metric and camera is not None else None,
        "closeness": scene.closeness,
        "faces": [_box_of(face) for face in _faces(scene)],
        **focus_facts(scene, edit),
    }


def _faces(scene: Scene) -> tuple[Face, ...]:
    return () if scene.subject is None else scene.subject.faces


def _box_of(face: Face) -> dict[str, float]:
    """Where a face lies: its box, as shares of the picture."""
    (x, y), (width, height) = face.centre, face.size
    return {"x": x - width / 2, "y": y - height / 2, "width": width, "height": height}


def focus_facts(scene: Scene, edit: Edit) -> dict[str, Any]:
    """Focal planes that need the whole picture, and the histogram; they change with the strokes."""
    values, weight = small_maps(scene, edit)
    planes: dict[str, Any] = {
        mode: _plane(_plane_of(scene, Focus(mode), values, weight)) for mode in PLAIN_MODES
    }
    bins = np.clip(values * _BINS, 0, _BINS - 1).astype(np.uint8)
    counts = np.bincount(bins.ravel(), minlength=_BINS)
    has_subject = planes["auto"]["holdsSubject"]
    return {
        "planes": planes,
        "subjectRange": HELD_RANGE if has_subject else None,
        "histogram": (counts / max(1, int(counts.max()))).round(4).tolist(),
    }


def small_maps(scene: Scene, edit: Edit) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """Disparity with the edit's strokes, and the subject's weight: enough to find focus by."""
    size_wh = fit(scene.photo.size_wh, PREVIEW_PX)
    values = apply_strokes(resized(scene.disparity.values, size_wh), edit.strokes, scene.photo)
    subject = scene.subject
    return values, None if subject is None else resized(subject.weight, size_wh)


def _plane_of(
    scene: Scene, focus: Focus, values: NDArray[np.float32], weight: NDArray[np.float32] | None
) -> FocalPlane:
    leads = scene.subject is None or scene.subject.leads
    return find_focus(values, resolved_focus(scene, focus), weight, _faces(scene), leads=leads)


def _plane(plane: FocalPlane) -> dict[str, Any]:
    return {
        "disparity": plane.disparity,
        "range": plane.range,
        "holdsSubject": plane.holds_subject,
    }

"""What the lens renderer is given: pixels with a radius, and what lies behind soft ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus.constants import MAX_RADIUS_PX
from defocus.errors import EditError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.render import _core

_DTYPES = (np.dtype(np.uint8), np.dtype(np.uint16), np.dtype(np.float32))


@dataclass(frozen=True, eq=False, slots=True)
class Behind:
    """A second sample per pixel, behind the first: what a soft matte sees through.

    Where hair, fur or a mixed edge pixel lets the background through, one RGBD pixel cannot say it.
    With ``Behind``, the picture's own pixel is the front sample with weight ``alpha`` (its colour
    already cleaned of the background), and this is the rest.

    Attributes:
        alpha: H×W uint8, weight of the front sample, 255 = opaque (the ordinary case).
        colour: H×W×3, same dtype and encoding as the picture; read only where alpha < 255.
        radius_px: H×W float32, signed blur radius of the back sample; read only where alpha < 255.
    """

    alpha: NDArray[np.uint8]
    colour: NDArray[Any]
    radius_px: NDArray[np.float32]


def checked_frame(
    image: NDArray[Any], radius_px: NDArray[np.float32], behind: Behind | None
) -> _core.Frame:
    """The core's frame of these arrays (see :func:`defocus.render.render_lens`).

    Raises:
        EditError: a shape or a dtype does not fit, or light is not finite. Radii are not looked at.
    """
    from defocus.render import _core

    pixels = _checked_image(image, "image")
    return _core.Frame(
        pixels=pixels,
        radius=_checked_plane(radius_px, np.float32, pixels.shape[:2], "radius_px"),
        behind=None if behind is None else _checked_behind(behind, pixels),
    )


def _checked_image(image: NDArray[Any], name: str) -> NDArray[Any]:
    if not isinstance(image, np.ndarray) or image.dtype not in _DTYPES:
        kind = getattr(image, "dtype", type(image).__name__)
        raise EditError(f"{name} must be a uint8, uint16 or float32 array, got {kind}")
    if image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise EditError(f"{name} must be H×W×3 and not empty, got {image.shape}")
    if image.dtype == np.float32 and not np.isfinite(image).all():
        raise EditError(f"{name} holds NaN or infinite light")
    return np.ascontiguousarray(image)


def _checked_plane(plane: NDArray[Any], dtype: type, size: tuple[int, ...], name: str) -> Any:
    if not isinstance(plane, np.ndarray) or plane.shape != size:
        shape = getattr(plane, "shape", type(plane).__name__)
        raise EditError(f"{name} must be H×W like the image {size}, got {shape}")
    if plane.dtype != dtype:
        raise EditError(f"{name} must be {np.dtype(dtype)}, got {plane.dtype}")
    return np.ascontiguousarray(plane)


def _checked_behind(behind: Behind, image: NDArray[Any]) -> Any:
    from defocus.render import _core

    size = image.shape[:2]
    colour = _checked_image(behind.colour, "behind.colour")
    if colour.shape != image.shape or colour.dtype != image.dtype:
        raise EditError(
            f"behind.colour must be like the image, {image.dtype} {image.shape}; "
            f"got {colour.dtype} {colour.shape}"
        )
    return _core.Behind(
        alpha=_checked_plane(behind.alpha, np.uint8, size, "behind.alpha"),
        pixels=colour,
        radius=_checked_plane(behind.radius_px, np.float32, size, "behind.radius_px"),
    )


def explain_radius(radius_px: NDArray[np.float32], behind: Behind | None) -> str:
    """What is wrong with the radii: the renderer only knows that something is."""
    maps = [("radius_px", radius_px)]
    if behind is not None:
        maps.append(("behind.radius_px", np.where(behind.alpha < 255, behind.radius_px, 0)))
    for name, values in maps:
        bad = np.argwhere(~(np.abs(values) <= MAX_RADIUS_PX))
        if len(bad):
            y, x = (int(v) for v in bad[0])
            return (
                f"{name} must be finite and at most {MAX_RADIUS_PX:g} pixels in size; {len(bad)} "
                f"values are not, the first is {values[y, x]} at x={x}, y={y}. Check the disparity "
                "and the gain that the radius was made from"
            )
    return "a blur radius is not finite"

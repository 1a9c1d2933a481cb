"""Portrait mode for any photo: estimate its depth, then blur it as a fast lens would.

    >>> import defocus
    >>> photo = defocus.read_photo("photo.jpg")                         # doctest: +SKIP
    >>> result = defocus.apply(photo, defocus.Edit())                   # doctest: +SKIP
    >>> defocus.write_photo(result.photo, "portrait.jpg")               # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from defocus._lazy import attach

if TYPE_CHECKING:
    from defocus.depth import estimate_disparity
    from defocus.disparity import Disparity
    from defocus.edit import Edit, Focus, Mask, Output, Stroke
    from defocus.errors import DefocusError
    from defocus.optics import Lens
    from defocus.photo import Photo, read_photo, write_photo
    from defocus.pipeline import Result, Scene, apply, prepare, render_scene
    from defocus.render import render_lens

__version__ = "0.1.0"

__getattr__, __dir__, _names = attach(
    __name__,
    {
        "DefocusError": "defocus.errors",
        "Disparity": "defocus.disparity",
        "Edit": "defocus.edit",
        "Focus": "defocus.edit",
        "Lens": "defocus.optics",
        "Mask": "defocus.edit",
        "Output": "defocus.edit",
        "Photo": "defocus.photo",
        "Result": "defocus.pipeline",
        "Scene": "defocus.pipeline",
        "Stroke": "defocus.edit",
        "apply": "defocus.pipeline",
        "estimate_disparity": "defocus.depth",
        "prepare": "defocus.pipeline",
        "read_photo": "defocus.photo",
        "render_lens": "defocus.render.lens",
        "render_scene": "defocus.pipeline",
        "write_photo": "defocus.photo",
    },
)

__all__ = [*_names, "__version__"]

"""Portrait mode for any photo: estimate its depth, then blur it as a fast lens would.

>>> import defocus
>>> photo = defocus.read_photo("photo.jpg")                         # doctest: +SKIP
>>> result = defocus.apply(photo, defocus.Edit())                   # doctest: +SKIP
>>> defocus.write_photo(result.photo, "portrait.jpg")               # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from defocus import _telemetry
from defocus._lazy import attach

if TYPE_CHECKING:
    from defocus.depth import estimate_disparity as estimate_disparity
    from defocus.disparity import Disparity as Disparity
    from defocus.edit import (
        Edit as Edit,
    )
    from defocus.edit import (
        Focus as Focus,
    )
    from defocus.edit import (
        Mask as Mask,
    )
    from defocus.edit import (
        Output as Output,
    )
    from defocus.edit import (
        Stroke as Stroke,
    )
    from defocus.errors import DefocusError as DefocusError
    from defocus.formats.reading import read_photo as read_photo
    from defocus.formats.writing import write_photo as write_photo
    from defocus.optics import Lens as Lens
    from defocus.photo import Photo as Photo
    from defocus.pipeline import (
        Result as Result,
    )
    from defocus.pipeline import (
        apply as apply,
    )
    from defocus.pipeline import (
        render_scene as render_scene,
    )
    from defocus.render import render_lens as render_lens
    from defocus.scene import Scene as Scene
    from defocus.scene import prepare as prepare

__version__ = "0.1.0"

_telemetry.switch_off()  # before any library that would send something can be imported

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
        "Scene": "defocus.scene",
        "Stroke": "defocus.edit",
        "apply": "defocus.pipeline",
        "estimate_disparity": "defocus.depth",
        "prepare": "defocus.scene",
        "read_photo": "defocus.formats.reading",
        "render_lens": "defocus.render.lens",
        "render_scene": "defocus.pipeline",
        "write_photo": "defocus.formats.writing",
    },
)

__all__ = [*_names, "__version__"]

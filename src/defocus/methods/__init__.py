"""How each method of the table :data:`defocus.edit.methods.METHODS` makes a portrait of a scene.

One file a method, with a function of the kind :class:`Render`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Protocol, cast

from defocus.edit.methods import find_method

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.edit import Edit
    from defocus.focus import FocalPlane
    from defocus.progress import Progress
    from defocus.scene import Scene


class Render(Protocol):
    """What a method offers."""

    def __call__(
        self,
        scene: Scene,
        edit: Edit,
        plane: FocalPlane,
        pixels: NDArray[Any],
        progress: Progress,
    ) -> NDArray[Any]:
        """New pixels from H×W×3 uint8 or uint16 ``pixels``, of the same shape and dtype."""
        ...


def renderer(name: str) -> Render:
    """The function of a method. Raises EditError."""
    module, _, function = find_method(name).render.partition(":")
    return cast("Render", getattr(importlib.import_module(module), function))

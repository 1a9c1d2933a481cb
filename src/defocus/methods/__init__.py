"""Ways to make a portrait out of a scene: the table that library, CLI and studio choose from.

A new method is one file in this folder with a function of the kind :class:`Render`, and one row in
:data:`METHODS`. What it can be told is a record of its own in :class:`defocus.edit.Edit`.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

from defocus.errors import EditError

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


@dataclass(frozen=True, slots=True)
class Method:
    """One row of the table.

    Attributes:
        about: one line for people.
        render: ``"module:function"``, imported when it is asked for.
        refined: it needs the disparity on the photo's edges, and the subject; otherwise it takes
            the source's map as it is.
        parameters: fields of ``Edit`` that it reads beside those of depth, for help texts.
    """

    about: str
    render: str
    refined: bool
    parameters: tuple[str, ...]


METHODS: dict[str, Method] = {
    "lens": Method(
        "what glass does",
        "defocus.methods.lens:render",
        refined=True,
        parameters=("focus", "lens", "foreground", "matte"),
    ),
    "mask": Method(
        "threshold and box blur",
        "defocus.methods.mask:render",
        refined=False,
        parameters=("mask",),
    ),
}


def find_method(name: str) -> Method:
    """The row of a name. Raises EditError."""
    if name not in METHODS:
        raise EditError(f"method must be one of {', '.join(METHODS)}, got {name!r}")
    return METHODS[name]


def renderer(name: str) -> Render:
    """The function of a method. Raises EditError."""
    module, _, function = find_method(name).render.partition(":")
    return cast("Render", getattr(importlib.import_module(module), function))

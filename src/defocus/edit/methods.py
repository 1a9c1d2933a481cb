"""Ways to make a portrait out of a scene: the table that library, CLI and studio choose from.

A new method is one file in :mod:`defocus.methods` and one row here. What it can be told is a record
of its own in :class:`defocus.edit.Edit`.
"""

from __future__ import annotations

from dataclasses import dataclass

from defocus.errors import EditError


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
        parameters=(
            "focus",
            "lens",
            "amount",
            "by_distance",
            "foreground",
            "grain",
            "matte",
            "matte_model",
        ),
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

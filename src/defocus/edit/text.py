"""Edits as JSON: stable, readable, versioned."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, cast

from defocus.edit.record import Edit, Focus, Mask, Output, Stroke
from defocus.errors import EditError
from defocus.optics import Lens

VERSION = 1


def to_json(edit: Edit) -> str:
    """See :meth:`Edit.to_json`."""
    return json.dumps({"defocus_edit": VERSION, **dataclasses.asdict(edit)}, indent=2)


def from_json(text: str | bytes) -> Edit:
    """See :meth:`Edit.from_json`."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise EditError(f"the edit is not valid JSON: {error}") from None
    if not isinstance(data, dict):
        raise EditError('the edit must be a JSON object such as {"focus": …}')
    version = data.pop("defocus_edit", VERSION)
    if version != VERSION:
        raise EditError(
            f"the edit has version {version!r}, this defocus reads {VERSION}: update defocus"
        )
    return cast("Edit", _build(Edit, data, "edit"))


_NESTED: dict[str, type] = {"focus": Focus, "lens": Lens, "mask": Mask, "output": Output}


def _build(kind: type, data: Any, where: str) -> Any:
    if not isinstance(data, dict):
        raise EditError(f"{where} must be a JSON object, got {data!r}")
    known = {f.name for f in dataclasses.fields(kind)}
    unknown = sorted(set(data) - known)
    if unknown:
        raise EditError(
            f"{where} has no choice {unknown[0]!r}; it knows {', '.join(sorted(known))}"
        )
    values: dict[str, Any] = {}
    for name, value in data.items():
        if kind is Edit and name in _NESTED:
            values[name] = _build(_NESTED[name], value, name)
        elif kind is Edit and name == "strokes":
            if not isinstance(value, list):
                raise EditError(f"strokes must be a list, got {value!r}")
            values[name] = tuple(_build(Stroke, stroke, "stroke") for stroke in value)
        else:
            values[name] = _tuples(value)
    try:
        return kind(**values)
    except TypeError as error:
        raise EditError(f"{where} is incomplete or of the wrong type: {error}") from None


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value

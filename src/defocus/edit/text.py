"""Records of choices as JSON: stable, readable, versioned."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

from defocus.errors import EditError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from _typeshed import DataclassInstance

VERSION = 1


def to_json(edit: DataclassInstance) -> str:
    """A record, and the records in it, with a version number."""
    return json.dumps({"defocus_edit": VERSION, **dataclasses.asdict(edit)}, indent=2)


def from_json(
    kind: type, text: str | bytes, parts: Mapping[str, type], lists: Mapping[str, type]
) -> Any:
    """Read :func:`to_json`'s text; missing choices take their defaults.

    Args:
        kind: of the whole record.
        text: JSON.
        parts: its fields that are records, and of which kind.
        lists: its fields that are tuples of records, and of which kind.

    Raises:
        EditError: not JSON, of a newer version, or with an unknown or senseless choice.
    """
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
    return _build(kind, data, "edit", parts, lists)


def _build(
    kind: type, data: Any, where: str, parts: Mapping[str, type], lists: Mapping[str, type]
) -> Any:
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
        if name in parts:
            values[name] = _build(parts[name], value, name, {}, {})
        elif name in lists:
            if not isinstance(value, list):
                raise EditError(f"{name} must be a list, got {value!r}")
            one = name.removesuffix("s")
            values[name] = tuple(_build(lists[name], item, one, {}, {}) for item in value)
        else:
            values[name] = _tuples(value)
    try:
        return kind(**values)
    except TypeError as error:
        raise EditError(f"{where} is incomplete or of the wrong type: {error}") from None


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value

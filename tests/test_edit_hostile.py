"""An edit from anywhere is an edit, or a typed error; nothing in between."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from defocus.edit import Edit, Focus, Output, Stroke
from defocus.errors import EditError

if TYPE_CHECKING:
    from collections.abc import Iterator

STROKE = Stroke(((0.1, 0.2), (0.3, 0.4)), 0.05, 0.2)
WHOLE: dict[str, Any] = json.loads(
    Edit(focus=Focus("point", (0.4, 0.3)), strokes=(STROKE,), output=Output(quality=90)).to_json()
)
Path = tuple[str | int, ...]


def paths(value: Any, above: Path = ()) -> Iterator[Path]:
    """Every place in a JSON text."""
    below = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in below:
        yield (*above, key)
        if isinstance(inner, dict | list):
            yield from paths(inner, (*above, key))


def with_value(where: Path, value: Any) -> str:
    whole = copy.deepcopy(WHOLE)
    inner: Any = whole
    for key in where[:-1]:
        inner = inner[key]
    inner[where[-1]] = value
    return json.dumps(whole)


def is_edit_or_typed(text: str | bytes) -> None:
    try:
        edit = Edit.from_json(text)
    except EditError as error:
        str(error).encode("utf-8", "strict")
        return
    assert Edit.from_json(edit.to_json()) == edit
    hash(edit)


PLACES = list(paths(WHOLE))
HOSTILE = [
    10**400, -(10**400), 1e308, float("inf"), float("-inf"), float("nan"), 2**63, -1, 0.5, 0, 1,
    "no", "yes", "", "1", "\ud800", "x\udfff", "a\0b", "x" * 5000, None, True, False, [], {}, [[]],
    [10**400] * 2, [0.5, 10**400], ["0.5", "0.5"], {"a": 1}, [{}], [None], [[[]]],
]  # fmt: skip


@pytest.mark.parametrize("where", PLACES, ids=str)
def test_any_value_in_any_place(where: Path) -> None:
    for value in HOSTILE:
        is_edit_or_typed(with_value(where, value))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(PLACES), JSON)
def test_any_json_in_any_place(where: Path, value: Any) -> None:
    is_edit_or_typed(with_value(where, value))


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_any_bytes(text: str | bytes) -> None:
    is_edit_or_typed(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"lens": {"f_number": ' + "9" * 400 + "}}",
        '{"lens": {"f_number": ' + "9" * 5000 + "}}",
        '{"matte": "no"}',
        '{"invert": 1}',
        '{"output": {"embed_disparity": "no"}}',
        '{"output": {"quality": true}}',
        '{"mask": {"blur_ksize": true}}',
        '{"model": "\\ud800.onnx"}',
        '{"model": "a\\u0000b.npy"}',
        b'{"model": "\xed\xa0\x80"}',
        '{"focus": {"at": {}}}',
        "[" * 100_000,
        '{"a":' * 100_000,
        b"\xff\xfe",
    ],
)
def test_what_makes_no_sense_is_refused(text: str | bytes) -> None:
    with pytest.raises(EditError):
        Edit.from_json(text)


def test_a_model_whose_name_is_no_utf_8_is_a_model() -> None:
    edit = Edit(model="caf\udce9.npy")  # a file name of Latin-1 bytes, as Python gives it
    assert Edit.from_json(edit.to_json()) == edit

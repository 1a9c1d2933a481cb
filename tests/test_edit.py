from __future__ import annotations

import json
import math
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from defocus.edit import Edit, Focus, Mask, Output, Stroke
from defocus.errors import EditError
from defocus.optics import Lens

FRACTION = st.floats(0, 1)

FOCUS = st.one_of(
    st.builds(Focus, st.sampled_from(["auto", "near", "far"])),
    st.builds(lambda x, y, r: Focus("point", (x, y), r), FRACTION, FRACTION, FRACTION),
    st.builds(lambda d: Focus("disparity", (d,)), st.floats(-1, 2)),
)
LENS = st.builds(
    Lens,
    f_number=st.floats(0.5, 64),
    blades=st.sampled_from([0, 3, 5, 16]),
    cat_eye=FRACTION,
    ring=st.floats(-1, 1),
)
STROKE = st.builds(
    Stroke, st.lists(st.tuples(FRACTION, FRACTION), min_size=1, max_size=4).map(tuple), FRACTION,
    FRACTION,
)  # fmt: skip
EDIT = st.builds(
    Edit,
    focus=FOCUS,
    lens=LENS,
    amount=st.floats(0, 4),
    by_distance=st.booleans(),
    foreground=FRACTION,
    matte=st.booleans(),
    strokes=st.lists(STROKE, max_size=2).map(tuple),
    output=st.builds(Output, quality=st.one_of(st.none(), st.integers(1, 100))),
)


@given(EDIT)
def test_json_round_trip_keeps_every_choice(edit: Edit) -> None:
    assert Edit.from_json(edit.to_json()) == edit


def test_missing_choices_take_their_defaults() -> None:
    edit = Edit.from_json('{"lens": {"blades": 6}}')
    assert edit == Edit(lens=Lens(blades=6))


def test_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        Edit().model = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "3",
        "{",
        "[" * 100_000,
        '{"defocus_edit": 2}',
        '{"aperture": 2}',
        '{"lens": 3}',
        '{"lens": {"f_number": "2"}}',
        '{"lens": {"f_number": NaN}}',
        '{"lens": {"f_number": 0}}',
        '{"lens": {"blades": 2}}',
        '{"lens": {"blades": true}}',
        '{"focus": {"mode": "point", "at": [0.5]}}',
        '{"focus": {"mode": "point", "at": [0.5, 1.5]}}',
        '{"focus": {"mode": "nose"}}',
        '{"focus": {"range": 2}}',
        '{"method": "gauss"}',
        '{"model": ""}',
        '{"foreground": -0.1}',
        '{"amount": 4.1}',
        '{"amount": -1}',
        '{"by_distance": 1}',
        '{"mask": {"blur_ksize": 0}}',
        '{"output": {"quality": 0}}',
        '{"strokes": 1}',
        '{"strokes": [{"points": [], "radius": 0.1, "disparity": 1}]}',
        '{"strokes": [{"points": [[0, 0]], "radius": 0.1}]}',
        '{"strokes": [{"points": [[0, 0, 0]], "radius": 0.1, "disparity": 1}]}',
    ],
)
def test_senseless_edits_are_refused(text: str) -> None:
    with pytest.raises(EditError):
        Edit.from_json(text)


def test_refusal_names_the_choice_and_the_known_ones() -> None:
    with pytest.raises(EditError, match=r"no choice 'aperture'.*lens"):
        Edit.from_json('{"aperture": 2}')


@pytest.mark.parametrize(
    ("words", "focus"),
    [
        ("auto", Focus()),
        (" near ", Focus("near")),
        ("far", Focus("far")),
        ("0.25,0.75", Focus("point", (0.25, 0.75))),
        ("0.1, 0.2, 0.3, 0.4", Focus("rectangle", (0.1, 0.2, 0.3, 0.4))),
        ("0.7", Focus("disparity", (0.7,))),
    ],
)
def test_focus_in_words(words: str, focus: Focus) -> None:
    assert Focus.parse(words) == focus


@pytest.mark.parametrize("words", ["", "nearest", "0.1,0.2,0.3", "1.5,0", "0.5,0.5,0.1,0.9", "nan"])
def test_unclear_focus_is_refused(words: str) -> None:
    with pytest.raises(EditError):
        Focus.parse(words)


def test_json_is_plain() -> None:
    data = json.loads(Edit().to_json())
    assert data["defocus_edit"] == 1
    assert math.isclose(data["lens"]["f_number"], 2.0)
    assert data["mask"] == {"blur_ksize": Mask().blur_ksize, "depth_threshold": None}

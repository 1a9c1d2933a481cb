"""Looks: each sets what it names and nothing else; one's own lie beside those of defocus."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from defocus.cli import main
from defocus.edit import Edit, Focus, Stroke
from defocus.edit.looks import find_look, looks, remove_look, save_look, with_look
from defocus.errors import EditError
from defocus.folders import state_dir
from defocus.optics import Lens

if TYPE_CHECKING:
    from pathlib import Path

OWN = Edit(
    focus=Focus("point", (0.2, 0.7), 0.15),
    lens=Lens(f_number=1.2, blades=7, highlights=0.3),
    model="builtin",
    strokes=(Stroke(((0.1, 0.1),), 0.1, 0.5),),
)


@pytest.mark.parametrize("name", list(looks()))
def test_a_look_of_defocus_is_told_and_keeps_what_belongs_to_the_photo(name: str) -> None:
    look = find_look(name)
    assert look.title
    assert look.about.endswith(".")
    after = with_look(OWN, look)
    assert after != OWN
    assert (after.focus.mode, after.focus.at) == ("point", (0.2, 0.7))
    assert (after.strokes, after.model, after.output) == (OWN.strokes, OWN.model, OWN.output)
    assert after.lens.f_number == look.edit["lens"]["f_number"]


def test_there_are_a_dozen_and_no_two_are_alike() -> None:
    assert len(looks()) >= 12
    made = {with_look(Edit(), look).to_json() for look in looks().values()}
    assert len(made) == len(looks())


def test_a_look_leaves_alone_what_it_does_not_name() -> None:
    after = with_look(OWN, find_look("anamorphic"))
    assert after.lens.blades == 7
    assert after.focus.range == 0.15


def test_ones_own_look_is_saved_found_and_removed() -> None:
    save_look("rainy-day", OWN, about="For rain.")
    look = find_look("rainy-day")
    assert look.own
    assert dict(look.edit) == {
        "lens": {"f_number": 1.2, "blades": 7},
        "focus": {"range": 0.15},
    }
    after = with_look(Edit(), look)
    assert after == Edit(focus=Focus("auto", (), 0.15), lens=replace(OWN.lens))
    save_look("rainy-day", replace(OWN, foreground=0.5))  # again: it takes its own place
    assert find_look("rainy-day").edit["foreground"] == 0.5
    remove_look("rainy-day")
    with pytest.raises(EditError, match="there is no look 'rainy-day'"):
        find_look("rainy-day")


@pytest.mark.parametrize("name", ["../escape", "Cream", "", "a" * 41, "a b", "-x", "é"])
def test_a_name_is_plain(name: str) -> None:
    with pytest.raises(EditError, match="lower-case"):
        save_look(name, OWN)


def test_looks_of_defocus_stay() -> None:
    with pytest.raises(EditError, match="comes with defocus"):
        save_look("cream", OWN)
    with pytest.raises(EditError, match="comes with defocus"):
        remove_look("cream")


def test_an_edit_that_sets_nothing_is_no_look() -> None:
    with pytest.raises(EditError, match="sets nothing"):
        save_look("nothing", Edit(focus=Focus("near"), model="builtin"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"title": "x", "about": "y", "edit": 3}',
        '{"title": "x", "about": "y", "edit": {"strokes": []}}',
        '{"title": "x", "about": "y", "edit": {"lens": {"f_number": "wide"}}}',
        "[" * 100_000,
    ],
)
def test_a_file_that_holds_no_look_is_left_out(text: str) -> None:
    folder = state_dir() / "looks"
    folder.mkdir(parents=True)
    (folder / "broken.json").write_text(text)
    assert "broken" not in looks()
    assert "cream" in looks()


# -- on the command line ---------------------------------------------------------------------------


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, list(words))
    return result.exit_code, result.output


def test_looks_are_listed_shown_saved_and_removed() -> None:
    code, text = run("looks", "list")
    assert code == 0
    assert "soap-bubble" in text
    assert "Lights become bubbles" in text
    assert run("looks", "save", "mine", "--f", "1.2", "--blades", "7", "--focus", "near")[0] == 0
    code, text = run("looks", "show", "mine")
    assert json.loads(text) == {"lens": {"f_number": 1.2, "blades": 7}}
    assert "(your own)" in run("looks", "list")[1]
    assert run("looks", "remove", "mine")[0] == 0
    code, text = run("looks", "show", "mine")
    assert code != 0
    assert "there is no look 'mine'" in text


def test_a_look_is_the_base_and_flags_come_after_it(tmp_path: Path, example: Path) -> None:
    saved = tmp_path / "edit.json"
    words = ["--look", "six-blades", "--f", "5.6", "--save-edit", str(saved)]
    code, text = run("inspect", str(example), *words)
    assert code == 0, text
    edit = Edit.from_json(saved.read_text())
    assert edit.lens == Lens(
        f_number=5.6, blades=6, roundness=0.0, rotation_deg=12.0, highlights=0.6
    )
    code, text = run("inspect", str(example), "--look", "no-such-look")
    assert code != 0
    assert "soap-bubble" in text  # it names those that there are

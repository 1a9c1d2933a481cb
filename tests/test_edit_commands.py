"""The commands that the studio offers do what the edit says."""

from __future__ import annotations

import shlex
from typing import Any

import click
import pytest
from click.testing import CliRunner

import defocus
from defocus.cli.options import edit_flags, split_edit
from defocus.edit import Edit, Focus, Mask, Output, Stroke
from defocus.edit.commands import commands_for, flags_for, look_of
from defocus.optics import Lens


def parsed(words: list[str]) -> Edit:
    """The edit that the real command line makes of these flags."""
    made: list[Edit] = []

    @click.command()
    @edit_flags
    def command(**choices: Any) -> None:
        made.append(split_edit(choices))

    result = CliRunner().invoke(command, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return made[0]


EDITS = {
    "defaults": Edit(),
    "point": Edit(focus=Focus("point", (0.25, 0.75))),
    "rectangle": Edit(focus=Focus("rectangle", (0.1, 0.2, 0.3, 0.4), 0.2)),
    "behind the farthest": Edit(focus=Focus("disparity", (-0.25,))),
    "near": Edit(focus=Focus("near")),
    "range only": Edit(focus=Focus(range=0.3)),
    "lens": Edit(
        lens=Lens(
            f_number=1.4,
            blades=6,
            rotation_deg=-15,
            roundness=0.5,
            cat_eye=0.7,
            squeeze=0.75,
            ring=-0.4,
            highlights=0,
            highlight_threshold=0.8,
        )
    ),
    "switches": Edit(matte=False, invert=True, by_distance=False, quality="high", model="builtin"),
    "mask": Edit(method="mask", mask=Mask(31, -0.5)),
    "output": Edit(output=Output("png", 80, embed_disparity=True)),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_flags_make_the_edit_again(edit: Edit) -> None:
    assert parsed(flags_for(edit)) == edit


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_python_lines_make_the_edit_again(edit: Edit) -> None:
    lines = commands_for(edit, "photo.jpg").python.splitlines()
    made = next(line for line in lines if line.startswith("edit = "))
    space: dict[str, Any] = {"defocus": defocus}
    exec(made, space)
    assert space["edit"] == edit


def test_an_unchanged_edit_needs_no_flags() -> None:
    assert commands_for(Edit(), "photo.jpg").cli == "defocus blur photo.jpg"


def test_a_file_name_is_quoted() -> None:
    words = shlex.split(commands_for(Edit(), "my $photo's.jpg").cli)
    assert words == ["defocus", "blur", "my $photo's.jpg"]
    assert shlex.split(commands_for(Edit(), "-o.jpg").cli)[-1] == "./-o.jpg"


def test_strokes_go_through_a_file() -> None:
    edit = Edit(strokes=(Stroke(((0.5, 0.5),), 0.1, 1.0),))
    made = commands_for(edit, "photo.jpg")
    assert made.needs_file
    assert "--edit edit.json" in made.cli
    assert "from_json" in made.python


def test_the_look_leaves_out_what_belongs_to_one_photo() -> None:
    edit = Edit(
        focus=Focus("point", (0.5, 0.5), 0.2),
        lens=Lens(1.4),
        strokes=(Stroke(((0.5, 0.5),), 0.1, 1.0),),
    )
    look = look_of(edit)
    assert look == Edit(focus=Focus(range=0.2), lens=Lens(1.4))
    assert "--f 1.4" in commands_for(Edit(lens=Lens(1.4)), "a.jpg").batch

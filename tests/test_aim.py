"""Where the focus lies in the picture is told, and what was asked for and is not there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from cli_words import halves, noise, run

from defocus import Disparity, Edit, Focus, Photo
from defocus.aim import aim, no_face
from defocus.batch.work import portrait
from defocus.faces import Face
from defocus.pipeline import focal_plane
from defocus.scene import Scene
from defocus.subject import Subject

if TYPE_CHECKING:
    from pathlib import Path

FACE = Face((0.3, 0.3), (0.2, 0.2), ((0.25, 0.3), (0.35, 0.3)), 0.9)


def scene(*, faces: tuple[Face, ...] = (), subject: bool = True) -> Scene:
    """Near on the left; the subject from 10 to 50 % of the width, 20 to 100 % of the height."""
    values = np.tile(np.linspace(1, 0, 100, dtype=np.float32), (50, 1))
    weight = np.zeros((50, 100), np.float32)
    weight[10:, 10:50] = 1
    who = Subject(weight, "person", faces=faces) if subject else None
    disparity = Disparity(values)
    return Scene(Photo(np.zeros((50, 100, 3), np.uint8)), disparity, disparity, who)


def aimed(focus: Focus, made: Scene) -> dict[str, Any]:
    edit = Edit(focus=focus)
    return aim(made, edit, focal_plane(made, edit))


def test_the_subject_has_a_box_and_the_faces_have_their_own() -> None:
    found = aimed(Focus(), scene(faces=(FACE,)))
    assert found["box"] == pytest.approx([0.1, 0.2, 0.5, 1.0], abs=0.01)
    assert found["at"] == [0.3, 0.3]
    assert found["faces"] == [{"box": [0.2, 0.2, 0.4, 0.4], "eyes": [[0.25, 0.3], [0.35, 0.3]]}]
    nobody = aimed(Focus(), scene(subject=False))
    assert (nobody["box"], nobody["faces"]) == (None, [])


@pytest.mark.parametrize(
    ("focus", "at"),
    [
        (Focus("point", (0.8, 0.1)), [0.8, 0.1]),
        (Focus("eyes"), [0.25, 0.3]),  # the nearer one
        (Focus("face"), [0.3, 0.3]),
        (Focus("rectangle", (0.6, 0.2, 0.8, 0.4)), [0.7, 0.3]),
    ],
)
def test_the_point_is_the_one_that_was_chosen(focus: Focus, at: list[float]) -> None:
    assert aimed(focus, scene(faces=(FACE,)))["at"] == pytest.approx(at, abs=0.02)


@pytest.mark.parametrize(
    "focus", [Focus(), Focus("near"), Focus("far"), Focus("disparity", (0.4,)), Focus("eyes")]
)
@pytest.mark.parametrize("subject", [True, False])
def test_a_focus_on_that_point_is_the_same_focus(focus: Focus, subject: bool) -> None:
    made = scene(subject=subject)
    plane = focal_plane(made, Edit(focus=focus))
    again = focal_plane(made, Edit(focus=Focus("point", tuple(aimed(focus, made)["at"]))))
    assert abs(again.disparity - plane.disparity) <= plane.range / 2 + 0.01


@pytest.mark.parametrize("mode", ["face", "eyes", "all"])
def test_a_face_that_is_not_there_is_told(mode: Any) -> None:
    assert "no face was found" in str(no_face(scene(), Focus(mode)))
    assert "no face was found" in str(no_face(scene(subject=False), Focus(mode)))
    assert no_face(scene(faces=(FACE,)), Focus(mode)) is None
    assert no_face(scene(), Focus()) is None


def test_every_tool_tells_it(tmp_path: Path) -> None:
    photo, depth = noise(tmp_path / "photo.png"), halves(tmp_path / "depth.npy")
    said = run("blur", photo, "--model", depth, "--focus", "eyes").stderr
    assert "photo.png: no face was found" in said
    assert "no face" not in run("blur", photo, "--model", depth, "--overwrite").stderr
    quiet = run("blur", photo, "--model", depth, "--overwrite", "--focus", "eyes", "--quiet")
    assert quiet.stderr == ""
    told = json.loads(run("inspect", photo, "--model", depth, "--focus", "all", "--json").stdout)
    assert "no face was found" in told["focus"]["note"]
    shown = run("inspect", photo, "--model", depth, "--focus", "0.3,0.4").stdout
    assert "0.3,0.4" in shown
    edit = Edit(focus=Focus("face"), model=str(depth))
    assert any("no face" in note for note in portrait(photo, tmp_path / "of-batch.png", edit))

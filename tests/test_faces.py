"""Faces: found in a photo of ours wherever they are, and used for the plane and for heads."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from portrait_maps import painted

from defocus.edit import Edit, Focus
from defocus.errors import EditError
from defocus.faces import Face, find_faces
from defocus.focus import find_focus
from defocus.subject._heads import faces_within, heads
from defocus.subject.people import people_region

SIZE = 240
EXAMPLE = Path(__file__).parent.parent / "examples" / "eileen-collins.png"


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    return cv2.cvtColor(cv2.imread(str(EXAMPLE)), cv2.COLOR_BGR2RGB)


def test_a_portrait_has_one_face_with_its_eyes_in_it(portrait: np.ndarray) -> None:
    (face,) = find_faces(portrait)
    assert face.centre == pytest.approx((0.44, 0.24), abs=0.03)
    for (x, y), side in zip(face.eyes, (-1, 1), strict=True):
        assert 0 < side * (x - face.centre[0]) < face.size[0] / 2
        assert abs(y - face.centre[1]) < face.size[1] / 2


@pytest.mark.parametrize("corner", [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_small_faces_are_found_in_every_corner(
    portrait: np.ndarray, corner: tuple[int, int]
) -> None:
    """A face of 5 % of the width, between two tiles or in one."""
    small = cv2.resize(portrait, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    scene = np.full((750, 1000, 3), 128, np.uint8)
    x, y = (round(c * free) for c, free in zip(corner, (1000 - SIZE, 750 - SIZE), strict=True))
    scene[y : y + SIZE, x : x + SIZE] = small
    (face,) = find_faces(scene)
    expected = (x + 0.44 * SIZE) / 1000, (y + 0.24 * SIZE) / 750
    assert face.centre == pytest.approx(expected, abs=0.015)


def test_the_mirror_image_has_the_mirrored_face(portrait: np.ndarray) -> None:
    (face,), (mirrored,) = find_faces(portrait), find_faces(np.ascontiguousarray(portrait[:, ::-1]))
    assert mirrored.centre[0] == pytest.approx(1 - face.centre[0], abs=0.01)
    assert mirrored.eyes[0][0] < mirrored.eyes[1][0]


@pytest.mark.parametrize("shape", [(1, 1), (3, 900), (900, 3), (40, 60), (500, 700)])
def test_where_nobody_is_there_is_no_face(shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert find_faces(noise) == ()
    assert find_faces(np.zeros_like(noise)) == ()


def _face(x: float, y: float, size: float = 0.2, score: float = 0.9) -> Face:
    eyes = ((x - size / 4, y), (x + size / 4, y))
    return Face((x, y), (size, size), eyes, score)


def _two_people() -> tuple[np.ndarray, np.ndarray, tuple[Face, ...]]:
    """One at .6 whose right half of the face is nearer, one at .8; wall at .1."""
    values = np.full((120, 160), 0.1, np.float32)
    subject = np.zeros_like(values)
    for left, near in ((20, 0.6), (100, 0.8)):
        values[20:, left : left + 40] = near
        subject[20:, left : left + 40] = 1
    values[20:60, 40:60] = 0.65
    return values, subject, (_face(0.25, 0.33), _face(0.75, 0.33))


@pytest.mark.parametrize(
    ("mode", "at", "holds"),
    [("auto", 0.7, True), ("face", 0.63, False), ("eyes", 0.65, False), ("all", 0.71, True)],
)
def test_the_plane_lies_in_the_face_that_was_asked_for(mode: str, at: float, holds: bool) -> None:
    values, subject, faces = _two_people()
    plane = find_focus(values, Focus.parse(mode), subject, faces)
    assert plane.disparity == pytest.approx(at, abs=0.03)
    assert plane.holds_subject == holds
    if mode == "all":
        for near in (0.62, 0.8):
            assert abs(near - plane.disparity) <= plane.range / 2


@pytest.mark.parametrize("mode", ["face", "eyes", "all"])
def test_without_a_face_it_is_the_subject(mode: str) -> None:
    values, subject, _ = _two_people()
    expected = find_focus(values, Focus(), subject)
    assert find_focus(values, Focus.parse(mode), subject) == expected
    assert find_focus(values, Focus.parse(mode)) == find_focus(values, Focus())


def test_focus_on_faces_is_saved_with_the_edit_and_takes_no_numbers() -> None:
    edit = Edit(focus=Focus("eyes"))
    assert Edit.from_json(edit.to_json()) == edit
    with pytest.raises(EditError, match="takes 0 numbers"):
        Focus("face", (0.5, 0.5))


def test_a_head_that_the_network_lost_is_held_with_its_body_if_depth_knows_it() -> None:
    values = np.full((120, 160), 0.1, np.float32)
    values[24:46, 66:94] = 0.5  # and no neck
    person = np.full_like(values, 0.02)
    values[50:, 60:100] = 0.6
    person[50:, 60:100] = 0.95
    face = _face(0.5, 0.33, size=0.14)
    seen = heads([face], (160, 120))
    without = people_region(values, person, painted(values))
    found = people_region(values, person, painted(values), seen)
    assert without is not None
    assert found is not None
    assert without[36, 80] == 0
    assert found[30:42, 76:84].min() == 1
    values[24:46, 66:94] = 0.1  # as far as the wall: an oval of sharp wall would be worse
    assert people_region(values, person, painted(values), seen)[38, 80] == 0  # type: ignore[index]
    assert (
        people_region(
            values, person, painted(values), heads([_face(0.5, 0.33, score=0.65)], (160, 120))
        )
        is not None
    )


@pytest.mark.parametrize(("size", "held"), [(0.14, True), (0.11, True), (0.06, False)])
def test_whose_face_is_as_large_is_in_the_group_whatever_the_disparity(
    size: float, held: bool
) -> None:
    """At a table the network lets those who sit behind it recede too far."""
    values = np.full((120, 160), 0.05, np.float32)
    values[24:, 90:130] = 0.8
    values[50:110, 30:60] = 0.3
    person = np.where(values > 0.1, np.float32(0.95), np.float32(0.02))
    faces = [_face(0.69, 0.33, size=0.14), _face(0.28, 0.5, size=size)]
    region = people_region(values, person, painted(values), heads(faces, (160, 120)))
    assert region is not None
    assert region[60, 110] == 1
    assert (region[70, 45] > 0.5) == held
    alone = people_region(values, person, painted(values), heads(faces[1:], (160, 120)))
    assert alone is not None
    assert alone[70, 45] == 0


def test_faces_of_strangers_behind_do_not_count() -> None:
    weight = np.zeros((60, 80), np.float32)
    weight[:, 20:60] = 1
    own, child, behind, elsewhere = (
        _face(0.5, 0.4, 0.2),
        _face(0.35, 0.5, 0.12),
        _face(0.6, 0.3, 0.05),
        _face(0.9, 0.4, 0.2),
    )
    assert faces_within(weight, [elsewhere, behind, child, own]) == (own, child)

"""Automatic focus follows what the phone focused on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import photo_files as made
import pytest
from PIL import Image

from defocus import Disparity, Edit, Focus, Photo, read_photo
from defocus.disparity import Unit
from defocus.formats.exif import ExifBlock, upright_point
from defocus.phone_focus import resolved_focus
from defocus.photo import Embedded
from defocus.pipeline import focal_plane, prepare
from defocus.scene import Scene
from defocus.subject import Subject

if TYPE_CHECKING:
    from pathlib import Path

# The left half of the picture at 2 m, the right half at 1 m: 0.5 and 1 in 1/m.
_METRIC = np.repeat(np.array([[0.5, 1.0]], np.float32), 20, axis=1).repeat(30, axis=0)


def scene(
    *,
    focus_disparity: float | None = None,
    focus_at: tuple[float, float] | None = None,
    subject: np.ndarray | None = None,
) -> Scene:
    own = Disparity(_METRIC, "metric", "embedded (Apple)")
    embedded = Embedded(own, focus_disparity=focus_disparity, focus_at=focus_at)
    photo = Photo(np.zeros((30, 40, 3), np.uint8), embedded=embedded)
    normalised = Disparity((_METRIC - 0.5) / 0.5, "metric", own.source, Unit(0.5, 0.5))
    who = None if subject is None else Subject(subject, "network")
    return Scene(photo, own, normalised, who)


def _right_half() -> np.ndarray:
    weight = np.zeros((30, 40), np.float32)
    weight[:, 20:] = 1
    return weight


@pytest.mark.parametrize(("stored", "plane"), [(0.5, 0.0), (1.0, 1.0), (0.75, 0.5)])
def test_the_plane_is_the_one_that_was_stored(stored: float, plane: float) -> None:
    found = focal_plane(scene(focus_disparity=stored), Edit())
    assert found.disparity == pytest.approx(plane, abs=1e-6)


def test_the_subject_is_held_if_it_stands_there_and_only_then() -> None:
    there = scene(focus_disparity=1.0, subject=_right_half())
    assert focal_plane(there, Edit()).holds_subject
    behind = scene(focus_disparity=0.5, subject=_right_half())
    plane = focal_plane(behind, Edit())
    assert (plane.holds_subject, plane.disparity) == (False, 0.0)


@pytest.mark.parametrize(("at", "plane"), [((0.2, 0.4), 0.0), ((0.8, 0.9), 1.0)])
def test_a_place_in_the_picture_is_focused_like_a_click(
    at: tuple[float, float], plane: float
) -> None:
    made_scene = scene(focus_at=at)
    assert resolved_focus(made_scene, Focus(range=0.3)) == Focus("point", at, 0.3)
    assert focal_plane(made_scene, Edit()).disparity == plane


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"focus_at": (0.5, 0.5)},  # the middle: nothing was chosen
        {"focus_at": (0.51, 0.49)},
        {"focus_disparity": 40.0},  # 2.5 cm before the lens: not in this picture
        {"focus_disparity": -3.0},
    ],
)
def test_what_says_nothing_leaves_the_focus_automatic(told: dict[str, object]) -> None:
    assert resolved_focus(scene(**told), Focus()) == Focus()  # type: ignore[arg-type]


def test_a_choice_of_ones_own_counts_more() -> None:
    told = scene(focus_disparity=1.0)
    for focus in (Focus("near"), Focus("point", (0.1, 0.2)), Focus("disparity", (0.3,))):
        assert resolved_focus(told, focus) == focus


def test_depth_of_another_model_is_not_focused_by_the_phones_numbers() -> None:
    told = scene(focus_disparity=1.0, focus_at=(0.2, 0.2))
    other = replace(told, source=Disparity(_METRIC, source="builtin"))
    assert resolved_focus(other, Focus()) == Focus()
    without = replace(told, photo=replace(told.photo, embedded=Embedded(focus_at=(0.2, 0.2))))
    assert resolved_focus(without, Focus()) == Focus()


@pytest.mark.parametrize("units", ["m", ""])
def test_a_file_with_a_focal_distance(tmp_path: Path, units: str) -> None:
    (tmp_path / "a.jpg").write_bytes(made.gdepth_jpeg(made.stored_depth(), units=units))
    photo = read_photo(tmp_path / "a.jpg")
    edit = Edit(model="embedded", quality="fast")
    prepared = prepare(photo, edit)
    plane = focal_plane(prepared, edit)
    assert prepared.disparity.unit.of(plane.disparity) == pytest.approx(0.5, abs=0.02)


# -- EXIF's SubjectArea, as the picture is turned --------------------------------------------------


def _photo(orientation: int, area: tuple[int, ...]) -> bytes:
    block = Image.Exif()
    block[0x0112] = orientation
    block.get_ifd(0x8769)[0x9214] = area
    return made.jpeg(made.picture(), exif=block.tobytes())


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("extent", [(), (6,), (6, 4)])
def test_the_subject_area_turns_with_the_picture(
    tmp_path: Path, orientation: int, extent: tuple[int, ...]
) -> None:
    stored = np.zeros((32, 48), np.uint8)
    stored[8, 36] = 1  # the place, marked in the picture itself
    upright = made.turned(stored, orientation)
    y, x = np.argwhere(upright)[0]
    (tmp_path / "a.jpg").write_bytes(_photo(orientation, (36, 8, *extent)))
    photo = read_photo(tmp_path / "a.jpg")
    assert photo.embedded.focus_at is not None
    width, height = photo.size_wh
    assert photo.embedded.focus_at[0] * width == pytest.approx(x + 0.5, abs=0.51)
    assert photo.embedded.focus_at[1] * height == pytest.approx(y + 0.5, abs=0.51)
    block = Image.Exif()
    block.load(photo.meta.exif)
    written = block.get_ifd(0x8769)[0x9214]
    assert written[:2] == pytest.approx((x + 0.5, y + 0.5), abs=1)
    swapped = extent[::-1] if orientation >= 5 and len(extent) == 2 else extent
    assert tuple(written[2:]) == swapped


@pytest.mark.parametrize("area", [(36,), (36, 8, 1, 2, 3), (9000, 8), (36, 60000)])
def test_an_area_without_sense_says_nothing(tmp_path: Path, area: tuple[int, ...]) -> None:
    (tmp_path / "a.jpg").write_bytes(_photo(6, area))
    assert read_photo(tmp_path / "a.jpg").embedded.focus_at is None


@pytest.mark.parametrize("orientation", range(1, 9))
def test_points_turn_as_pixels_do(orientation: int) -> None:
    values = np.arange(12).reshape(3, 4)
    turned = made.turned(values, orientation)
    for y, x in np.ndindex(3, 4):
        u, v = upright_point(((x + 0.5) / 4, (y + 0.5) / 3), orientation)
        height, width = turned.shape
        assert turned[int(v * height), int(u * width)] == values[y, x]


def test_a_block_that_is_cut_off_does_not_stop_the_reading() -> None:
    data = bytearray(_photo(1, (36, 8, 6, 4)))
    block = ExifBlock(bytes(data[data.index(b"Exif\0\0") + 6 :]))
    block._data = block._data[: block._data.index(b"\x92\x14") + 12]
    assert block.make_subject_area_upright((48, 32)) is None

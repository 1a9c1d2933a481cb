"""How much of a portrait's blur the distance leaves: less, the smaller somebody is drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from defocus.closeness import closeness_of
from defocus.disparity import Disparity
from defocus.edit import Edit
from defocus.faces import Face
from defocus.focus import FocalPlane
from defocus.layers import scene_gain_px
from defocus.optics import Lens, relative_gain_px, thin_lens_gain_px_m
from defocus.photo import Photo
from defocus.scene import Scene
from defocus.subject import Subject

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDTH, HEIGHT = 360, 240
NOBODY = np.zeros((HEIGHT, WIDTH), np.float32)
DARK = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
FACE_M = 0.155


def face(side_px: float, x: float = 0.5, y: float = 0.4) -> Face:
    return Face((x, y), (side_px / WIDTH, side_px / HEIGHT), ((x, y), (x, y)), 0.9)


def scene_at(distance_m: float, focal_mm: float, *, nearest_m: float | None = None) -> Scene:
    """Somebody before the horizon, as a lens of that focal length sees him on a full frame."""
    side_px = focal_mm / (1000 * distance_m) * FACE_M * WIDTH / 0.036
    nearest = nearest_m or distance_m
    values = np.zeros((HEIGHT, WIDTH), np.float32)
    values[60:, 120:240] = nearest / distance_m
    values[220:] = 1.0  # the ground before him
    subject = Subject(
        (values == values[100, 180]).astype(np.float32), "person", None, (face(side_px),)
    )
    photo = Photo(np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    disparity = Disparity(values)
    return Scene(photo, disparity, disparity, subject, closeness_of(values, subject, DARK))


@pytest.mark.parametrize("focal_mm", [26, 50, 85, 135])
@pytest.mark.parametrize("magnification", [0.008, 0.016, 0.025])
@pytest.mark.parametrize("nearer", [1.0, 0.6])
def test_the_farthest_is_as_blurred_as_by_an_85_mm_aperture(
    focal_mm: float, magnification: float, nearer: float
) -> None:
    """Whatever lens took the photo, and whatever lies before the subject."""
    distance_m = focal_mm / 1000 / magnification
    scene = scene_at(distance_m, focal_mm, nearest_m=nearer * distance_m)
    plane = FocalPlane(nearer, 0.0)
    edit = Edit(lens=Lens(1.4))
    got_px = scene_gain_px(scene, edit, plane) * nearer
    # An aperture as wide as that of the 85 mm lens, before a lens of this focal length; at these
    # distances z/(z − f) is 1 but for some per cent.
    focal_px = focal_mm * WIDTH / 36
    same_aperture = 1.4 * focal_mm / 85
    wanted_px = thin_lens_gain_px_m(focal_px, focal_mm / 1000, same_aperture, 1e9) / distance_m
    assert got_px == pytest.approx(wanted_px, rel=0.03)


def test_a_head_that_fills_the_picture_gets_a_portraits_blur_and_no_more() -> None:
    assert scene_at(0.5, 50).closeness == 1
    assert scene_at(2, 85).closeness == pytest.approx(1, abs=0.03)
    assert scene_at(4, 85).closeness == pytest.approx(0.5, abs=0.02)


def test_of_several_faces_the_middle_one_counts() -> None:
    values = np.full((HEIGHT, WIDTH), 0.9, np.float32)
    weight = np.ones_like(values)
    faces = (face(20, 0.3), face(22), face(90, 0.7))
    alone = closeness_of(values, Subject(weight, "person", None, faces[1:2]), DARK)
    assert closeness_of(values, Subject(weight, "person", None, faces), DARK) == alone < 0.5


@pytest.mark.parametrize(("top", "bottom"), [(120, 180), (20, 200), (100, 240)])
def test_without_a_face_the_body_tells(top: int, bottom: int) -> None:
    """Whole persons by their height, those cut off by the frame by their shoulders."""
    tall, cut = bottom - top, bottom == HEIGHT
    wide = round((tall if not cut else 2 * tall) * 0.48 / 1.65)
    values, weight = NOBODY + 0.8, NOBODY.copy()
    weight[top:bottom, 100 : 100 + wide] = 1
    got = closeness_of(values, Subject(weight, "person"), DARK)
    m = (wide / 0.48) / WIDTH * 0.036
    assert got == pytest.approx(m / 0.0438 / 0.8, rel=0.05)


def test_amount_scales_and_the_distance_can_be_left_out() -> None:
    scene = scene_at(6, 85)
    plane = FocalPlane(1.0, 0.06)
    edit = Edit(lens=Lens(2))
    full = relative_gain_px((WIDTH, HEIGHT), 2)
    assert scene.closeness < 0.4
    assert scene_gain_px(scene, edit, plane) == pytest.approx(scene.closeness * full)
    assert scene_gain_px(scene, replace(edit, amount=2), plane) == pytest.approx(
        2 * scene.closeness * full
    )
    assert scene_gain_px(scene, replace(edit, by_distance=False), plane) == full


def test_known_distances_follow_the_lens_already(metric_scene: Scene) -> None:
    near, far = metric_scene, replace(metric_scene, closeness=0.1)
    plane = FocalPlane(0.5, 0.06)
    gains = [scene_gain_px(scene, Edit(), plane) for scene in (near, far)]
    assert gains[0] == gains[1]
    assert scene_gain_px(far, Edit(amount=0.5), plane) == gains[0] / 2


@pytest.fixture
def metric_scene() -> Scene:
    from PIL import Image

    block = Image.Exif()
    block.get_ifd(0x8769)[0xA405] = 26
    photo = Photo(np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    photo = replace(photo, meta=replace(photo.meta, exif=block.tobytes()))
    disparity = Disparity(
        np.tile(np.linspace(0.1, 1, WIDTH, dtype=np.float32), (HEIGHT, 1)), "metric"
    )
    return Scene(photo, disparity, disparity.normalised())


def street(fall: float) -> NDArray[np.float32]:
    """A level ground up to the horizon: its disparity falls so much for each long side."""
    rows = 1 - fall * (HEIGHT - 1 - np.arange(HEIGHT, dtype=np.float32)) / WIDTH
    return np.repeat(np.clip(rows, 0, 1)[:, None], WIDTH, axis=1)


def test_a_street_gets_less_blur_than_a_thing_on_a_table() -> None:
    """One sees the ground from the height of one's eyes down to one's feet, the other a table."""
    thing = Subject(NOBODY + 1, "thing")
    assert closeness_of(street(1.0), thing, DARK) == 1
    assert closeness_of(street(2.6), thing, DARK) < 0.35
    assert closeness_of(street(2.6), None, DARK) < 0.35
    falls = [closeness_of(street(fall), thing, DARK) for fall in (1.3, 1.6, 1.9, 2.2, 3)]
    assert falls == sorted(falls, reverse=True)


def test_a_view_without_ground_gets_less_blur_than_a_portrait() -> None:
    view = np.tile(np.linspace(0, 1, WIDTH, dtype=np.float32), (HEIGHT, 1))
    assert 0.3 < closeness_of(view, None, DARK) < 0.7


@pytest.mark.parametrize("colour", [(90, 140, 220), (235, 238, 240)], ids=["blue", "overcast"])
def test_what_stands_under_the_sky_gets_less_blur(colour: tuple[int, int, int]) -> None:
    """A tower has no ground in the picture; a lamp before a wall as far away is near."""
    values = NOBODY.copy()
    values[:, 150:210] = 0.8
    tower = Subject((values > 0).astype(np.float32), "thing")
    sky = np.where(values[..., None] > 0, np.uint8(120), np.uint8(colour))
    wall = np.where(values[..., None] > 0, np.uint8(120), np.uint8((170, 120, 70)))
    assert closeness_of(values, tower, sky) < 0.35
    assert closeness_of(values, tower, wall) == 1


@pytest.mark.parametrize(
    ("where", "wide_px", "near"), [("sofa", 84, True), ("sofa", 240, False), ("meadow", 84, False)]
)
def test_animals_in_a_meadow_or_a_row_are_farther_away_than_a_cat_on_a_sofa(
    where: str, wide_px: int, near: bool
) -> None:
    """As high in the picture, and wider than people stand."""
    values, weight = NOBODY.copy(), NOBODY.copy()
    weight[120:180, 60 : 60 + wide_px] = 1
    values[120:180, 60 : 60 + wide_px] = 0.8
    pixels = DARK if where == "sofa" else np.full_like(DARK, (90, 140, 220))
    closeness = closeness_of(values, Subject(weight, "person"), pixels)
    assert closeness > 0.45 if near else closeness < 0.2

"""Mattes: soft edges become two samples a pixel, and nothing else is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from defocus.focus import FocalPlane
from defocus.layers import hold
from defocus.matte import Matte, subject_matte
from defocus.matte._closed_form import solve_alpha
from defocus.matte._colours import estimate_colours
from defocus.render import Behind, render_lens
from defocus.transfer import SRGB

if TYPE_CHECKING:
    from numpy.typing import NDArray

HEIGHT, WIDTH = 240, 320
NEAR, FAR = 0.9, 0.1
GAIN_PX = 30.0  # the step above blurs by 24 px
FRONT, BACK = np.array([0.75, 0.45, 0.25]), np.array([0.15, 0.35, 0.45])


def mixed(alpha: np.ndarray, front: Any, back: Any) -> np.ndarray:
    """What a camera sees of two surfaces (code values 0..1): it adds up light."""
    share = alpha[..., None]
    ours, theirs = (SRGB.decode(np.clip(c, 0, 1).astype(np.float32)) for c in (front, back))
    return SRGB.encode(share * ours + (1 - share) * theirs)


def of_samples(matte: Matte) -> np.ndarray:
    """Code values 0..255 of both samples together."""
    return 255 * mixed(matte.alpha / 255, matte.foreground / 255, matte.background / 255)


def furry_disc() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A picture of a disc with a soft, ragged rim; its true alpha; a hard, inexact disparity."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    radius = np.hypot(y - HEIGHT / 2, x - WIDTH / 2)
    angle = np.arctan2(y - HEIGHT / 2, x - WIDTH / 2)
    rim = 70 + 3 * np.sin(angle * 60)
    alpha = np.clip((rim - radius) / 6 + 0.5, 0, 1).astype(np.float32)
    front = FRONT + rng.normal(0, 0.01, (HEIGHT, WIDTH, 1))
    back = BACK + 0.1 * (x / WIDTH)[..., None]
    picture = np.round(255 * mixed(alpha, front, back)).astype(np.uint8)
    disparity = np.where(radius < 68, NEAR, FAR).astype(np.float32)
    return picture, alpha, disparity


def weight(matte: Matte) -> np.ndarray:
    """Alpha with opaque background pixels at 0."""
    is_front = matte.disparity > (NEAR + FAR) / 2
    return np.where(matte.alpha < 255, matte.alpha / 255, is_front)


@pytest.fixture(scope="module")
def disc() -> tuple[np.ndarray, np.ndarray, np.ndarray, Matte]:
    picture, alpha, disparity = furry_disc()
    matte = subject_matte(picture, disparity, NEAR, GAIN_PX)
    assert matte is not None
    return picture, alpha, disparity, matte


def test_alpha_is_found(disc: tuple[np.ndarray, np.ndarray, np.ndarray, Matte]) -> None:
    _, alpha, disparity, matte = disc
    soft = (alpha > 0) & (alpha < 1)
    hard = np.abs((disparity > 0.5) - alpha)[soft].mean()
    assert np.abs(weight(matte) - alpha)[soft].mean() < 0.3 * hard


def test_colours_are_parted(disc: tuple[np.ndarray, np.ndarray, np.ndarray, Matte]) -> None:
    picture, alpha, _, matte = disc
    soft = (alpha > 0.25) & (alpha < 0.75) & (matte.alpha < 255)
    front = np.abs(matte.foreground[soft] / 255 - FRONT).mean()
    assert front < 0.3 * np.abs(picture[soft] / 255 - FRONT).mean()
    back = np.abs(matte.background[soft] / 255 - BACK - 0.05).mean()
    assert back < 0.3 * np.abs(picture[soft] / 255 - BACK - 0.05).mean()


def test_samples_mix_to_the_photo(disc: tuple[np.ndarray, np.ndarray, np.ndarray, Matte]) -> None:
    picture, _, _, matte = disc
    assert np.abs(of_samples(matte) - picture).max() < 3


def test_disparities_of_both_samples(
    disc: tuple[np.ndarray, np.ndarray, np.ndarray, Matte],
) -> None:
    _, _, _, matte = disc
    soft = matte.alpha < 255
    np.testing.assert_allclose(matte.disparity[soft], NEAR, atol=0.02)
    np.testing.assert_allclose(matte.background_disparity[soft], FAR, atol=0.02)


def test_nothing_else_is_touched(disc: tuple[np.ndarray, np.ndarray, np.ndarray, Matte]) -> None:
    picture, alpha, disparity, matte = disc
    away = cv2.dilate(((alpha > 0) & (alpha < 1)).astype(np.uint8), np.ones((25, 25))) == 0
    assert (matte.alpha[away] == 255).all()
    np.testing.assert_array_equal(matte.foreground[away], picture[away])
    np.testing.assert_array_equal(matte.disparity[away], disparity[away])


def test_sixteen_bits_and_a_larger_photo() -> None:
    picture, alpha, disparity = furry_disc()
    size_wh = (4 * WIDTH, 4 * HEIGHT)
    large = cv2.resize(picture, size_wh, interpolation=cv2.INTER_CUBIC).astype(np.uint16) * 257
    step = cv2.resize(disparity, size_wh, interpolation=cv2.INTER_NEAREST)
    matte = subject_matte(large, step, NEAR, GAIN_PX, quality="fast")
    assert matte is not None
    assert matte.foreground.dtype == np.uint16
    truth = cv2.resize(alpha, size_wh)
    soft = (truth > 0) & (truth < 1)
    hard = np.abs((step > 0.5) - truth)[soft].mean()
    assert np.abs(weight(matte) - truth)[soft].mean() < 0.5 * hard


def test_focus_on_the_background_needs_no_matte() -> None:
    picture, _, disparity = furry_disc()
    assert subject_matte(picture, disparity, FAR, GAIN_PX) is None


def test_flat_scene_needs_no_matte() -> None:
    picture, _, disparity = furry_disc()
    assert subject_matte(picture, np.full_like(disparity, 0.5), 0.5, GAIN_PX) is None


def test_held_subject_is_left_opaque() -> None:
    """A hole in the disparity of what is held in focus is no edge."""
    picture, _, _ = furry_disc()
    disparity = np.full((HEIGHT, WIDTH), NEAR, np.float32)
    disparity[100:140, 140:180] = FAR
    assert subject_matte(picture, disparity, NEAR, GAIN_PX) is not None
    subject = np.ones_like(disparity)
    held = hold(disparity, subject, FocalPlane(NEAR, 0.0))
    assert subject_matte(picture, held, NEAR, GAIN_PX, subject=subject) is None


def test_held_subject_nearer_than_the_focal_plane_has_soft_edges() -> None:
    """Held in focus whatever its depth: its rim is mixed like any other's."""
    picture, alpha, disparity = furry_disc()
    subject = cv2.erode((disparity > 0.5).astype(np.float32), np.ones((7, 7)))  # sure inside only
    held = hold(disparity, subject, FocalPlane(NEAR - 0.3, 0.0))
    matte = subject_matte(picture, held, NEAR - 0.3, GAIN_PX, subject=subject)
    assert matte is not None
    soft = (alpha > 0) & (alpha < 1)
    assert np.abs(weight(matte) - alpha)[soft].mean() < 0.1


def test_portrait_matte_of_a_phone_is_followed() -> None:
    picture, alpha, disparity = furry_disc()
    wrong = np.roll(disparity, 9, axis=1)  # as steps of a phone's own disparity often are
    portrait = cv2.resize(alpha, (WIDTH // 2, HEIGHT // 2), interpolation=cv2.INTER_AREA)
    matte = subject_matte(picture, wrong, NEAR, GAIN_PX, portrait_matte=portrait)
    assert matte is not None
    soft = (alpha > 0) & (alpha < 1)
    without = subject_matte(picture, wrong, NEAR, GAIN_PX)
    assert without is not None
    followed = np.abs(weight(matte) - alpha)[soft].mean()
    assert followed < 0.05
    assert followed <= np.abs(weight(without) - alpha)[soft].mean() + 0.01


def test_portrait_matte_of_something_else_is_ignored() -> None:
    picture, _, disparity = furry_disc()
    elsewhere = np.zeros((HEIGHT, WIDTH), np.float32)
    elsewhere[:40, :40] = 1
    with_it = subject_matte(picture, disparity, NEAR, GAIN_PX, portrait_matte=elsewhere)
    without = subject_matte(picture, disparity, NEAR, GAIN_PX)
    assert with_it is not None
    assert without is not None
    np.testing.assert_array_equal(with_it.alpha, without.alpha)


@pytest.mark.parametrize("size", [(1, 1), (5, 9), (40, 3)])
def test_tiny_pictures(size: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    disparity = np.linspace(0, 1, size[0] * size[1], dtype=np.float32).reshape(size)
    matte = subject_matte(picture, disparity, 1.0, GAIN_PX)
    assert matte is None or matte.alpha.shape == size


def matting_laplacian(picture: NDArray[np.float32], radius_px: int) -> NDArray[np.float64]:
    """The matrix by Levin et al., equation 12, windows mirrored at the border, over their area."""
    height, width, _ = picture.shape
    index = np.pad(np.arange(height * width).reshape(height, width), radius_px, mode="symmetric")
    colours = picture.reshape(-1, 3).astype(np.float64)
    side = 2 * radius_px + 1
    area = side * side
    matrix = np.eye(height * width)
    for y in range(height):
        for x in range(width):
            window = index[y : y + side, x : x + side].ravel()
            off = colours[window] - colours[window].mean(0)
            inverse = np.linalg.inv(off.T @ off / area + 1e-5 * np.eye(3))
            share = (1 + off @ inverse @ off.T) / area**2
            np.subtract.at(matrix, (window[:, None], window[None]), share)
    return matrix


@pytest.mark.parametrize("radius_px", [1, 3])
def test_alpha_solves_the_matting_equations(radius_px: int) -> None:
    rng = np.random.default_rng(radius_px)
    picture = cv2.GaussianBlur(rng.random((11, 13, 3), np.float32), (3, 3), 0)
    unknown = np.zeros((11, 13), bool)
    unknown[:6, 3:9], unknown[8:, 7:] = True, True
    known = (np.arange(13) < 6).astype(np.float32) * np.ones((11, 1), np.float32)
    guess, trust = rng.random((2, 11, 13), np.float32)
    trust *= 0.1
    found = solve_alpha(picture, unknown, known, guess, trust, radius_px=radius_px, iterations=400)
    matrix, u = matting_laplacian(picture, radius_px), unknown.ravel()
    system = matrix[np.ix_(u, u)] + np.diag(trust.ravel()[u].astype(np.float64))
    right = (trust * guess).ravel()[u] - matrix[np.ix_(u, ~u)] @ known.ravel()[~u]
    expected = np.clip(np.linalg.solve(system, right), 0, 1)
    np.testing.assert_allclose(found[unknown], expected, atol=5e-3)
    np.testing.assert_array_equal(found[~unknown], known[~unknown])


def test_colours_of_a_hard_edge_are_the_picture_s() -> None:
    picture = np.zeros((32, 48, 3), np.float32)
    picture[:, :24], picture[:, 24:] = FRONT, BACK
    alpha = (np.arange(48) < 24).astype(np.float32) * np.ones((32, 1), np.float32)
    front, back = estimate_colours(picture, alpha)
    assert np.abs(front[:, :24] - FRONT).max() < 0.02
    assert np.abs(back[:, 24:] - BACK).max() < 0.02


def test_no_light_is_invented_behind_a_dark_subject() -> None:
    """Too much alpha must not be made up for by a background brighter than any."""
    _, alpha, disparity = furry_disc()
    rng = np.random.default_rng(2)
    wall = 0.82 + rng.normal(0, 0.03, (HEIGHT, WIDTH, 1)) * np.ones(3)
    picture = np.round(255 * mixed(alpha, np.float32(0.08), wall)).astype(np.uint8)
    too_near = cv2.dilate(disparity, np.ones((9, 9)))
    matte = subject_matte(picture, too_near, NEAR, GAIN_PX)
    assert matte is not None
    soft = (matte.alpha > 20) & (matte.alpha < 255)
    brightest = np.maximum(picture[soft].max(-1), 255 * (0.82 + 0.06))
    assert (matte.background[soft].max(-1) <= brightest + 1).all()


def test_a_dark_pixel_gets_no_light_from_a_front_that_is_not_there() -> None:
    """Red before the night, alpha uncertain: the samples mix to the photo's black all the same."""
    _, alpha, disparity = furry_disc()
    red = np.array([0.85, 0.1, 0.15])
    night = np.zeros((HEIGHT, WIDTH, 3))
    night[:, : WIDTH // 3] = [0.25, 0.16, 0.1]  # a brown post
    picture = np.round(255 * mixed(alpha, red, night)).astype(np.uint8)
    too_near = cv2.dilate(disparity, np.ones((9, 9)))
    matte = subject_matte(picture, too_near, NEAR, GAIN_PX)
    assert matte is not None
    soft = (matte.alpha > 0) & (matte.alpha < 255)
    assert np.count_nonzero(soft) > 500
    assert np.abs(of_samples(matte) - picture)[soft].max() < 4


def test_a_leaf_that_nothing_holds_to_the_subject_is_not_hair() -> None:
    """Of the subject's own colour, in the band around it, but apart from it."""
    picture = np.full((HEIGHT, WIDTH, 3), np.round(255 * BACK), np.uint8)
    disparity = np.full((HEIGHT, WIDTH), FAR, np.float32)
    picture[80:, 100:200], disparity[80:, 100:200] = np.round(255 * FRONT), NEAR
    leaf = np.s_[120:123, 203:205]
    picture[leaf] = np.round(255 * FRONT)
    matte = subject_matte(picture, disparity, NEAR, GAIN_PX)
    assert matte is not None
    assert weight(matte)[leaf].max() == 0
    assert weight(matte)[120:123, 195:199].min() > 0.9


def test_a_soft_edge_is_sought_only_where_what_lies_behind_blurs() -> None:
    """The same picture and step: hair at f/0.95 is cut out, at f/16 there is nothing to cut."""
    picture, _, disparity = furry_disc()
    open_px, stopped_down_px = 0.043 * 400 / 0.95, 0.043 * 400 / 16
    assert subject_matte(picture, disparity, NEAR, open_px) is not None
    assert subject_matte(picture, disparity, NEAR, stopped_down_px) is None


@pytest.mark.parametrize("far", [0.1, 0.4, 0.6])
def test_a_step_counts_by_its_blur_whatever_its_disparity(far: float) -> None:
    picture, _, disparity = furry_disc()
    near_step = np.where(disparity > 0.5, NEAR, np.float32(far)).astype(np.float32)
    blur_px = 20.0
    assert subject_matte(picture, near_step, NEAR, blur_px / (NEAR - far)) is not None
    assert subject_matte(picture, near_step, NEAR, 2 / (NEAR - far)) is None


@pytest.mark.parametrize(
    ("enlarged", "blur_px", "shows"), [(1, 5, True), (6, 5, False), (6, 9, True)]
)
def test_in_a_small_photo_less_blur_shows(enlarged: int, blur_px: float, shows: bool) -> None:
    picture, _, disparity = furry_disc()
    size_wh = enlarged * WIDTH, enlarged * HEIGHT
    large = cv2.resize(picture, size_wh, interpolation=cv2.INTER_CUBIC)
    map_of_it = cv2.resize(disparity, size_wh, interpolation=cv2.INTER_NEAREST)
    matte = subject_matte(large, map_of_it, NEAR, blur_px / (NEAR - FAR))
    assert (matte is not None) == shows


def test_what_the_focus_range_keeps_sharp_has_no_soft_edge() -> None:
    picture, _, disparity = furry_disc()
    assert subject_matte(picture, disparity, NEAR, GAIN_PX, focus_range=1.7) is None


@pytest.mark.parametrize("front", [(25, 20, 18), (128, 90, 70), (250, 250, 245)])
@pytest.mark.parametrize("back", [(245, 245, 250), (40, 44, 50)])
def test_alpha_is_never_less_where_the_subject_is_certain(
    front: tuple[int, int, int], back: tuple[int, int, int]
) -> None:
    """Dark hair before a light wall, a white shirt before another: the map's edge lies inside."""
    _, alpha, disparity = furry_disc()
    picture = np.round(255 * mixed(alpha, np.divide(front, 255), np.divide(back, 255)))
    picture = picture.astype(np.uint8)
    inside = cv2.erode(disparity, np.ones((15, 15)))
    weight = cv2.blur((disparity > 0.5).astype(np.float32), (5, 5))
    held = hold(inside, weight, FocalPlane(NEAR, 0.0))
    matte = subject_matte(picture, held, NEAR, GAIN_PX, subject=weight)
    assert matte is not None
    assert (matte.alpha[weight > 0.95] >= 0.9 * 255).all()
    assert (matte.disparity[weight > 0.95] > NEAR - 0.05).all()


@pytest.mark.parametrize("seed", range(3))
def test_no_crumb_of_a_busy_background_is_sharp(seed: int) -> None:
    """Colours of the subject's own kind, strewn around it: none of them hangs in the air."""
    rng = np.random.default_rng(seed)
    picture, _, disparity = furry_disc()
    back = disparity < 0.5
    crumbs = (rng.random(back.shape) < 0.04).astype(np.uint8)
    crumbs = (cv2.dilate(crumbs, np.ones((2, 3), np.uint8)) > 0) & back
    picture[crumbs] = np.round(255 * FRONT)
    matte = subject_matte(picture, disparity, NEAR, GAIN_PX)
    assert matte is not None
    front = (weight(matte) > 0.25).astype(np.uint8)  # as faint as that shows nowhere
    count, labels = cv2.connectedComponents(front, connectivity=8)
    held = np.unique(labels[disparity > 0.5])
    assert count - 1 <= len(held)


@pytest.mark.parametrize("gap_px", [2, 5, 8])
@pytest.mark.parametrize("slight_px", [0.8, 1.6, 2.8])
def test_the_rim_between_the_certain_subject_and_its_edge_is_sharp(
    gap_px: int, slight_px: float
) -> None:
    """Of a helmet the map says little behind the plane, and its weight ends before it does."""
    picture, _, disparity = furry_disc()
    behind = np.float32(NEAR - slight_px / GAIN_PX)
    solid = disparity > 0.5
    body = np.where(solid, behind, disparity)
    from_edge = cv2.distanceTransform(solid.astype(np.uint8), cv2.DIST_L2, 5)
    weight = np.clip((from_edge - gap_px) / 5, 0, 1).astype(np.float32)
    matte = subject_matte(
        picture,
        hold(body, weight, FocalPlane(NEAR, 0.0)),
        NEAR,
        GAIN_PX,
        subject=weight,
        unheld=body,
    )
    assert matte is not None
    inside = (from_edge > 4) & (matte.alpha > 128)
    assert np.abs(GAIN_PX * (matte.disparity[inside] - NEAR)).max() < 0.3


def test_what_is_truly_blurred_beside_the_subject_is_no_rim_of_it() -> None:
    """A shelf behind the subject's arm, before a wall that is farther still."""
    picture, _, disparity = furry_disc()
    shelf = np.s_[150:170, 200:300]
    values = disparity.copy()
    values[shelf] = np.where(disparity[shelf] > 0.5, NEAR, np.float32(NEAR - 9 / GAIN_PX))
    weight = cv2.blur((disparity > 0.5).astype(np.float32), (5, 5))
    held = hold(values, weight, FocalPlane(NEAR, 0.0))
    matte = subject_matte(picture, held, NEAR, GAIN_PX, subject=weight, unheld=values)
    assert matte is not None
    away = np.s_[152:168, 250:290]
    np.testing.assert_allclose(matte.disparity[away], values[away], rtol=1e-6)


@pytest.mark.parametrize(("front", "back"), [(0.06, 0.94), (0.94, 0.06), (0.25, 0.6)])
def test_where_nothing_blurs_the_lens_gives_the_photo_back(front: float, back: float) -> None:
    """Dark hair before the light is not eaten, a white rim before the night does not glow."""
    _, alpha, disparity = furry_disc()
    picture = np.round(255 * mixed(alpha, np.full(3, front), np.full(3, back))).astype(np.uint8)
    matte = subject_matte(picture, disparity, NEAR, GAIN_PX)
    assert matte is not None
    soft = (matte.alpha > 0) & (matte.alpha < 255)
    assert np.count_nonzero(soft) > 500
    sharp = np.zeros_like(disparity)
    seen = render_lens(matte.foreground, sharp, behind=Behind(matte.alpha, matte.background, sharp))
    assert np.abs(seen.astype(int) - picture)[soft].max() < 5


def test_alpha_is_the_share_of_light() -> None:
    """In code values dark hair that hides half of a light wall looks like a fourth of it."""
    _, alpha, disparity = furry_disc()
    picture = np.round(255 * mixed(alpha, np.full(3, 0.05), np.full(3, 0.95))).astype(np.uint8)
    matte = subject_matte(picture, disparity, NEAR, GAIN_PX)
    assert matte is not None
    half = (alpha > 0.4) & (alpha < 0.6)
    assert abs(weight(matte)[half].mean() - alpha[half].mean()) < 0.08


def with_a_line(
    begin: tuple[int, int], end: tuple[int, int], share: float
) -> tuple[Matte, np.ndarray]:
    """A held disc, and a thin line, of its colour by a share, that the map has as near; the matte,
    and where the line is."""
    picture, _, disparity = furry_disc()
    line = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.line(line, begin, end, 255, 3)
    drawn = line > 0
    away = drawn & (disparity < 0.5)
    colours = mixed(np.full((HEIGHT, WIDTH), share), FRONT, picture / 255)
    picture[away] = np.round(255 * colours[away])
    values = np.where(drawn, np.float32(NEAR), disparity)
    weight = cv2.blur(cv2.erode((disparity > 0.5).astype(np.float32), np.ones((5, 5))), (5, 5))
    held = hold(values, weight, FocalPlane(NEAR, 0.0))
    matte = subject_matte(picture, held, NEAR, GAIN_PX, subject=weight, unheld=values)
    assert matte is not None
    return matte, drawn & (disparity < 0.5)


@pytest.mark.parametrize("line", [((270, 20), (300, 220)), ((10, 15), (310, 25))])
@pytest.mark.parametrize("share", [0.1, 0.2, 1.0])
def test_a_thin_thing_apart_from_the_subject_goes_to_what_lies_behind(
    line: tuple[tuple[int, int], tuple[int, int]], share: float
) -> None:
    """A joint between tiles that the map has as near as the subject: not sharp in dashes."""
    matte, drawn = with_a_line(*line, share)
    assert (matte.alpha[drawn] == 255).all()
    assert (matte.disparity[drawn] < (NEAR + FAR) / 2).all()


def test_a_thin_thing_that_holds_to_the_subject_stays() -> None:
    matte, drawn = with_a_line((200, 150), (300, 200), 1.0)
    assert weight(matte)[drawn].mean() > 0.5

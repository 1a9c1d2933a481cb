"""Hair is followed beyond the band; wires, seams and grass are not hair."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from defocus.matte import Matte, subject_matte

HEIGHT, WIDTH = 300, 400
NEAR, FAR, GAIN_PX = 0.9, 0.1, 30.0
LINES = [((240, 150), (268, 122)), ((150, 90), (138, 60)), ((180, 90), (196, 62))]


def scene(
    dark: tuple[int, int, int],
    light: tuple[int, int, int],
    line: tuple[tuple[int, int], tuple[int, int]],
    rough: float = 0.0,
    colour: tuple[int, int, int] | None = None,
) -> tuple[Matte, np.ndarray]:
    """A body with one hair, of another colour if told, before a wall; its matte, and where the
    hair's outer half is."""
    rng = np.random.default_rng(4)
    picture = np.full((HEIGHT, WIDTH, 3), light, np.float32)
    picture += rng.normal(0, 1 + rough, picture.shape)
    picture[90:, 120:240] = dark
    hair = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.line(hair, *line, 255, 1, cv2.LINE_AA)
    share = 0.8 * hair[..., None] / 255.0
    picture = picture * (1 - share) + np.array(colour or dark) * share
    disparity = np.full((HEIGHT, WIDTH), FAR, np.float32)
    disparity[90:, 120:240] = NEAR
    matte = subject_matte(picture.clip(0, 255).astype(np.uint8), disparity, NEAR, GAIN_PX)
    assert matte is not None
    band = cv2.dilate((disparity > 0.5).astype(np.uint8), np.ones((23, 23), np.uint8)) > 0
    return matte, (hair > 200) & ~band


def seen(matte: Matte) -> np.ndarray:
    """Alpha, with opaque background at 0."""
    return np.where(matte.alpha < 255, matte.alpha / 255.0, matte.disparity > 0.5)


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize(
    ("dark", "light"),
    [
        ((30, 24, 20), (225, 228, 235)),
        ((235, 215, 170), (40, 60, 50)),
        ((90, 60, 40), (150, 190, 230)),
    ],
)
def test_a_hair_longer_than_the_band_is_reached(
    dark: tuple[int, int, int],
    light: tuple[int, int, int],
    line: tuple[tuple[int, int], tuple[int, int]],
) -> None:
    matte, outer = scene(dark, light, line)
    assert np.count_nonzero(outer) > 8
    assert seen(matte)[outer].mean() > 0.4


@pytest.mark.parametrize("line", [((240, 150), (399, 60)), ((150, 90), (120, 0))])
def test_a_wire_that_goes_on_is_no_hair(line: tuple[tuple[int, int], tuple[int, int]]) -> None:
    matte, outer = scene((30, 24, 20), (225, 228, 235), line)
    far_out = outer & (cv2.distanceTransform((matte.disparity < 0.5).astype(np.uint8), 2, 3) > 12)
    assert np.count_nonzero(far_out) > 20
    assert seen(matte)[far_out].mean() < 0.1


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize(
    ("dark", "light", "colour"),
    [
        ((225, 170, 140), (170, 170, 165), (50, 45, 50)),  # a ribbon behind a cheek
        ((60, 45, 40), (120, 125, 130), (230, 235, 235)),  # the bright gap of a door behind hair
        ((200, 40, 40), (190, 190, 190), (40, 60, 190)),
    ],
)
def test_a_line_of_other_colours_is_no_hair(
    dark: tuple[int, int, int],
    light: tuple[int, int, int],
    colour: tuple[int, int, int],
    line: tuple[tuple[int, int], tuple[int, int]],
) -> None:
    matte, outer = scene(dark, light, line, colour=colour)
    assert np.count_nonzero(outer) > 8
    assert seen(matte)[outer].mean() < 0.1


@pytest.mark.parametrize("line", LINES)
def test_before_grass_nothing_is_taken_for_hair(
    line: tuple[tuple[int, int], tuple[int, int]],
) -> None:
    matte, outer = scene((30, 24, 20), (120, 140, 90), line, rough=25.0)
    assert seen(matte)[outer].mean() < 0.1


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("dark", "light"), [((40, 28, 20), (225, 228, 235)), ((240, 225, 190), (50, 60, 70))]
)
def test_dense_hair_wider_than_the_band_is_not_taken_for_the_wall(
    seed: int, dark: tuple[int, int, int], light: tuple[int, int, int]
) -> None:
    """What lies just beyond the band is hair too: it must not pass for a sample of the wall."""
    rng = np.random.default_rng(seed)
    hair = np.zeros((HEIGHT, WIDTH), np.uint8)
    middle, radius = np.array([200, 170]), 60
    for _ in range(260):
        angle, length = rng.uniform(-np.pi, 0), rng.uniform(4, 22)
        out = np.array([np.cos(angle), np.sin(angle)])
        root, tip = middle + (radius - 4) * out, middle + (radius + length) * out
        cv2.line(
            hair, *(np.round(p).astype(int).tolist() for p in (root, tip)), 255, 2, cv2.LINE_AA
        )
    body = np.zeros_like(hair)
    cv2.circle(body, middle.tolist(), radius, 255, -1)
    body[170:, 140:260] = 255
    share = np.maximum(hair, body)[..., None] / 255.0
    light_rough = np.array(light) + rng.normal(0, 1.5, (HEIGHT, WIDTH, 3))
    picture = (share * np.array(dark) + (1 - share) * light_rough).clip(0, 255).astype(np.uint8)
    disparity = np.where(body > 0, np.float32(NEAR), np.float32(FAR))
    matte = subject_matte(picture, disparity, NEAR, GAIN_PX)
    assert matte is not None
    ring = (hair > 250) & (body == 0)
    wall = cv2.dilate(share[..., 0].astype(np.float32), np.ones((9, 9))) == 0
    assert seen(matte)[ring].mean() > 0.75
    assert seen(matte)[wall].mean() < 0.02

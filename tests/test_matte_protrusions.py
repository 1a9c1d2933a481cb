"""Small parts that the disparity lost come back; what only lies beside the subject does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from defocus.matte import Matte, subject_matte

if TYPE_CHECKING:
    from collections.abc import Callable

HEIGHT, WIDTH = 240, 320
NEAR, FAR = 0.9, 0.1
GAIN_PX = 30.0  # the step above blurs by 24 px
SKIN, NIGHT = (200, 150, 120), (20, 24, 30)
GOLD, WHITE = (235, 215, 140), (240, 240, 245)


def body() -> tuple[np.ndarray, np.ndarray]:
    """A picture of a body before the night, and its disparity."""
    picture = np.full((HEIGHT, WIDTH, 3), NIGHT, np.uint8)
    picture[80:, 100:200] = SKIN
    disparity = np.full((HEIGHT, WIDTH), FAR, np.float32)
    disparity[80:, 100:200] = NEAR
    return picture, disparity


def matte_with(draw: Callable[[np.ndarray], None]) -> Matte:
    picture, disparity = body()
    draw(picture)
    found = subject_matte(picture, disparity, NEAR, GAIN_PX)
    assert found is not None
    return found


def is_near(matte: Matte, rows: slice, columns: slice) -> np.ndarray:
    return (matte.disparity[rows, columns] > 0.7) & (matte.alpha[rows, columns] > 128)


def thumb(picture: np.ndarray) -> None:
    picture[62:80, 140:149] = SKIN


def test_a_thumb_that_the_disparity_lost_comes_back() -> None:
    matte = matte_with(thumb)
    assert is_near(matte, np.s_[64:80], np.s_[142:147]).all()
    assert not is_near(matte, np.s_[40:58], np.s_[:]).any()


def test_a_spotted_ear_comes_back() -> None:
    """Of a coat with colours as different as they can be, each of which it has too."""
    rng = np.random.default_rng(2)
    spots = cv2.resize(rng.integers(0, 2, (30, 40), np.uint8), (WIDTH, HEIGHT), interpolation=0)
    coat = np.where(spots[..., None] > 0, np.uint8(SKIN), np.uint8((120, 90, 60)))
    wall = np.full_like(coat, (225, 228, 235))
    disparity = np.full((HEIGHT, WIDTH), FAR, np.float32)
    picture = wall.copy()
    picture[80:, 100:200], disparity[80:, 100:200] = coat[80:, 100:200], NEAR
    picture[62:80, 140:150] = coat[62:80, 140:150]
    matte = subject_matte(picture, disparity, NEAR, GAIN_PX)
    assert matte is not None
    assert is_near(matte, np.s_[65:80], np.s_[142:148]).all()


def test_a_lock_comes_back() -> None:
    def lock(picture: np.ndarray) -> None:
        cv2.line(picture, (199, 120), (214, 108), SKIN, 2)

    picture, _ = body()
    lock(picture)
    drawn = (picture != NIGHT).any(2)
    drawn[:, :202] = False
    assert (matte_with(lock).disparity[drawn] > 0.7).mean() > 0.9


def stick(picture: np.ndarray) -> None:
    picture[54:80, 143:146] = SKIN


def edging(picture: np.ndarray) -> None:
    picture[100:200, 200:212] = SKIN


def blurred_thumb(picture: np.ndarray) -> None:
    drawn = picture.copy()
    thumb(drawn)
    drawn = cv2.GaussianBlur(drawn, (0, 0), 5)
    picture[:76] = drawn[:76]


def letter(picture: np.ndarray) -> None:
    picture[64:80, 130:134] = picture[64:67, 130:142] = GOLD


def frame(picture: np.ndarray) -> None:
    picture[62:80, 150:153] = picture[62:65, 150:166] = WHITE


@pytest.mark.parametrize("beside", [stick, edging, blurred_thumb, letter, frame])
def test_what_lies_beside_the_subject_stays_far(beside: Callable[[np.ndarray], None]) -> None:
    """A stick goes on, an edging does not stick out, what is blurred was not in focus, letters and
    frames on the wall have colours that the body has nowhere."""
    near = is_near(matte_with(beside), np.s_[:], np.s_[:])
    near[72:, 92:209] = False  # the body, and the band around it in which anything may be hair
    assert not near.any()


def test_before_a_busy_background_nothing_is_guessed() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)

    def busy(picture: np.ndarray) -> None:
        is_night = (picture == NIGHT).all(2)
        picture[is_night] = noise[is_night]
        thumb(picture)

    assert not is_near(matte_with(busy), np.s_[:70], np.s_[:]).any()


@pytest.mark.parametrize("share", [0.4, 0.6])
def test_parts_that_are_mixed_with_what_lies_behind_them_count_as_the_subject_s(
    share: float,
) -> None:
    """A tuft of thin hair has nowhere the colour of the hair itself."""

    def tuft(picture: np.ndarray) -> None:
        mixed = share * np.array(SKIN) + (1 - share) * np.array(NIGHT)
        picture[62:80, 140:149] = np.round(mixed)

    matte = matte_with(tuft)
    assert (matte.disparity[66:78, 142:147] > 0.7).mean() > 0.9

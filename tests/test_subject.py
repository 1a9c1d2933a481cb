from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from defocus.disparity import Disparity, Estimate
from defocus.photo import Embedded, Photo
from defocus.subject import find_subject

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE_WH = (64, 48)


@pytest.fixture
def sees_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    from defocus.depth.builtin import Builtin

    def estimate(self: Builtin, pixels: NDArray[np.uint8], quality: str = "default") -> Estimate:
        values = np.tile(np.linspace(0, 1, 32, dtype=np.float32), (24, 1))
        return Estimate(Disparity(values), right_half((24, 32)))

    monkeypatch.setattr(Builtin, "estimate", estimate)


def right_half(shape: tuple[int, int]) -> NDArray[np.float32]:
    mask = np.zeros(shape, np.float32)
    mask[:, shape[1] // 2 :] = 1
    return mask


def photo(**mattes: NDArray[np.float32]) -> Photo:
    pixels = np.zeros((SIZE_WH[1], SIZE_WH[0], 3), np.uint8)
    return Photo(pixels, embedded=Embedded(mattes=mattes))


def estimate(person: NDArray[np.float32] | None = None) -> Estimate:
    return Estimate(Disparity(right_half((24, 32))), person)


def test_a_phones_matte_comes_before_any_network() -> None:
    matte = 1 - right_half((12, 16))
    subject = find_subject(photo(portrait=matte), estimate(right_half((24, 32))))
    assert subject is not None
    assert subject.told_by == "phone"
    assert subject.matte is matte
    assert subject.weight.shape == (48, 64)
    assert subject.weight[24, 8] == 1
    assert subject.weight[24, 56] == 0


def test_whom_the_source_of_depth_sees_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from defocus.depth.builtin import Builtin

    monkeypatch.setattr(Builtin, "estimate", None)  # a call would fail
    subject = find_subject(photo(), estimate(right_half((24, 32))))
    assert subject is not None
    assert subject.told_by == "person"
    assert subject.weight[24, 50] == 1


@pytest.mark.usefixtures("sees_everybody")
def test_the_builtin_network_looks_where_the_source_cannot_tell() -> None:
    subject = find_subject(photo(), estimate())
    assert subject is not None
    assert subject.weight[24, 50] == 1
    assert subject.weight[24, 8] == 0


def test_nobody_is_no_subject() -> None:
    assert find_subject(photo(), estimate(np.zeros((24, 32), np.float32))) is None


@pytest.mark.usefixtures("sees_everybody")
def test_depth_that_somebody_gives_still_holds_the_person(tmp_path: object) -> None:
    from defocus.edit import Edit
    from defocus.scene import prepare

    given = replace(estimate(), disparity=Disparity(right_half((48, 64)), source="map.png"))
    scene = prepare(photo(), Edit(), estimate=given)
    assert scene.subject is not None
    assert scene.subject.weight[24, 50] == 1

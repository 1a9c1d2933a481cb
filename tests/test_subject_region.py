"""The weight of a region: sure inside, soft at the rim, and thin things are things."""

from __future__ import annotations

import numpy as np
import pytest

from defocus.subject._region import inside

BODY = (slice(40, 160), slice(100, 200))


def body(*more: tuple[slice, slice]) -> np.ndarray:
    region = np.zeros((200, 400), bool)
    for part in (BODY, *more):
        region[part] = True
    return region


def test_a_region_is_sure_inside_and_not_at_its_rim() -> None:
    weight = inside(body())
    assert weight[44:156, 104:196].min() == 1
    assert weight[40, 100:200].max() < 0.5
    assert weight[~body()].max() == 0


def test_what_the_frame_cuts_off_is_sure_up_to_the_frame() -> None:
    region = body((slice(160, 200), slice(100, 200)))
    assert inside(region)[199, 105:195].min() == 1


@pytest.mark.parametrize("thick_px", [1, 2, 4])
@pytest.mark.parametrize("lying", [False, True])
def test_a_pole_is_held_along_its_length(thick_px: int, lying: bool) -> None:
    pole = (slice(90, 90 + thick_px), slice(200, 300))
    if not lying:
        pole = (slice(0, 40), slice(150, 150 + thick_px))
    weight = inside(body(pole))
    assert weight[pole][:, 12:].min() > 0.7 if lying else weight[pole][:-12].min() > 0.7


def test_a_rough_outline_is_no_thin_thing() -> None:
    """Bumps of the map's own error beside the subject stay out."""
    bumps = [(slice(60 + 20 * k, 62 + 20 * k), slice(200, 204)) for k in range(4)]
    weight = inside(body(*bumps))
    for bump in bumps:
        assert weight[bump].max() < 0.5

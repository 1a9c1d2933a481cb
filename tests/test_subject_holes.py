from __future__ import annotations

import numpy as np
import pytest

from defocus.subject._holes import mistaken, without_holes


def ring(hole: int) -> np.ndarray:
    region = np.zeros((60, 80), bool)
    region[10:50, 20:60] = True
    region[20 : 20 + hole, 24 : 24 + hole] = False
    return region


def test_a_region_without_holes_keeps_its_bays() -> None:
    region = ring(5)
    region[10:20, 45:50] = False
    filled = without_holes(region)
    assert filled[22, 26]
    assert not filled[15, 47]


@pytest.mark.parametrize(
    ("hole", "strange", "expected"), [(4, True, True), (4, False, False), (20, True, False)]
)
def test_only_a_small_hole_of_a_strange_colour_is_a_mistake(
    hole: int, strange: bool, expected: bool
) -> None:
    region = ring(hole)
    lab = np.zeros((60, 80, 3), np.float32)
    lab[region] = (0.5, 0.3, 0.3)
    if strange:
        lab[without_holes(region) & ~region] = (0.9, -0.2, 0.0)
    assert mistaken(region, lab)[21, 25] == expected
    assert not mistaken(region, lab)[region].any()


def test_where_no_background_is_seen_a_hole_is_a_mistake() -> None:
    region = np.ones((30, 30), bool)
    region[10:12, 10:12] = False
    assert mistaken(region, np.zeros((30, 30, 3), np.float32))[10:12, 10:12].all()

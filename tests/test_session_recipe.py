from __future__ import annotations

import numpy as np
import pytest

from defocus.errors import EditError
from defocus.photo import Photo
from defocus.session.recipe import Recipe


@pytest.mark.parametrize(
    ("pattern", "called"),
    [
        ("{name}-defocus", "IMG_4711-defocus"),
        ("{number} {name} at f{f}", "007 IMG_4711 at f1.4"),
        ("wedding {number}", "wedding 007"),
        (" {name} ", "IMG_4711"),
        ("{", "{"),
    ],
)
def test_a_name_is_made_of_the_photos_own(pattern: str, called: str) -> None:
    assert Recipe(name=pattern).file_name("IMG_4711", 7, 1.4) == called


@pytest.mark.parametrize(
    "pattern",
    ["", "  ", "../{name}", "a/b", "a\\b", ".hidden", " .hidden", "a:b", "what?", "a\nb", "x" * 121,
     "{date}", "{name}{}"],
)  # fmt: skip
def test_a_name_leads_nowhere_else_and_is_one_that_any_disk_takes(pattern: str) -> None:
    with pytest.raises(EditError):
        Recipe(name=pattern)


@pytest.mark.parametrize("side", [0, 15, 30_001, 2048.0, True, "2048"])
def test_a_size_is_a_number_of_pixels(side: object) -> None:
    with pytest.raises(EditError, match="longer side"):
        Recipe(side)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("side", "size_wh"), [(None, (60, 40)), (30, (30, 20)), (60, (60, 40)), (500, (60, 40))]
)
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_result_gets_its_size_and_is_never_enlarged(
    side: int | None, size_wh: tuple[int, int], kind: type
) -> None:
    top = np.iinfo(kind).max
    pixels = np.zeros((40, 60, 3), kind)
    pixels[:, 30:] = top
    alpha = np.full((40, 60), top, kind)
    sized = Recipe(side).sized(Photo(pixels, alpha))
    assert sized.size_wh == size_wh
    assert sized.alpha is not None
    assert sized.alpha.shape == sized.pixels.shape[:2]
    assert sized.pixels.dtype == kind
    assert sized.pixels[:, : size_wh[0] // 2].max() == 0
    assert sized.pixels[:, size_wh[0] // 2 :].min() == top

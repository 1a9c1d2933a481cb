"""Every implementation in Python answers the scenes of ``conformance/`` within its tolerance."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from defocus.render import Renderer, _core

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROOT = Path(__file__).parent.parent / "conformance"
sys.path.insert(0, str(ROOT))
import case as conformance  # noqa: E402

FOLDERS = sorted(folder for folder in conformance.CASES.iterdir())
# One for each thing that the reference does; all of them would take minutes.
QUICK = (
    "foreground-20-percent",
    "grey-before-by-1-6",
    "lamp-blades-3",
    "lamp-ring-bubble",
    "sixteen-bits",
    "ground-with-range",
)


def _answer(case: conformance.Case, renderer: Renderer) -> NDArray[Any]:
    transfer = case.photo.transfer
    return renderer.render(case.photo.pixels, case.radius_px, case.lens, transfer=transfer)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_core_answers_within_its_tolerance(folder: Path) -> None:
    got = conformance.likeness(
        _answer(conformance.load(folder), Renderer()), conformance.truth(folder)
    )
    wanted = conformance.tolerance("native", folder.name)
    assert got.psnr_db >= wanted.psnr_db, got
    assert got.tone <= wanted.tone, got


@pytest.mark.skipif(not _core.has_avx2(), reason="this processor takes the portable path anyway")
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_portable_core_gives_the_same_bits(folder: Path) -> None:
    case = conformance.load(folder)
    assert np.array_equal(_answer(case, Renderer(portable=True)), _answer(case, Renderer()))


@pytest.mark.parametrize("name", QUICK)
def test_the_truth_is_what_the_reference_says_today(name: str) -> None:
    folder = conformance.CASES / name
    said = conformance.expected(folder).astype(np.int32)
    off = np.abs(said - conformance.truth(folder).astype(np.int32))
    # NumPy's powers differ in their last bit between processors with and without AVX-512: of 16
    # bits one value in a thousand is rounded to the other side.
    assert off.max() <= 1
    assert np.mean(off > 0) < 0.005


def test_a_wrong_answer_fails() -> None:
    right = conformance.truth(conformance.CASES / "subject-sharp")
    moved = conformance.likeness(np.roll(right, 1, axis=1), right)
    darker = conformance.likeness((right * 0.98).astype(np.uint8), right)
    wanted = conformance.tolerance("native", "subject-sharp")
    assert moved.psnr_db < wanted.psnr_db
    assert darker.tone > wanted.tone

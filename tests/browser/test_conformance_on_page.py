"""The preview in the browser answers the scenes of ``conformance/`` within its tolerance."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from page_lens import render
from similarity import similarity

from defocus.constants import FULL_FRAME_WIDTH_MM
from defocus.optics import thin_lens_gain_px_m

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from playwright.sync_api import Page

ROOT = Path(__file__).parents[2] / "conformance"
sys.path.insert(0, str(ROOT))
import case as conformance  # noqa: E402

pytestmark = pytest.mark.browser

FOLDERS = sorted(folder for folder in conformance.CASES.iterdir())


@pytest.fixture(scope="module")
def page(pages: Callable[..., tuple[Page, list[str]]]) -> Page:
    return pages()[0]


def eight_bits(pixels: NDArray[np.generic]) -> NDArray[np.uint8]:
    """As the page is given every photo."""
    if pixels.dtype == np.uint16:
        return np.round(pixels / 257).astype(np.uint8)
    return np.asarray(pixels, np.uint8)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_preview_at_rest_is_the_truth_within_its_tolerance(page: Page, folder: Path) -> None:
    case = conformance.load(folder)
    record = json.loads((folder / "case.json").read_text())
    codes = cv2.imread(str(folder / "disparity.png"), cv2.IMREAD_UNCHANGED)
    plane = record["plane"]
    gain = record.get("gain_px")
    if gain is None:
        metric = record["metric"]
        gain = metric["per_unit"] * thin_lens_gain_px_m(
            metric["focal_35mm"] / FULL_FRAME_WIDTH_MM * max(case.photo.size_wh),
            metric["focal_35mm"] / 1000,
            case.lens.f_number,
            1 / (metric["low"] + metric["per_unit"] * plane["disparity"]),
        )
    shown = render(
        page,
        eight_bits(case.photo.pixels),
        codes.astype(np.float32) / np.float32(65535),
        case.lens,
        plane=plane["disparity"],
        plane_range=plane["range"],
        gain=gain,
        foreground=record["foreground"],
    )
    truth = eight_bits(conformance.truth(folder))
    likeness = conformance.likeness(shown, truth)
    tolerance = conformance.tolerance("browser", folder.name)
    assert likeness.psnr_db >= tolerance.psnr_db
    assert likeness.tone <= tolerance.tone
    assert similarity(shown.astype(float), truth.astype(float)) >= 0.98

"""Pictures as they were when somebody looked at them and found them right.

A picture that differs more than its tolerance is saved beside the expected one and their difference
(eight times as strong), and the failure names the folder. ``DEFOCUS_GOLDEN=write`` takes what is
there now as right: look at it before you commit it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOLDER = Path(__file__).parents[1] / "golden"


def check_golden(name: str, actual: NDArray[np.uint8], least_db: float, failures: Path) -> None:
    """Compare H×W×3 uint8 RGB with ``tests/golden/NAME.png``.

    Args:
        name: of the picture.
        actual: what was made now.
        least_db: PSNR below which they count as different.
        failures: folder for what was expected, what was there, and the difference.
    """
    path = FOLDER / f"{name}.png"
    if os.environ.get("DEFOCUS_GOLDEN") == "write":
        FOLDER.mkdir(exist_ok=True)
        cv2.imwrite(str(path), actual[..., ::-1])
        return
    assert path.exists(), f"no {path}: look at the picture, then run with DEFOCUS_GOLDEN=write"
    expected = np.ascontiguousarray(cv2.imread(str(path))[..., ::-1])
    assert actual.shape == expected.shape
    difference = actual.astype(np.float32) - expected
    found_db = 20 * np.log10(255 / max(float(np.sqrt((difference**2).mean())), 1e-6))
    if found_db >= least_db:
        return
    strong = np.clip(np.abs(difference) * 8, 0, 255).astype(np.uint8)
    pictures = {"expected": expected, "actual": actual, "difference": strong}
    for kind, pixels in pictures.items():
        cv2.imwrite(str(failures / f"{name}-{kind}.png"), pixels[..., ::-1])
    raise AssertionError(
        f"{name} differs: {found_db:.1f} dB, at least {least_db:g} wanted; see {failures}"
    )

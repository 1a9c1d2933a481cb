"""How right the matte is, on a photo whose alpha is known.

    python benchmarks/matte.py PHOTO ALPHA TRIMAP [--pymatting]

Our trimap comes from our own depth network; TRIMAP, drawn by hand, only says where to measure.
Printed: mean absolute error of alpha in its unknown region, and seconds, for the disparity's hard
edge, for the matte at each quality, and for pymatting's closed form on our trimap and on TRIMAP.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from defocus.depth import load_model
from defocus.edit import Focus
from defocus.focus import find_focus
from defocus.layers import hold
from defocus.matte import Matte, subject_matte
from defocus.matte._trimap import Plane, from_disparity, pays_px
from defocus.optics import relative_gain_px
from defocus.refine import refine
from defocus.subject.people import people_region

Floats = NDArray[np.float32]
F_NUMBER = 1.4


def grey(path: Path) -> Floats:
    return cv2.imread(str(path), cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255


def weight(matte: Matte, parting: float) -> Floats:
    """Alpha, with opaque pixels counted to the side that their disparity says."""
    front = (matte.disparity > parting).astype(np.float32)
    return np.where(matte.alpha < 255, matte.alpha.astype(np.float32) / 255, front)


def closed_form(picture: NDArray[np.uint8], trimap: Floats) -> Floats:
    from pymatting import estimate_alpha_cf

    return estimate_alpha_cf(picture / 255.0, trimap.astype(np.float64)).astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photo", type=Path)
    parser.add_argument("alpha", type=Path)
    parser.add_argument("trimap", type=Path)
    parser.add_argument("--pymatting", action="store_true")
    options = parser.parse_args()
    picture = cv2.cvtColor(cv2.imread(str(options.photo)), cv2.COLOR_BGR2RGB)
    truth, drawn = grey(options.alpha), grey(options.trimap)
    unknown = (drawn > 0.08) & (drawn < 0.92)

    estimate = load_model("builtin").estimate(picture)
    found = estimate.disparity.normalised()
    disparity = refine(found, picture).values
    subject = (
        None if estimate.person is None else people_region(found.values, estimate.person, picture)
    )
    plane = find_focus(found.values, Focus(), subject)
    raw = disparity
    if subject is not None:
        subject = cv2.resize(subject, (picture.shape[1], picture.shape[0]))
        disparity = hold(disparity, subject, plane)
    parting = plane.disparity / 2
    gain = relative_gain_px((picture.shape[1], picture.shape[0]), F_NUMBER)

    def report(name: str, alpha: Floats, seconds: float) -> None:
        error = float(np.abs(alpha - truth)[unknown].mean())
        print(f"{name:34s} {error:.4f}  {seconds:6.2f} s", flush=True)

    report("hard edge of the disparity", (disparity > parting).astype(np.float32), 0.0)
    for quality in ("fast", "default", "high"):
        begin = time.perf_counter()
        matte = subject_matte(
            picture,
            disparity,
            plane.disparity,
            gain,
            focus_range=plane.range,
            subject=subject,
            unheld=raw,
            quality=quality,
        )
        seconds = time.perf_counter() - begin
        if matte is not None:
            report(f"matte, {quality}", weight(matte, parting), seconds)
    if options.pymatting:
        least = pays_px(max(disparity.shape))
        ours = from_disparity(disparity, Plane(plane.disparity, gain, plane.range), pays_px=least)
        hand = np.where(unknown, np.float32(0.5), np.round(drawn))
        trimaps = {"pymatting, trimap drawn by hand": hand}
        if ours is not None:
            trimaps["pymatting, our trimap"] = np.where(ours.unknown, np.float32(0.5), ours.front)
        closed_form(picture[:64, :64], np.tile(np.float32([0, 0.5, 1, 0.5]), (64, 16)))  # compiles
        for name, trimap in trimaps.items():
            begin = time.perf_counter()
            alpha = closed_form(picture, trimap)
            report(name, alpha, time.perf_counter() - begin)


if __name__ == "__main__":
    main()

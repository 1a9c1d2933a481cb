"""The figures that matter, against floors that a change may not fall below.

    python benchmarks/check.py [--quick] [--only WORD] [--record]

Each figure is measured and held against ``floors.json``: the value when it was recorded, less what
it may vary without meaning anything. ``--quick`` leaves out those that need a quiet machine or a
browser; that part runs in CI. ``--record`` writes what was measured as the new floors: do that when
a figure rose and should stay there. Exit code 1 if one fell.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import hair
import marked
import numpy as np
import refine
import render_quality
import specks
from depth import score as depth_score
from ray_traced import SCENES, Score, load_all

if TYPE_CHECKING:
    from collections.abc import Callable

FLOORS = Path(__file__).with_name("floors.json")
RENDERS = Path(__file__).with_name("renders")


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes:
        about: for people.
        measure: gives one number.
        slack: how far it may fall below what was recorded without meaning anything.
        higher_is_better: else it may not rise.
        quick: for CI: repeatable on a busy machine.
    """

    about: str
    measure: Callable[[], float]
    slack: float
    higher_is_better: bool = True
    quick: bool = True

    def falls_below(self, value: float, recorded: float) -> bool:
        """Whether the value is worse than the floor."""
        fall = recorded - value if self.higher_is_better else value - recorded
        return fall > self.slack


# Each is asked for twice, for the whole picture and for its edges.
@cache
def lens_db() -> Score:
    return render_quality.mean_score(render_quality.lens, load_all(SCENES))


@cache
def refined_db() -> Score:
    return _way_db(refine.refined("default"))


@cache
def photo_alone_db() -> Score:
    return _way_db(refine.network(True))


def _way_db(source: refine.Source) -> Score:
    return Score.mean(list(refine.measure(source, load_all(SCENES)).values()))


def hair_error() -> float:
    return float(np.mean([hair.error(background)[0] for background in hair.BACKGROUNDS]))


def ordinal() -> float:
    """Share of pixel pairs of the small renders that the built-in network orders rightly."""
    from defocus.depth import load_model

    model, found = load_model("builtin"), []
    for path in sorted(RENDERS.glob("*.jpg")):
        picture = np.ascontiguousarray(cv2.imread(str(path))[..., ::-1])
        bits = cv2.imread(str(path.with_suffix(".png")), cv2.IMREAD_UNCHANGED)
        truth = bits.view(np.float16).astype(np.float32)
        values = model.estimate(picture).disparity.resized(truth.shape[::-1]).values
        found.append(depth_score(values, truth, truth > 0).ordinal)
    return float(np.mean(found))


def help_seconds() -> float:
    """CPU seconds of ``defocus --help``, least of five."""
    seconds = []
    for _ in range(5):
        before = os.times()
        subprocess.run(
            [sys.executable, "-c", "from defocus.cli import main; main(['--help'])"],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        after = os.times()
        seconds.append(
            after.children_user + after.children_system
            - before.children_user - before.children_system
        )  # fmt: skip
    return min(seconds)


FIGURES: dict[str, Figure] = {
    "lens": Figure("lens, exact depth, dB", lambda: lens_db().psnr, 0.05),
    "lens, edges": Figure("lens, near depth steps, dB", lambda: lens_db().edge, 0.05),
    "refined": Figure("lens, depth of an eighth refined, dB", lambda: refined_db().psnr, 0.1),
    "refined, edges": Figure("the same, near depth steps, dB", lambda: refined_db().edge, 0.15),
    "photo alone": Figure(
        "the whole way from the photo alone, dB", lambda: photo_alone_db().psnr, 0.15
    ),
    "photo alone, edges": Figure(
        "the same, near depth steps, dB", lambda: photo_alone_db().edge, 0.2
    ),
    "hair": Figure("error of alpha on drawn hair", hair_error, 0.004, higher_is_better=False),
    **{
        f"marked {kind}": Figure(
            f"{kind} right, of points marked in 41 pictures", partial(marked.share, kind), 0.02
        )
        for kind in marked.KINDS
    },
    "specks": Figure(
        "isolated sharp specks in blurred areas of the marked pictures",
        lambda: float(specks.marked_total()[0]),
        5,
        higher_is_better=False,
    ),
    "eaten": Figure(
        "see-through pixels of which the subject is certain, there",
        lambda: float(specks.marked_total()[1]),
        0,
        higher_is_better=False,
    ),
    "help": Figure(
        "CPU seconds of defocus --help", help_seconds, 0.1, higher_is_better=False, quick=False
    ),
    "ordinal": Figure("pixel pairs of renders in the right order", ordinal, 0.004),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="", help="figures whose name holds this word")
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    floors: dict[str, float] = json.loads(FLOORS.read_text()) if FLOORS.exists() else {}
    fallen = []
    for name, figure in FIGURES.items():
        if options.only not in name or (options.quick and not figure.quick):
            continue
        value = figure.measure()
        recorded = floors.get(name)
        verdict = "new"
        if recorded is not None:
            falls = figure.falls_below(value, recorded)
            verdict = "FELL" if falls else "holds"
            if falls:
                fallen.append(name)
        was = "" if recorded is None else f", recorded {recorded:.4g} (slack {figure.slack:g})"
        print(f"{name:20s} {value:8.4g}  {verdict:5s}  {figure.about}{was}", flush=True)
        if options.record or recorded is None:
            floors[name] = round(value, 4)
    if options.record:
        FLOORS.write_text(json.dumps(floors, indent=2) + "\n")
    elif fallen:
        sys.exit(f"fell: {', '.join(fallen)}")


if __name__ == "__main__":
    main()

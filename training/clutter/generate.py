"""Make pictures of clutter with their depth.

    python clutter/generate.py OUT --count 800 --posters RENDERS

``OUT/c_SCENE_VIEW.jpg`` and ``.npz``, as ``renders.py`` reads them. Scene n follows from n (and the
posters) alone; what is there already is skipped. About 1.5 CPU-seconds a picture.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import cv2
import numpy as np
from cast import picture
from scenes import compose

SIZES_WH = ((448, 336), (336, 448), (392, 392))
SHARES = (0.5, 0.3, 0.2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=800)
    parser.add_argument("--posters", type=Path, help="a folder of *.jpg to hang up in the scenes")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    posters = sorted(options.posters.glob("*.jpg")) if options.posters else []
    begin = time.time()
    for number in range(options.first, options.first + options.count):
        target = options.out / f"c_{number:05d}_0.npz"
        if target.exists():
            continue
        rng = np.random.default_rng([8, number])
        scene, view = compose(rng, posters)
        save(target, *picture(scene, view, SIZES_WH[rng.choice(3, p=SHARES)]))
        if number % 20 == 0:
            print(f"{number}: {time.time() - begin:.0f} s", flush=True)


def save(target: Path, image: np.ndarray, depth: np.ndarray, thing: np.ndarray) -> None:
    """The picture first: a pair counts when its depth is there."""
    codes = np.round(image[..., ::-1] * 255).astype(np.uint8)
    cv2.imwrite(str(target.with_suffix(".jpg")), codes, [cv2.IMWRITE_JPEG_QUALITY, 94])
    sky = ~np.isfinite(depth)
    part = target.with_name(f".{target.stem}.part.npz")
    z = np.where(sky, 1000, depth).astype(np.float32)
    np.savez_compressed(part, z=z, sky=sky, thing=thing)
    part.replace(target)


if __name__ == "__main__":
    main()

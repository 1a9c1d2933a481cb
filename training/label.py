"""Who is in a render: nobody wrote it down, so an earlier network says it of the clean picture, and
geometry corrects it (``people.py``).

    python label.py LABELS RENDERS [RENDERS …] --teacher NETWORK.onnx

Clutter is labelled too: there the old network's word keeps the new one from forgetting that a cat
or a flower may be a subject like a person.

Writes LABELS/NAME.png, 0 to 255; resumable.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import renders
from people import corrected

LONG_SIDE = 336
PATCH = 14


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("labels", type=Path)
    parser.add_argument("renders", type=Path, nargs="+")
    parser.add_argument("--teacher", type=Path, required=True, help="ONNX with a person output")
    options = parser.parse_args()
    options.labels.mkdir(parents=True, exist_ok=True)
    threads = onnxruntime.SessionOptions()
    threads.intra_op_num_threads = 1  # more would spin while they wait for each other
    session = onnxruntime.InferenceSession(options.teacher, threads)
    for folder in options.renders:
        for name in renders.names(folder):
            target = options.labels / f"{name}.png"
            if not target.exists():
                write_label(session, folder, name, target)


def write_label(
    session: onnxruntime.InferenceSession, folder: Path, name: str, target: Path
) -> None:
    """One pair's label."""
    image, _ = renders.read(folder, name)
    part = target.with_name(f".{name}.part.png")
    with np.load(folder / f"{name}.npz") as stored:
        label = corrected(person(session, image), stored)
    cv2.imwrite(str(part), np.round(label * 255).astype(np.uint8))
    part.replace(target)


def person(session: onnxruntime.InferenceSession, image: renders.Floats) -> renders.Floats:
    """H×W float32 in 0..1 for a picture H×W×3 in 0..1."""
    height, width = image.shape[:2]
    scale = LONG_SIDE / max(height, width)
    size_wh = tuple(round(n * scale / PATCH) * PATCH for n in (width, height))
    small = cv2.resize(image, size_wh, interpolation=cv2.INTER_CUBIC).clip(0, 1)
    (found,) = session.run(["person"], {"image": small.transpose(2, 0, 1)[None]})
    return cv2.resize(found[0, 0], (width, height))


if __name__ == "__main__":
    main()

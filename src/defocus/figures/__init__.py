"""Figures: a second opinion on where somebody is, by a small network trained on real people.

The depth network tells people as well, but it was taught on bodies that were drawn: a head before a
street, a raised arm, somebody in the second row it may see as hardly likely. This one sees the
photo as a whole and, larger, what is around each face and around each place where the depth network
sees somebody.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from defocus._maps import halved, resized
from defocus.figures._join import joined, logit
from defocus.figures._views import WHOLE, views

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from defocus._maps import Floats
    from defocus.faces import Face
    from defocus.figures._views import Box

__all__ = ["find_figures"]

MODEL_PATH = Path(__file__).with_name("models") / "selfie-segmentation.onnx"
_SURE_FACE = 0.75  # score
_SIDE_PX = 256
_MOST_PX = 2048  # of the photo: a face's box of a tenth of it is not enlarged


def find_figures(pixels: NDArray[np.uint8], person: Floats, faces: Sequence[Face]) -> Floats:
    """Who is a person, by the depth network and by this one.

    Args:
        pixels: H×W×3 uint8, upright, sRGB-like encoded.
        person: h×w in 0..1, of a person, by the depth network.
        faces: of the picture.

    Returns:
        h×w float32 in 0..1, nowhere less than ``person``. Without a sure face it is ``person``, and
        nothing was run.

    Raises:
        ModelError: the network is damaged or cannot be run.
    """
    faces = [face for face in faces if face.score >= _SURE_FACE]
    if not faces:
        return person
    return joined(person, _seen(pixels, (WHOLE, *views(person, faces)), person.shape), faces)


def _seen(pixels: NDArray[np.uint8], boxes: Sequence[Box], shape: tuple[int, ...]) -> Floats:
    """Mean odds of all views and their mirror images, each fading out where it ends within the
    picture."""
    from defocus.network import open_session, run_session

    while max(pixels.shape[:2]) > _MOST_PX and min(pixels.shape[:2]) > 1:
        pixels = halved(pixels)
    images = [_image(pixels, box) for box in boxes]
    both = np.stack([*images, *(image[:, :, ::-1] for image in images)])
    (found,) = run_session(open_session(MODEL_PATH), {"image": both}, name="figures")
    straight, mirrored = logit(found[: len(boxes), 0]), logit(found[len(boxes) :, 0, :, ::-1])
    total, weights = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for box, odds in zip(boxes, (straight + mirrored) / 2, strict=True):
        rows, columns = box.of((shape[1], shape[0]))
        weight = box.weight(rows, columns, shape)
        size_wh = columns.stop - columns.start, rows.stop - rows.start
        total[rows, columns] += weight * resized(odds, size_wh)
        weights[rows, columns] += weight
    return np.asarray(total / weights, np.float32)


def _image(pixels: NDArray[np.uint8], box: Box) -> Floats:
    import cv2

    part = pixels[box.of((pixels.shape[1], pixels.shape[0]))]
    shrinks = max(part.shape[:2]) > _SIDE_PX
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    small = cv2.resize(part, (_SIDE_PX, _SIDE_PX), interpolation=how)
    return np.asarray(small.transpose(2, 0, 1) / np.float32(255), np.float32)

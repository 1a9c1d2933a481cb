"""Things: what a picture is of when nobody is in it, or what whoever is in it sits on and holds.

A depth network draws a car as a slope and a sofa as two; a band of depth cuts them. What stands in
front of the ground and the background, and what the network's person output half takes for somebody
(it was taught to look for what a photographer looks at), is evidence; :mod:`_region` makes one
region a thing of it. The one that is large, central and not cut off by the frame is the subject.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from defocus._maps import centre_prior, fit, resized
from defocus.subject._region import even_out, inside, lab_of
from defocus.subject._salient import salient_region, telling
from defocus.subject.record import Subject
from defocus.tone import as_sdr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus._maps import Floats
    from defocus.disparity import Estimate
    from defocus.photo import Photo
    from defocus.quality import Quality

_WORK_PX = 224
_THING = 0.4  # of the evened evidence
_IN_FRONT = (0.04, 0.2)  # normalised disparity before the ground: no evidence, all of it
_LIKE_SOMEBODY = 0.5  # of the person output: all evidence
_WEIGHT_OF_ONE = 0.7  # of either, alone: sure, if not certain
# What a thing needs where the person output sees nothing at all in it, and what one more of that
# output changes: share of the picture, centre first; share of its outline on the picture's border.
_LEAST_SHARE, _LESS_SHARE = 0.08, -0.12
_MOST_OF_FRAME, _MORE_FRAME = 0.19, 0.6
_AS_SURE = 0.82  # of the evidence of most of a thing, for the rest of it
_COMPANION = 0.3  # of the main thing's score
_COMPANION_OFFSET = 0.12  # normalised disparity
_HELD_OFFSET = 0.28  # of what is in a hand or on a lap, or a wheel ahead: an arm is as deep
_TOUCHED = 0.03  # of what somebody sits on or holds, that is seen as himself


def subject_of(photo: Photo, found: Estimate, quality: Quality) -> Subject | None:
    """The thing that the picture is of, or what is salient in a landscape, a street, a room."""
    disparity, pixels = found.disparity.normalised(), as_sdr(photo).pixels
    salient = telling(found.salient, disparity.size_wh)
    told = None if salient is None else salient_region(disparity.values, salient, pixels)
    relief = None
    if told is None or not told[1]:
        relief = thing_region(disparity.values, found.person, pixels)
    if told is not None and (told[1] or _same(told[0], relief)):
        return Subject(resized(told[0], photo.size_wh), "thing")
    either = (relief, None if told is None else told[0])
    regions = [resized(each, photo.size_wh) for each in either if each is not None]
    if not regions:
        return None
    # Who was asked what is salient, and saw little or nothing, saw a scene.
    told_by = "thing" if found.salient is None else "scene"
    return Subject(np.maximum.reduce(regions), told_by)


def _same(told: Floats, relief: Floats | None) -> bool:
    """Whether what is salient, if not surely, is what stands out from the ground as well."""
    if relief is None:
        return False
    both = resized(relief, (told.shape[1], told.shape[0]))[told > 0.5]
    return bool(both.size and both.mean() > 0.5)


def thing_region(
    values: Floats, person: Floats | None, pixels: NDArray[np.uint8] | NDArray[np.uint16]
) -> Floats | None:
    """The region of the main thing and of those like it beside it; None if there is none.

    Args:
        values: h×w disparity, normalised to 0..1.
        person: h×w in 0..1, or None if it is not known.
        pixels: H×W×3 of the photo, any size.

    Returns:
        Float32 in 0..1 of a small size.
    """
    evened, disparity = evened_evidence(values, person, pixels)
    count, labels = components(evened > _THING)
    if count < 2:
        return None
    height, width = evened.shape
    prior = centre_prior(height, width)
    score = np.bincount(labels.ravel(), (evened * prior).ravel(), count) / prior.sum()
    looked_at = _looked_at(labels, count, person)
    score *= _whole(labels, count, looked_at)
    score *= score >= _LEAST_SHARE + _LESS_SHARE * looked_at
    score[0] = 0
    main = int(np.argmax(score))
    if score[main] == 0:
        return None
    keep = np.zeros(count, bool)
    middle = float(np.median(disparity[labels == main]))
    for label in np.flatnonzero(score >= _COMPANION * score[main]):
        keep[label] = abs(np.median(disparity[labels == label]) - middle) < _COMPANION_OFFSET
    return inside(_as_sure(keep[labels], evened))


def with_what_they_hold(
    people: Floats, values: Floats, person: Floats, pixels: NDArray[np.uint8] | NDArray[np.uint16]
) -> Floats:
    """The region of people, and of the things that they ride, sit on or hold and that are as far.

    Args:
        people: h×w in 0..1, from :func:`defocus.subject.people.people_region`.
        values, person, pixels: as in :func:`thing_region`.

    Returns:
        h×w float32 in 0..1, nowhere less than ``people``.
    """
    evened, disparity = evened_evidence(values, person, pixels)
    who = resized(people, (evened.shape[1], evened.shape[0])) > 0.5
    if not who.any():
        return people
    offset = np.abs(disparity - np.median(disparity[who]))
    count, labels = components((evened > _THING) & (offset < _HELD_OFFSET))
    share = np.bincount(labels[who], minlength=count) / np.bincount(labels.ravel())
    keep = (share > _TOUCHED) & _whole(labels, count, _looked_at(labels, count, person))
    keep[0] = False
    held = inside(np.asarray(keep[labels]))
    return np.maximum(people, resized(held, (people.shape[1], people.shape[0])))


def evened_evidence(
    values: Floats, person: Floats | None, pixels: NDArray[np.uint8] | NDArray[np.uint16]
) -> tuple[Floats, Floats]:
    """How much each pixel belongs to a thing, and its disparity, at a small working size."""
    size_wh = fit((values.shape[1], values.shape[0]), _WORK_PX)
    disparity = resized(values, size_wh)
    low, high = _IN_FRONT
    evidence = np.clip((disparity - ground(disparity) - low) / (high - low), 0, 1)
    if person is not None:
        evidence = evidence + np.clip(resized(person, size_wh) / _LIKE_SOMEBODY, 0, 1)
    evidence = np.asarray(np.clip(_WEIGHT_OF_ONE * evidence, 0, 1), np.float32)
    trust = np.asarray(0.05 + np.abs(2 * evidence - 1), np.float32)
    return even_out(evidence, trust, disparity, lab_of(pixels, size_wh)), disparity


def ground(disparity: Floats) -> Floats:
    """The disparity of what things stand on and before, at each pixel.

    The disparity of a level ground falls evenly from the lower border to the horizon. The fall is
    fitted to the lower half of the picture so that a quarter of it lies under it (Koenker & Bassett
    1978, "Regression quantiles"), by reweighted least squares: things hide the rest.
    """
    height, width = disparity.shape
    nearest, fall = ground_line(disparity)
    y = (np.arange(height) - height + 1) / max(height, width)
    flat = np.maximum(nearest + max(fall, 0.0) * y, np.percentile(disparity, 5))
    return np.asarray(np.repeat(flat[:, None], width, axis=1), np.float32)


def ground_line(disparity: Floats) -> tuple[float, float]:
    """Of the ground: disparity at the lower border, and its fall for each long side upwards."""
    height, width = disparity.shape
    y = (np.arange(height) - height + 1) / max(height, width)
    lower = slice(int(0.55 * height), height)
    design = np.repeat(np.stack([np.ones_like(y[lower]), y[lower]], -1), width, axis=0)
    seen = disparity[lower].ravel().astype(np.float64)
    line = np.array([np.percentile(seen, 25), 0.0])
    for _ in range(25):
        above = seen - design @ line
        weight = np.where(above > 0, 0.25, 0.75) / np.maximum(np.abs(above), 0.02)
        weighted = design * weight[:, None]
        line = np.linalg.solve(design.T @ weighted + 1e-6 * np.eye(2), weighted.T @ seen)
    return float(line[0]), float(line[1])


def _as_sure(region: NDArray[np.bool_], evened: Floats) -> NDArray[np.bool_]:
    """Without what is in it by a bridge of weaker evidence: the slope behind a car, a hedge."""
    count, labels = components(region & (evened > _AS_SURE * np.median(evened[region])))
    pixels = np.bincount(labels.ravel(), minlength=count)
    pixels[0] = 0
    large = pixels >= _COMPANION * pixels.max()
    large[0] = False
    return np.asarray(large[labels], np.bool_)


def components(region: NDArray[np.bool_]) -> tuple[int, NDArray[np.int32]]:
    """Their count, 0 for all else included, and labels."""
    import cv2

    count, labels = cv2.connectedComponents(region.astype(np.uint8), connectivity=4)
    return count, np.asarray(labels, np.int32)


def _looked_at(labels: NDArray[np.int32], count: int, person: Floats | None) -> NDArray[np.float64]:
    """Mean of the person output in each."""
    if person is None:
        return np.zeros(count)
    seen = resized(person, (labels.shape[1], labels.shape[0]))
    pixels = np.bincount(labels.ravel(), minlength=count)
    return np.asarray(np.bincount(labels.ravel(), seen.ravel(), count) / pixels)


def _whole(
    labels: NDArray[np.int32], count: int, looked_at: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Whether each is in the picture rather than cut off by its border."""
    return np.asarray(_on_frame(labels, count) <= _MOST_OF_FRAME + _MORE_FRAME * looked_at)


def _on_frame(labels: NDArray[np.int32], count: int) -> NDArray[np.float64]:
    """Share of each outline that lies on the left, right or upper border of the picture."""
    edge = np.zeros(count)
    for line in (labels[0], labels[:, 0], labels[:, -1]):
        edge += np.bincount(line, minlength=count)
    inner = np.zeros(count)
    for a, b in ((labels[1:], labels[:-1]), (labels[:, 1:], labels[:, :-1])):
        differs = a != b
        inner += np.bincount(a[differs], minlength=count) + np.bincount(b[differs], minlength=count)
    bottom = np.bincount(labels[-1], minlength=count)
    return np.asarray(edge / np.maximum(edge + inner + bottom, 1))

"""People: the region of those whom a network sees.

A depth network gives a face, a dark collar and a held cup three different depths. A photographer
sees one subject. Its region is cut from the network's person output and the disparity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from defocus._maps import resized
from defocus.depth import eight_bit
from defocus.errors import ModelError
from defocus.faces import find_faces
from defocus.subject._heads import faces_within, heads
from defocus.subject._region import inside
from defocus.subject.record import Subject
from defocus.subject.things import thing_region, with_what_they_hold
from defocus.tone import as_sdr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.disparity import Estimate
    from defocus.photo import Photo
    from defocus.quality import Quality

_LIKELY, _POSSIBLE = 0.5, 0.12  # of a person's probability: hysteresis, as in Canny (1986)
# Mean probability over a region without a face: people seen from behind and pets have .6 and more,
# what is no person .2 to .45.
_HALF_SEEN = 0.5
_SAME_THING = 0.3  # of it, in the thing that stands out: both are parts of one
_MIN_AREA = 0.004  # of the picture, for the main region
_COMPANION_AREA = 0.25  # of the main region's score, for others in the group
_COMPANION_OFFSET = (0.18, 0.38)  # normalised disparity between a group's members, small to equal
_AS_NEAR = 0.6  # of the main person's face: whose is as large is in the group at any disparity
_HEAD = np.float32(0.95)  # how likely a person is where a face is
_SMALL_HOLE = 0.015  # of the region's area
_BEHIND = (0.15, 0.6)  # how far a part may lie behind the subject's median, at least and at most


def subject_of(photo: Photo, found: Estimate, quality: Quality) -> Subject | None:
    """Whom the network sees, at the photo's size; the built-in one where the source cannot tell."""

    disparity = found.disparity.normalised()
    person = found.person
    if person is None:
        person = resized(_seen(photo, quality), disparity.size_wh)
    pixels = eight_bit(as_sdr(photo).pixels)
    faces = find_faces(pixels)
    region = people_region(disparity.values, person, heads(faces, disparity.size_wh))
    if region is None:
        return None
    own = faces_within(region, faces)
    if not own and float(person[region > 0.5].mean()) < _HALF_SEEN:
        # A flower, a plate, a tower: all of it is held, of which the network sees somebody in part.
        thing = thing_region(disparity.values, person, pixels)
        if thing is not None:
            thing = resized(thing, disparity.size_wh)
            both = (region > 0.5) & (thing > 0.5)
            same = np.count_nonzero(both) > _SAME_THING * np.count_nonzero(region > 0.5)
            region = np.maximum(region, thing) if same else thing
        return Subject(resized(region, photo.size_wh), "thing")
    region = with_what_they_hold(region, disparity.values, person, pixels)
    return Subject(resized(region, photo.size_wh), "person", faces=faces_within(region, faces))


def _seen(photo: Photo, quality: Quality) -> NDArray[np.float32]:
    from defocus.depth.builtin import Builtin

    person = Builtin().estimate(eight_bit(as_sdr(photo).pixels), quality).person
    if person is None:  # our own file: it has that output
        raise ModelError("the built-in network tells no person: install defocus again")
    return person


def people_region(
    values: NDArray[np.float32],
    probability: NDArray[np.float32],
    seen_heads: NDArray[np.float32] | None = None,
) -> NDArray[np.float32] | None:
    """The region of the main person and of who belongs to them; None if nobody is seen.

    Args:
        values: h×w disparity, normalised to 0..1.
        probability: h×w in 0..1, of a person.
        seen_heads: h×w, where a head is whatever the network says, and how large, from
            :func:`defocus.subject._heads.heads`; or None.

    Returns:
        h×w float32 in 0..1: 1 inside, 0 outside, soft for some pixels at the rim. Holes are closed
        unless the background shows through them.
    """
    import cv2

    height, width = values.shape
    if seen_heads is None:
        seen_heads = np.zeros(values.shape, np.float32)
    probability = np.where(seen_heads > 0, np.maximum(probability, _HEAD), probability)
    count, labels, stats, centres = cv2.connectedComponentsWithStats(
        (probability > _LIKELY).astype(np.uint8), connectivity=8
    )
    if count < 2:
        return None
    area = stats[1:, cv2.CC_STAT_AREA] / values.size
    off_centre = np.hypot(centres[1:, 0] / width - 0.5, (centres[1:, 1] / height - 0.5) * 0.6)
    score = np.sqrt(area) * np.exp(-((off_centre / 0.4) ** 2))
    main = 1 + int(np.argmax(score))
    if area[main - 1] < _MIN_AREA:
        return None
    median = float(np.median(values[labels == main]))
    keep = np.zeros(count, bool)
    for label in range(1, count):
        offset = abs(float(np.median(values[labels == label])) - median)
        size = score[label - 1] / score[main - 1]
        # Who is as large is about as near, whatever the network says.
        limit = np.interp(size, (_COMPANION_AREA, 1), _COMPANION_OFFSET)
        keep[label] = size >= _COMPANION_AREA and offset < limit
    largest = np.zeros(count, np.float32)
    np.maximum.at(largest, np.asarray(labels.ravel(), np.intp), seen_heads.ravel())
    if largest[main] > 0:
        keep[1:] |= largest[1:] >= _AS_NEAR * largest[main]
    keep[main] = True
    region = keep[labels]
    reach_px = max(1, round(0.02 * max(height, width)))
    # A head that a face tells of may be likelier, but depth decides: its oval is larger than it is.
    allowed = values > _parting(region, values, median, 3 * reach_px)
    region = _connected(region & allowed, (probability > _POSSIBLE) & allowed)
    region = _close(region, allowed, probability, reach_px)
    _, islands = _holes(region | (np.abs(values - median) < _BEHIND[0]))
    region |= islands  # small and all around it is sharp: the network's mistake
    return inside(np.asarray(region, np.bool_))


def _parting(
    region: NDArray[np.bool_], values: NDArray[np.float32], median: float, reach_px: int
) -> float:
    """The disparity that parts the subject from what lies around it: a bit nearer the latter."""
    around = _grow(region, reach_px) & ~_grow(region, reach_px // 3)
    background = float(np.percentile(values[around], 25)) if around.any() else 0.0
    parting = background + 0.3 * (median - background)
    return float(np.clip(parting, median - _BEHIND[1], median - _BEHIND[0]))


def _connected(seed: NDArray[np.bool_], within: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The seed, and what of ``within`` is connected to it."""
    import cv2

    _, labels = cv2.connectedComponents((seed | within).astype(np.uint8), connectivity=4)
    touched = np.zeros(int(labels.max()) + 1, bool)
    touched[labels[seed]] = True
    return np.asarray(touched[labels], np.bool_)


def _grow(region: NDArray[np.bool_], reach_px: int) -> NDArray[np.bool_]:
    import cv2

    return np.asarray(cv2.dilate(region.astype(np.uint8), _disc(reach_px)) > 0, np.bool_)


def _close(
    region: NDArray[np.bool_],
    allowed: NDArray[np.bool_],
    probability: NDArray[np.float32],
    reach_px: int,
) -> NDArray[np.bool_]:
    """Close gaps, bays and holes, each as a whole, if the network half believes in it.

    The ground between two legs and the wall between two people are as near and as narrow as a gap
    in a person; the network knows better. Holes at the person's depth are closed anyway: a badge or
    a tie knot that is taken for background is likelier than a glimpse of the background. A bay
    counts as a hole if its mouth is narrower than twice ``reach_px``.
    """
    import cv2

    closed = cv2.morphologyEx(region.astype(np.uint8), cv2.MORPH_CLOSE, _disc(reach_px)) > 0
    grown = np.asarray(region | (closed & allowed), np.bool_)
    holes, _ = _holes(grown)
    _, small_bays = _holes(_grow(grown, reach_px))
    filled = grown | (holes & allowed) | _grow(small_bays, reach_px + 1)
    inside, _ = _holes(region)
    count, labels = cv2.connectedComponents((filled & ~region).astype(np.uint8), connectivity=4)
    pixels = np.bincount(labels.ravel(), minlength=count)
    belief = np.bincount(labels.ravel(), probability.ravel(), count) / pixels
    enclosed = np.bincount(labels[inside & allowed], minlength=count) > 0.5 * pixels
    fill = (belief > _POSSIBLE) | enclosed
    fill[0] = False
    return np.asarray(region | fill[labels], np.bool_)


def _holes(region: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """What the outside cannot reach: all of it, and the small ones only."""
    import cv2

    outside = np.pad(~region, 1, constant_values=True).astype(np.uint8)
    cv2.floodFill(outside, None, (0, 0), 2)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(
        (outside[1:-1, 1:-1] == 1).astype(np.uint8), connectivity=4
    )
    small = stats[:, cv2.CC_STAT_AREA] < _SMALL_HOLE * np.count_nonzero(region)
    small[0] = False  # the label of everything that is no hole
    return np.asarray(labels > 0, np.bool_), np.asarray(small[labels], np.bool_)


def _disc(radius_px: int) -> NDArray[np.uint8]:
    import cv2

    size = 2 * max(1, radius_px) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)

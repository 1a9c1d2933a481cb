"""People: the region of those whom a network sees.

A depth network gives a face, a dark collar and a held cup three different depths. A photographer
sees one subject. Its region comes from the network's person output, the disparity and the colours,
evened out over each thing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from defocus._maps import resized
from defocus.depth import eight_bit
from defocus.errors import ModelError
from defocus.faces import find_faces
from defocus.figures import find_figures
from defocus.subject._evidence import evidence
from defocus.subject._group import group
from defocus.subject._heads import bodies, faces_within, heads
from defocus.subject._holes import mistaken
from defocus.subject._region import even_out, inside, lab_of
from defocus.subject._salient import telling
from defocus.subject.record import Subject
from defocus.subject.things import thing_region, with_what_they_hold
from defocus.tone import as_sdr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus._maps import Floats
    from defocus.disparity import Estimate
    from defocus.photo import Photo
    from defocus.quality import Quality

# Mean probability over all that may be whom the network sees: people from behind and pets have .5
# and more, a plate or a lamp post of which it takes the middle for somebody .45 and less.
_HALF_SEEN, _MAY_BE = 0.5, 0.12
_BEHIND = 0.15  # normalised disparity: what is farther behind the person's middle is another's
_SAME_THING = 0.3  # of it, in the thing that stands out: both are parts of one
_DOUBT = 0.02  # trust in even odds
_CRUMB = 0.02  # of their size: a salient thing beside them that is smaller is chance
_THEIRS = 0.1  # of a piece of the region that is people: less was not joined to them, but bridged


def subject_of(photo: Photo, found: Estimate, quality: Quality) -> Subject | None:
    """Whom the network sees, at the photo's size; the built-in one where the source cannot tell."""

    disparity = found.disparity.normalised()
    person = found.person
    if person is None:
        person = resized(_seen(photo, quality), disparity.size_wh)
    pixels = eight_bit(as_sdr(photo).pixels)
    faces = find_faces(pixels)
    who = person if quality == "fast" else find_figures(pixels, person, faces)
    salient = telling(found.salient, disparity.size_wh)
    seen_heads = heads(faces, disparity.size_wh)
    trunks = bodies(faces, disparity.values)
    region = people_region(disparity.values, who, pixels, seen_heads, salient, trunks)
    if region is None:
        return None
    told_by = "person"
    if not faces_within(region, faces) and _half_seen(region > 0.5, disparity.values, person):
        told_by = "thing"
    if salient is None and told_by == "thing":
        # A flower, a plate, a tower: all of it is held, of which the network sees somebody in part.
        thing = thing_region(disparity.values, person, pixels)
        if thing is not None:
            thing = resized(thing, disparity.size_wh)
            both = (region > 0.5) & (thing > 0.5)
            same = np.count_nonzero(both) > _SAME_THING * np.count_nonzero(region > 0.5)
            region = np.maximum(region, thing) if same else thing
    elif salient is None:
        region = with_what_they_hold(region, disparity.values, person, pixels)
    own = faces_within(region, faces) if told_by == "person" else ()
    return Subject(resized(region, photo.size_wh), told_by, faces=own)


def _half_seen(region: NDArray[np.bool_], values: Floats, probability: Floats) -> bool:
    """Whether most of what may be the person, joined to who is sure and about as near, is none."""
    import cv2

    sure = region & (probability > 0.5)
    if not sure.any():
        return True
    may_be = (probability > _MAY_BE) & (values > np.median(values[sure]) - _BEHIND)
    _, labels = cv2.connectedComponents((sure | may_be).astype(np.uint8), connectivity=4)
    touched = np.zeros(int(labels.max()) + 1, bool)
    touched[labels[sure]] = True
    return float(probability[touched[labels]].mean()) < _HALF_SEEN


def _seen(photo: Photo, quality: Quality) -> NDArray[np.float32]:
    from defocus.depth.builtin import Builtin

    person = Builtin().estimate(eight_bit(as_sdr(photo).pixels), quality).person
    if person is None:  # our own file: it has that output
        raise ModelError("the built-in network tells no person: install defocus again")
    return person


def people_region(
    values: Floats,
    probability: Floats,
    pixels: NDArray[np.uint8] | NDArray[np.uint16],
    seen_heads: Floats | None = None,
    salient: Floats | None = None,
    trunks: Floats | None = None,
) -> Floats | None:
    """The region of the main person and of who belongs to them; None if nobody is seen.

    Args:
        values: h×w disparity, normalised to 0..1.
        probability: h×w in 0..1, of a person.
        pixels: H×W×3 of the photo, any size.
        seen_heads: h×w, where a head is whatever the network says, and how large, from
            :func:`defocus.subject._heads.heads`; or None.
        salient: h×w in 0..1, what one looks at first; or None.
        trunks: h×w in 0..1, from :func:`defocus.subject._heads.bodies`; or None.

    Returns:
        h×w float32 in 0..1: 1 inside, 0 outside, soft for some pixels at the rim. Holes are closed
        unless the background shows through them.
    """
    import cv2

    if seen_heads is None:
        seen_heads = np.zeros(values.shape, np.float32)
    found = group(values, probability, seen_heads, salient)
    if found is None:
        return None
    own, others = found
    lab = lab_of(pixels, (values.shape[1], values.shape[0]))
    odds = evidence(values, probability, own, others, salient, trunks, lab)
    trust = np.asarray(np.abs(2 * odds - 1) + _DOUBT, np.float32)
    evened = even_out(odds, trust, values, lab)
    count, labels = cv2.connectedComponents((evened > 0.5).astype(np.uint8), connectivity=4)
    sizes = np.bincount(labels.ravel(), minlength=count)
    theirs = np.bincount(labels[own], minlength=count) / sizes
    keep = theirs > _THEIRS
    if salient is not None:
        seen = np.bincount(labels.ravel(), salient.ravel(), count) / sizes
        keep |= (seen > _HALF_SEEN) & (sizes > _CRUMB * np.count_nonzero(own))
    keep[0] = False
    region = np.asarray(keep[labels], np.bool_)
    if not region.any():
        return None
    return inside(region | mistaken(region, lab))

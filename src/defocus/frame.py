"""Rims, bars and mounts that are drawn around a picture: they belong to the file, not to the scene.

A white line at the edge of a scan, a letterbox bar, a passe-partout, a last row that resampling
mixed with white: continued beyond the edge and blurred, one or two such rows become a band as wide
as the blur, and a network takes a mount for the nearest thing. They are recognised, kept as they
are, and the picture inside is looked at and blurred as if they were not there.

What is drawn ends along one whole line of pixels at once. Overexposed skies, white walls and studio
backdrops are as even, but what stands before them has an outline, and a lens's edge is never that
straight and that hard.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus._maps import Floats

# All differences in code values of 0..255.
_EVEN = 12  # of a pixel of a drawn line from its colour: compression leaves it within this,
_EVEN_SHARE = 0.9  # nearly everywhere,
_CAPTION_SHARE = 0.5  # and where a bar bears a caption in most places.
_CONSTANT = 2  # median of the same in a bar, which has room for no compression's ringing
_CHROMA = 0.4  # what a difference of one channel counts: at a rim chroma is another line's too
_STEP = 24  # between the last drawn line and the scene, in the mean over where they differ
_ALONG = 0.8  # share of the line along which they do
# Two bars that face each other tell of each other: before a night much of a line is black anyway.
_PAIR_STEP, _PAIR_ALONG, _PAIR_LEAST, _PAIR_PX = 16, 0.5, 0.25, 2
_DROP = 0.25  # of the even share: a place to look closer
_EXTREME = 12  # black and white, the colours of bars, within this
_RIM_PX = 3  # as thick as that is a rim; what is thicker is a bar
_THICKEST = 0.36  # share of the height or width: an upright film in a lying one has such bars
_NESTED = 3  # frames within frames: a mount, its line, a rim
_SEGMENTS = 8  # of a line that is a mixture: of so many the same one
_MIXED = (0.15, 0.95)  # share of the drawn colour in such a line
_SPREAD = 0.25  # of that share over the segments: more, and the edge is oblique
_QUIET = 0.35  # of a mixed rim's step: how much the next two lines of the scene differ
_SAMPLES = 1024  # of a line are enough
_LEAST_PX = 16  # of a picture and of the part of a line that is looked at
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True, slots=True)
class Frame:
    """Lines at each edge, in pixels, that are no part of the scene."""

    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0

    def __bool__(self) -> bool:
        return self != Frame()

    def inside(self, values: NDArray[Any]) -> NDArray[Any]:
        """The part of an H×W… array that shows the scene: a view."""
        height, width = values.shape[:2]
        return values[self.top : height - self.bottom, self.left : width - self.right]

    def continued(self, values: NDArray[Any], size_wh: tuple[int, int]) -> NDArray[Any]:
        """A map of the whole picture from one of the inside: its border values, continued.

        Args:
            values: h×w, any size, of :meth:`inside` of a picture.
            size_wh: of that picture.
        """
        (width, height), (high, wide) = size_wh, values.shape
        per_px = (
            high / (height - self.top - self.bottom),
            wide / (width - self.left - self.right),
        )
        margins = (self.top, self.bottom), (self.left, self.right)
        widths = [
            tuple(round(px * scale) for px in pair)
            for pair, scale in zip(margins, per_px, strict=True)
        ]
        return np.pad(values, widths, mode="edge")

    def around(self, inner: Frame) -> Frame:
        """This one and another that was found inside."""
        return Frame(
            self.top + inner.top,
            self.bottom + inner.bottom,
            self.left + inner.left,
            self.right + inner.right,
        )


def find_frame(image: NDArray[Any]) -> Frame:
    """Look for what is drawn at the four edges of an H×W×3 uint8 or uint16 picture."""
    frame = Frame()
    for _ in range(_NESTED):
        found = _outermost(frame.inside(image))
        if not found:
            break
        frame = frame.around(found)
    return frame.around(_mixed_rims(frame.inside(image)))


@dataclass(frozen=True, slots=True)
class _Side:
    """One edge of a picture: its lines from the outside in, lines×pixels×3, any depth of bits."""

    lines: NDArray[Any]

    def line(self, at: int, skip: tuple[int, int] = (0, 0)) -> Floats:
        """One line in 0..255, without pixels at its two ends, and without all if it is long."""
        pixels = self.lines[at, skip[0] : self.lines.shape[1] - skip[1]]
        step = max(1, len(pixels) // _SAMPLES)
        scale = np.float32(255 / np.iinfo(self.lines.dtype).max)
        return np.asarray(pixels[::step].astype(np.float32) * scale)


@dataclass(frozen=True, slots=True)
class _Edge:
    """Where a drawn area may end."""

    count: int  # of drawn lines, a mixed one included
    colour: Floats
    along: float  # share of the line along which the scene differs
    step: float  # and by how much there
    mixed: bool
    constant: bool

    @property
    def is_rim(self) -> bool:
        return self.count <= _RIM_PX + self.mixed

    @property
    def is_extreme(self) -> bool:
        return bool(self.colour.max() <= _EXTREME or self.colour.min() >= 255 - _EXTREME)

    def faces(self, other: _Edge) -> bool:
        """Whether another one, at the opposite side, is drawn alike."""
        return bool(np.abs(self.colour - other.colour).max() <= _EVEN)


def _sides(image: NDArray[Any]) -> tuple[_Side, _Side, _Side, _Side]:
    columns = image.swapaxes(0, 1)
    return _Side(image), _Side(image[::-1]), _Side(columns), _Side(columns[::-1])


def _outermost(image: NDArray[Any]) -> Frame:
    """What is drawn at the very edge, in one colour a side."""
    if min(image.shape[:2]) < _LEAST_PX:
        return Frame()
    sides = _sides(image)
    candidates = [_candidates(side) for side in sides]
    # A mount's line is white at both ends where the scene begins: each side is judged between the
    # two beside it, which count only as long as they are judged to be drawn themselves.
    counts = [places[-1] if places else 0 for places in candidates]
    for _ in range(len(sides)):
        edges = [
            _first_edge(side, places, (counts[2], counts[3]) if at < 2 else (counts[0], counts[1]))
            if counts[at]
            else None
            for at, (side, places) in enumerate(zip(sides, candidates, strict=True))
        ]
        before, counts = counts, [_count(edges[at], edges[at ^ 1]) for at in range(len(sides))]
        if counts == before:
            break
    return Frame(*counts)


def _candidates(side: _Side) -> list[int]:
    """After how many lines a drawn area may end: where much less of a line is of its colour."""
    most = int(_THICKEST * len(side.lines))
    colour = np.median(side.line(0), axis=0)
    even: list[float] = []
    places = []
    for at in range(most + 1):
        even.append(float((_unlike(side.line(at), colour) <= _EVEN).mean()))
        if at and even[-1] < even[-2] - _DROP / 2:  # perhaps a mixed line, and one more drop
            following = float((_unlike(side.line(at + 1), colour) <= _EVEN).mean())
            before = even[-2] >= _EVEN_SHARE or at - 1 in places  # that one may be ringing
            if before and min(even[-1], following) <= even[-2] - _DROP:
                places.append(at)
        if even[0] < _EVEN_SHARE or even[-1] < _CAPTION_SHARE:
            break
    return places


def _unlike(line: Floats, colour: Floats) -> Floats:
    difference = line - colour
    luma = np.abs(difference @ _LUMA)
    return np.asarray(np.maximum(luma, _CHROMA * np.abs(difference).max(-1)), np.float32)


def _first_edge(side: _Side, candidates: list[int], skip: tuple[int, int]) -> _Edge | None:
    """The first of the candidates where the scene begins, between the sides beside it."""
    colour = np.asarray(np.median(side.line(0), axis=0))
    for at in candidates:
        if side.lines.shape[1] - sum(skip) < _LEAST_PX:
            continue
        first, second, third = (side.line(at + k, skip) for k in range(3))
        share = _mixture(first, colour, second)
        if share is not None:
            first, second = second, third
        differs = np.abs(first - colour).max(-1)
        far = differs[differs > _STEP / 2]
        if len(far) < _PAIR_LEAST * len(differs) or far.mean() < _PAIR_STEP:
            continue
        if share is not None and _mixture(first, colour, second) is not None:
            continue  # soft over three lines: a lens drew it
        return _Edge(
            at + (share is not None),
            colour,
            along=len(far) / len(differs),
            step=float(far.mean()),
            mixed=share is not None,
            constant=_is_constant(side, at, colour),
        )
    return None


def _is_constant(side: _Side, count: int, colour: Floats) -> bool:
    """Whether the outer half of so many lines is of the colour, exactly."""
    lines = range(0, max(1, count // 2), max(1, count // 16))
    off = [float(np.median(_unlike(side.line(at), colour))) for at in lines]
    return max(off) <= _CONSTANT


def _count(edge: _Edge | None, opposite: _Edge | None) -> int:
    """How many lines are drawn, if they are, seeing what is at the opposite side."""
    if edge is None:
        return 0
    pair = opposite is not None and edge.faces(opposite)
    equal = pair and opposite is not None and abs(edge.count - opposite.count) <= _PAIR_PX
    along, step = edge.along, edge.step
    if equal and opposite is not None:
        along, step = (along + opposite.along) / 2, (step + opposite.step) / 2
    clear = along >= _ALONG and step >= _STEP
    if not clear and not (equal and along >= _PAIR_ALONG and step >= _PAIR_STEP):
        return 0
    if edge.is_rim:
        return edge.count if clear else 0
    # A bar is of one colour to the bit; one at a single side, or a coloured one, has to be clear.
    likely = edge.constant and (pair or not edge.mixed) and (edge.is_extreme or pair)
    return edge.count if likely else 0


def _mixture(line: Floats, outer: Floats, inner: Floats) -> float | None:
    """The share of a drawn colour in a line that is a mixture of it and of the next line inside.

    None if it is none: then the shares along the line differ, or there is too little to see.
    """
    step = outer - inner
    size = (step**2).sum(-1)
    told = size > _STEP**2
    share = ((line - inner) * step).sum(-1) / np.maximum(size, 1)
    parts = [
        float(np.median(part[seen]))
        for part, seen in zip(
            np.array_split(share, _SEGMENTS), np.array_split(told, _SEGMENTS), strict=True
        )
        if seen.mean() > 0.5
    ]
    if len(parts) < _SEGMENTS // 2 or max(parts) - min(parts) > _SPREAD:
        return None
    least, most = _MIXED
    return float(np.median(parts)) if least < min(parts) and max(parts) < most else None


def _mixed_rims(image: NDArray[Any]) -> Frame:
    """Outermost lines that resampling mixed with black or white: one or two at a side."""
    if min(image.shape[:2]) < _LEAST_PX:
        return Frame()
    return Frame(*(_mixed_rim(side) for side in _sides(image)))


def _mixed_rim(side: _Side) -> int:
    lines = [side.line(at) for at in range(4)]
    for colour in (0, 255):
        outer = np.full(3, colour, np.float32)
        for count in (2, 1):
            inner, beyond = lines[count], lines[count + 1]
            at_rim = np.abs(lines[count - 1] - inner).max(-1)
            quiet = np.median(np.abs(inner - beyond).max(-1)) <= _QUIET * np.median(at_rim)
            if quiet and all(_mixture(line, outer, inner) is not None for line in lines[:count]):
                return count
    return 0

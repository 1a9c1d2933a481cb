"""Edit: every choice of a portrait, as one frozen, JSON-able record.

The library, the command line, the studio and the batch tool all run the same ``Edit`` through
:func:`defocus.pipeline.apply`. Saved beside one photo it can be applied to a thousand others.
"""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
from dataclasses import dataclass, field
from typing import Any, Literal, cast, get_args

from defocus.edit import text
from defocus.edit.methods import find_method
from defocus.errors import EditError
from defocus.formats.output import Output
from defocus.numbers import is_number, is_whole
from defocus.optics import Lens
from defocus.quality import Quality

FocusMode = Literal["auto", "face", "eyes", "all", "point", "rectangle", "near", "far", "disparity"]
# Those that take no numbers.
PLAIN_MODES: tuple[FocusMode, ...] = ("auto", "face", "eyes", "all", "near", "far")


@dataclass(frozen=True, slots=True)
class Focus:
    """Where the focal plane lies.

    Attributes:
        mode: ``auto`` (the subject), ``face`` (the main one), ``eyes`` (the nearer of its two),
            ``all`` (every face of the subject), ``point``, ``rectangle``, ``near``, ``far`` or
            ``disparity``.
        at: fractions of width and height from the upright picture's top left:
            ``(x, y)`` for a point, ``(x0, y0, x1, y1)`` for a rectangle, ``(d,)`` a normalised
            disparity (0 = farthest, 1 = nearest) for ``disparity``; empty otherwise.
        range: how much normalised disparity around the plane stays sharp, 0 to 1; None chooses
            a band that keeps the subject whole.
    """

    mode: FocusMode = "auto"
    at: tuple[float, ...] = ()
    range: float | None = None

    def __post_init__(self) -> None:
        count = {"point": 2, "rectangle": 4, "disparity": 1}.get(self.mode, 0)
        if self.mode not in get_args(FocusMode):
            raise EditError(f"focus mode must be one of {get_args(FocusMode)}, got {self.mode!r}")
        if not isinstance(self.at, tuple) or len(self.at) != count:
            raise EditError(f"focus {self.mode!r} takes {count} numbers, got {self.at!r}")
        low, high = (-1.0, 2.0) if self.mode == "disparity" else (0.0, 1.0)
        for value in self.at:
            if not is_number(value) or not low <= value <= high:
                what = "numbers from" if self.mode == "disparity" else "fractions of the picture,"
                raise EditError(
                    f"focus {self.mode} takes {what} {low:g} to {high:g}, got {value!r}"
                    f"{_percent(self.at)}"
                )
        if self.mode == "rectangle" and (self.at[2] <= self.at[0] or self.at[3] <= self.at[1]):
            raise EditError(f"focus rectangle must be left, top, right, bottom; got {self.at}")
        if self.range is not None and not (is_number(self.range) and 0 <= self.range <= 1):
            raise EditError(f"focus range must be 0 to 1, got {self.range!r}")

    @classmethod
    def parse(cls, text: str, range: float | None = None) -> Focus:  # noqa: A002
        """From the command line's words: ``auto``, ``near``, ``far``, ``0.4,0.3``, ``0.7``, …

        Two numbers are a point, four a rectangle, one a disparity.

        Raises:
            EditError: the text is none of these.
        """
        text = text.strip()
        if text in PLAIN_MODES:
            return cls(text, (), range)
        words = text.split(",")
        numbers = () if _has_decimal_commas(words) else _numbers(words)
        modes: dict[int, FocusMode] = {1: "disparity", 2: "point", 4: "rectangle"}
        if len(numbers) not in modes:
            raise EditError(
                f"focus {text!r} is not understood{_meant(text)}: use auto, face, eyes, all, near, "
                "far, X,Y (fractions of the picture, such as 0.7,0.4), LEFT,TOP,RIGHT,BOTTOM, or "
                "one disparity from 0 (far) to 1 (near)"
            )
        return cls(modes[len(numbers)], numbers, range)


def _numbers(words: list[str]) -> tuple[float, ...]:
    """All of them as numbers, or none."""
    try:
        return tuple(float(word) for word in words)
    except ValueError:
        return ()


def _has_decimal_commas(words: list[str]) -> bool:
    """Whether words parted by commas are fractions written with one: 0,7 or 0,25,0,5."""
    whole, parts = words[::2], words[1::2]
    return (
        len(whole) == len(parts)
        and all(word in ("0", "1") for word in whole)
        and all(word.isdecimal() for word in parts)
        and any(word not in ("0", "1") for word in parts)
    )


def _meant(text: str) -> str:
    """What somebody may have meant by a focus that is none, to be said; or nothing."""
    close = difflib.get_close_matches(text.lower(), PLAIN_MODES, n=1)
    if close:
        return f" (did you mean {close[0]}?)"
    words = text.split(",")
    if _has_decimal_commas(words):
        pairs = zip(words[::2], words[1::2], strict=True)
        return f" (did you mean {','.join('.'.join(pair) for pair in pairs)}?)"
    numbers = _numbers(re.split(r"[\s;:x/×,]+", text.strip("()[] ")))
    if len(numbers) in (2, 4) and all(0 <= number <= 100 for number in numbers):
        return f" (did you mean {','.join(f'{number:g}' for number in numbers)}?)"
    return ""


def _percent(numbers: tuple[Any, ...]) -> str:
    """What to write for percent, to be said; or nothing."""
    if len(numbers) < 2 or not all(is_number(value) and 0 <= value <= 100 for value in numbers):
        return ""
    return f"; for percent say {','.join(f'{value / 100:g}' for value in numbers)}"


@dataclass(frozen=True, slots=True)
class Stroke:
    """A brush stroke that corrects the disparity.

    Attributes:
        points: (x, y) fractions of the upright picture, at least one.
        radius: of the brush, as a fraction of the picture's diagonal.
        disparity: normalised disparity to paint (0 = farthest, 1 = nearest); None takes away what
            strokes before it have painted.
        hardness: 0 (soft to the centre) to 1 (hard edge).
        strength: 0 to 1, how far it brings the disparity to where it shall be.
        edges: it stops at edges of the photo: it paints what has the colour that lies under the
            middle of the brush.
    """

    points: tuple[tuple[float, float], ...]
    radius: float
    disparity: float | None
    hardness: float = 0.7
    strength: float = 1.0
    edges: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.points, tuple):
            raise EditError(f"brush points must be a list of points, got {self.points!r}")
        if not 1 <= len(self.points) <= 10_000:
            raise EditError(f"a brush stroke needs 1 to 10,000 points, got {len(self.points)}")
        for point in self.points:
            if (
                not isinstance(point, tuple)
                or len(point) != 2
                or not all(is_number(v) and -1 <= v <= 2 for v in point)
            ):
                raise EditError(f"a brush point must be two fractions, got {point!r}")
        limits = {"radius": (0, 1), "disparity": (-1, 2), "hardness": (0, 1), "strength": (0, 1)}
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if value is None and name == "disparity":
                continue
            if not is_number(value) or not low <= value <= high:
                raise EditError(f"a brush {name} must be {low} to {high}, got {value!r}")
        if not isinstance(self.edges, bool):
            raise EditError(f"edges of a brush must be true or false, got {self.edges!r}")


@dataclass(frozen=True, slots=True)
class Mask:
    """The blog post's method: parameters of ``method="mask"``.

    Attributes:
        blur_ksize: width of the box blur in pixels, at least 1.
        depth_threshold: disparity below which a pixel is background, in the unit of the map;
            None = d_min + 0.6 · (d_max − d_min).
    """

    blur_ksize: int = 21
    depth_threshold: float | None = None

    def __post_init__(self) -> None:
        if not is_whole(self.blur_ksize, 1, 9999):
            raise EditError(f"mask blur_ksize must be 1 to 9999, got {self.blur_ksize!r}")
        if self.depth_threshold is not None and not is_number(self.depth_threshold):
            raise EditError(f"mask depth_threshold must be a number, got {self.depth_threshold!r}")


# How strongly lights that the sensor clipped glow in a portrait whose lens does not say.
PORTRAIT_HIGHLIGHTS = 0.3


# More than four times the blur is another f-number.
MOST_AMOUNT = 4

# The networks of defocus.depth.store.MATTE_MODELS.
MatteModel = Literal["own", "modnet", "birefnet-lite"]


@dataclass(frozen=True, slots=True)
class Edit:
    """One portrait's choices. Immutable: use :func:`dataclasses.replace` to change one.

    Attributes:
        model: ``auto``, ``builtin``, a name from ``defocus models list``, a path, or a hub id.
        quality: of the depth network and refinement: ``fast``, ``default`` or ``high``.
        invert: the given depth map stores larger = farther.
        focus: where the focal plane lies.
        lens: the lens to imitate; ``highlights=None`` becomes :data:`PORTRAIT_HIGHLIGHTS`.
        amount: 0 to 4, factor on all blur.
        by_distance: blur as the lens does from where the photo was taken: less, the farther away
            the subject is. Otherwise always as for a portrait at two metres.
        foreground: 0 to 1, how much of its blur the foreground keeps.
        grain: 0 to 1, how much of the photo's own noise is laid over what the blur made smooth.
        matte: treat hair and soft edges of the subject as see-through.
        matte_model: a network that is asked about those edges too, or ``own`` for none.
        method: a name in :data:`defocus.edit.methods.METHODS`: ``lens`` or ``mask``.
        mask: parameters of the mask method.
        strokes: brush corrections of the disparity, in order.
        output: how the result is written.
    """

    model: str = "auto"
    quality: Quality = "default"
    invert: bool = False
    focus: Focus = field(default_factory=Focus)
    lens: Lens = Lens(highlights=PORTRAIT_HIGHLIGHTS)
    amount: float = 1.0
    by_distance: bool = True
    foreground: float = 1.0
    grain: float = 0.0
    matte: bool = True
    matte_model: MatteModel = "own"
    method: str = "lens"
    mask: Mask = field(default_factory=Mask)
    strokes: tuple[Stroke, ...] = ()
    output: Output = field(default_factory=Output)

    def __post_init__(self) -> None:
        if not isinstance(self.model, str) or not self.model:
            raise EditError(f"model must be a name, got {self.model!r}")
        if not _is_file_name(self.model):
            raise EditError(f"model {self.model[:40]!r} is no name: it holds half a character")
        if self.quality not in get_args(Quality):
            raise EditError(f"quality must be one of {get_args(Quality)}, got {self.quality!r}")
        if self.matte_model not in get_args(MatteModel):
            raise EditError(
                f"matte_model must be one of {get_args(MatteModel)}, got {self.matte_model!r}"
            )
        find_method(self.method)
        if self.lens.highlights is None:
            lens = dataclasses.replace(self.lens, highlights=PORTRAIT_HIGHLIGHTS)
            object.__setattr__(self, "lens", lens)
        for name in ("invert", "matte", "by_distance"):
            if not isinstance(getattr(self, name), bool):
                raise EditError(f"{name} must be true or false, got {getattr(self, name)!r}")
        for name, most in (("foreground", 1), ("grain", 1), ("amount", MOST_AMOUNT)):
            share = getattr(self, name)
            if not is_number(share) or not 0 <= share <= most:
                raise EditError(f"{name} must be 0 to {most}, got {share!r}")

    def to_json(self) -> str:
        """A stable, readable JSON text with a version number."""
        return text.to_json(self)

    @classmethod
    def from_json(cls, data: str | bytes) -> Edit:
        """Read :meth:`to_json`'s text; missing choices take their defaults.

        Raises:
            EditError: not JSON, of a newer version, or with an unknown or senseless choice.
        """
        return cast("Edit", text.from_json(cls, data, _PARTS, _LISTS))


def _is_file_name(text: str) -> bool:
    """Whether a file could have this name: no zero byte, and no surrogate but for a lone byte."""
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False


# Fields of an edit that are records of their own, and those that are lists of records.
_PARTS: dict[str, type] = {"focus": Focus, "lens": Lens, "mask": Mask, "output": Output}
_LISTS: dict[str, type] = {"strokes": Stroke}

"""Disparity: how near every pixel is, in a unit that travels with the values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from defocus._maps import resized
from defocus.errors import DepthError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal["relative", "metric"]


@dataclass(frozen=True, slots=True)
class Unit:
    """What the values of a map stand for: disparity of the source = at_zero + per_one · value.

    Attributes:
        at_zero: the source's disparity where the map's value is 0.
        per_one: the source's disparity per unit of the map's values.
    """

    at_zero: float = 0.0
    per_one: float = 1.0

    def of(self, value: float) -> float:
        """A value of the map in the unit of the source."""
        return self.at_zero + self.per_one * value


@dataclass(frozen=True, eq=False, slots=True)
class Disparity:
    """A disparity map: larger = nearer.

    Attributes:
        values: H×W float32, finite; ``unit`` says what they stand for.
        kind: of the source's inverse depth: ``"metric"`` (1/m), or ``"relative"``: known only up
            to one scale and one shift (MiDaS-like; Ranftl et al. 2020, arXiv:1907.01341).
        source: where it came from, for people: ``"builtin"``, ``"embedded (Apple)"``, a file name.
        unit: from ``values`` to the source's disparity.
    """

    values: NDArray[np.float32]
    kind: Kind = "relative"
    source: str = ""
    unit: Unit = Unit()

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.size == 0:
            raise DepthError(f"a disparity map must be H×W and not empty, got {self.values.shape}")
        if self.values.dtype != np.float32:
            raise DepthError(f"a disparity map must be float32, got {self.values.dtype}")
        if not np.isfinite(self.values).all():
            raise DepthError(f"the disparity map from {self.source or 'memory'} holds NaN or inf")

    @classmethod
    def from_depth(cls, depth_m: NDArray[np.float32], *, source: str = "") -> Disparity:
        """Metric disparity from distances in metres; infinitely far is 0.

        Distances under 1 cm, which no camera focuses and some networks emit, count as 1 cm.

        Raises:
            DepthError: a distance is NaN.
        """
        values = np.asarray(1 / np.maximum(depth_m, 0.01), np.float32)
        return cls(values, "metric", source)

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.values.shape[1], self.values.shape[0]

    def _repr_png_(self) -> bytes:
        """How a notebook shows it: near is bright."""
        from defocus.display import png

        values = np.clip(self.normalised().values, 0, 1)
        codes = np.rint(values * 255).astype(np.uint8)
        return png(np.repeat(codes[..., None], 3, axis=2))

    def normalised(self) -> Disparity:
        """The same map scaled so that its 1st and 99th percentiles lie at 0 and 1.

        Values outside are kept (they are real: a near leaf, the sky); ``unit`` says what 0 and 1
        stand for. A map without any relief becomes all zero.
        """
        some = self.values[:: max(1, self.values.shape[0] // 512)]
        low, high = (float(value) for value in np.percentile(some, (1, 99)))
        if _is_flat(low, high):  # but for less than one pixel in a hundred
            low, high = float(self.values.min()), float(self.values.max())
        if _is_flat(low, high):
            flat = replace(self.unit, at_zero=self.unit.of(low))
            return replace(self, values=np.zeros_like(self.values), unit=flat)
        span = high - low
        values = ((self.values - np.float32(low)) * np.float32(1 / span)).astype(np.float32)
        return replace(self, values=values, unit=Unit(self.unit.of(low), self.unit.per_one * span))

    def inverted(self) -> Disparity:
        """The same map flipped within its range, for sources where larger = farther."""
        flipped = self.values.max() + self.values.min() - self.values
        return replace(self, values=flipped, kind="relative", unit=Unit())

    def resized(self, size_wh: tuple[int, int]) -> Disparity:
        """Bilinear up, area down."""
        return replace(self, values=resized(self.values, size_wh))


def _is_flat(low: float, high: float) -> bool:
    """Whether float32 values between these are all but equal."""
    return high - low <= 1e-6 * max(1.0, abs(high))


@dataclass(frozen=True, eq=False, slots=True)
class Estimate:
    """What a source of depth says of a picture.

    Attributes:
        disparity: how near everything is.
        person: of the same size, float32 in 0..1, how likely a pixel belongs to a person (or to
            whatever the source takes for the subject); None if the source cannot tell.
        salient: h×w float32 in 0..1, any size, how likely a pixel belongs to what the picture is of
            (:mod:`defocus.salience`); None if nobody looked.
    """

    disparity: Disparity
    person: NDArray[np.float32] | None = None
    salient: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        if self.person is not None and self.person.shape != self.disparity.values.shape:
            raise DepthError(
                f"person {self.person.shape} and disparity {self.disparity.values.shape} differ "
                "in size"
            )

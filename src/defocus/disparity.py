"""Disparity: how near every pixel is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from defocus.errors import DepthError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal["relative", "metric"]


@dataclass(frozen=True, eq=False, slots=True)
class Disparity:
    """A disparity map: larger = nearer.

    Attributes:
        values: H×W float32, finite. Inverse depth: in 1/m when ``kind`` is ``"metric"``, else known
            only up to one scale and one shift (MiDaS-like; Ranftl et al. 2020, arXiv:1907.01341).
        kind: ``"relative"`` or ``"metric"``.
        source: where it came from, for people: ``"builtin"``, ``"embedded (Apple)"``, a file name.
        subject: H×W float32 in 0..1 or None: how likely a pixel belongs to what a photographer
            would focus on, if the source can tell. Same size as ``values``.
    """

    values: NDArray[np.float32]
    kind: Kind = "relative"
    source: str = ""
    subject: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.size == 0:
            raise DepthError(f"a disparity map must be H×W and not empty, got {self.values.shape}")
        if self.values.dtype != np.float32:
            raise DepthError(f"a disparity map must be float32, got {self.values.dtype}")
        if not np.isfinite(self.values).all():
            raise DepthError(f"the disparity map from {self.source or 'memory'} holds NaN or inf")
        if self.subject is not None and self.subject.shape != self.values.shape:
            raise DepthError(
                f"subject {self.subject.shape} and disparity {self.values.shape} differ in size"
            )

    @classmethod
    def from_depth(
        cls,
        depth_m: NDArray[np.float32],
        *,
        source: str = "",
        subject: NDArray[np.float32] | None = None,
    ) -> Disparity:
        """Metric disparity from distances in metres; infinitely far is 0.

        Distances under 1 cm, which no camera focuses and some networks emit, count as 1 cm.

        Raises:
            DepthError: a distance is NaN.
        """
        values = np.asarray(1 / np.maximum(depth_m, 0.01), np.float32)
        return cls(values, "metric", source, subject)

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.values.shape[1], self.values.shape[0]

    def normalised(self) -> Disparity:
        """The same map scaled so that its 1st and 99th percentiles lie at 0 and 1.

        Values outside are kept (they are real: a near leaf, the sky), only the unit changes.
        A map without any relief becomes all zero.
        """
        lo, hi = np.percentile(self.values[:: max(1, self.values.shape[0] // 512)], (1, 99))
        span = float(hi - lo)
        if span <= 1e-6 * max(1.0, abs(float(hi))):
            return replace(self, values=np.zeros_like(self.values), kind="relative")
        values = ((self.values - np.float32(lo)) * np.float32(1 / span)).astype(np.float32)
        return replace(self, values=values, kind="relative")

    def inverted(self) -> Disparity:
        """The same map flipped within its range, for sources where larger = farther."""
        flipped = self.values.max() + self.values.min() - self.values
        return replace(self, values=flipped, kind="relative")

    def resized(self, size_wh: tuple[int, int]) -> Disparity:
        """Bilinear up, area down; ``subject`` follows."""
        import cv2

        if size_wh == self.size_wh:
            return self
        how = cv2.INTER_AREA if size_wh[0] < self.size_wh[0] else cv2.INTER_LINEAR

        def scale(image: NDArray[np.float32]) -> NDArray[np.float32]:
            return np.asarray(cv2.resize(image, size_wh, interpolation=how), np.float32)

        subject = None if self.subject is None else scale(self.subject)
        return replace(self, values=scale(self.values), subject=subject)

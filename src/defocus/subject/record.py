"""What is known of a photo's subject."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from defocus.faces import Face


@dataclass(frozen=True, eq=False, slots=True)
class Subject:
    """What a portrait keeps sharp as a whole.

    Attributes:
        weight: H×W of the photo, float32 in 0..1: 1 inside, 0 outside, soft at the rim.
        told_by: for people: ``"person"`` (a network), ``"phone"`` (its portrait matte), ``"thing"``
            (no person: what stands out), ``"scene"`` (the picture is not of it: it stays sharp, but
            does not tell where the plane lies).
        matte: h×w float32 in 0..1 of any size, opacity exact to the hair, or None if unknown.
        faces: of the subject, the one that counts most first.
    """

    weight: NDArray[np.float32]
    told_by: str
    matte: NDArray[np.float32] | None = None
    faces: tuple[Face, ...] = ()

    @property
    def leads(self) -> bool:
        """Whether the focal plane lies where it is."""
        return self.told_by != "scene"

"""The layers of a picture that a page asks for, in as little memory as they need."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from defocus.session.payloads import Picture

# The quickest: a seventh of a second for a picture of 1600×1200, 9 MB to 3; the next ones take
# three times as long for a tenth.
_LEVEL = 1


@dataclass(frozen=True, slots=True)
class KeptLayers:
    """Named layers: as they are while a page fetches them, then packed.

    Attributes:
        layers: bytes by name; ``None`` for one that the picture lacks.
        is_packed: they are zlib streams.
    """

    layers: Mapping[str, bytes | None]
    is_packed: bool = False

    @classmethod
    def of(cls, picture: Picture) -> KeptLayers:
        """Disparity, subject and lamps of a picture."""
        lamps = None if picture.lamps is None else picture.lamps.cells.tobytes()
        return cls({"disparity": picture.disparity, "subject": picture.subject, "lamps": lamps})

    def packed(self) -> KeptLayers:
        """The same in less room."""
        if self.is_packed:
            return self
        small = {name: data and zlib.compress(data, _LEVEL) for name, data in self.layers.items()}
        return KeptLayers(small, is_packed=True)

    def get(self, name: str) -> bytes | None:
        """The bytes of a layer."""
        data = self.layers.get(name)
        return zlib.decompress(data) if data and self.is_packed else data

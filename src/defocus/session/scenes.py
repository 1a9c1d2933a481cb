"""Full-size scenes in memory: the latest that were used, as many as there is room for."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from defocus.session.portraits import Portraits

if TYPE_CHECKING:
    from defocus.scene import Scene

# Pixels of photos whose full-size scene stays in memory, about thirteen bytes each: the photo in
# hand and the one before. Older ones keep their preview and are prepared again when they are
# exported or magnified.
SCENE_PIXELS = 30_000_000


class Scenes:
    """Scenes by the id of their session. Every method may be called from any thread.

    Attributes:
        portraits: that were rendered of them.
    """

    def __init__(self) -> None:
        self.portraits = Portraits()
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Scene] = OrderedDict()

    def find(self, owner: str) -> Scene | None:
        """A session's scene, which is the latest used thereby, or None."""
        with self._lock:
            if owner in self._kept:
                self._kept.move_to_end(owner)
            return self._kept.get(owner)

    def keep(self, owner: str, scene: Scene, *, ahead: bool = False) -> None:
        """Keep a scene; others may have to go.

        Args:
            owner: id of its session.
            scene: of it.
            ahead: nobody looks at it yet: it goes before the one that was used last.
        """
        with self._lock:
            latest = next(reversed(self._kept), owner)
            self._kept[owner] = scene
            self._kept.move_to_end(latest if ahead else owner)
            total = sum(kept.disparity.values.size for kept in self._kept.values())
            while total > SCENE_PIXELS and len(self._kept) > 1:
                _, oldest = self._kept.popitem(last=False)
                total -= oldest.disparity.values.size

    def drop(self, owner: str) -> None:
        """A session's scene is no longer wanted."""
        with self._lock:
            self._kept.pop(owner, None)

    def clear(self) -> None:
        """Drop all."""
        with self._lock:
            self._kept.clear()
        self.portraits.clear()

    def __len__(self) -> int:
        return len(self._kept)

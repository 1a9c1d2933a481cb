"""The steps of an edit, for undo and redo."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from defocus.edit import Edit

STEPS = 200


class History:
    """What an edit was before, and what was taken back."""

    def __init__(self) -> None:
        self._past: list[Edit] = []
        self._future: list[Edit] = []
        self._kind: str | None = None

    @property
    def can_undo(self) -> bool:
        """Whether there is an earlier edit."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether an edit was taken back."""
        return bool(self._future)

    def record(self, edit: Edit, kind: str | None = None) -> None:
        """The edit is about to be replaced.

        Args:
            edit: as it was.
            kind: changes of one kind in a row, such as those of a drag, are undone as one.
        """
        if kind is None or kind != self._kind:
            self._past = [*self._past, edit][-STEPS:]
        self._kind = kind
        self._future = []

    def settle(self) -> None:
        """The next change is a step of its own, whatever its kind."""
        self._kind = None

    def undo(self, now: Edit) -> Edit | None:
        """The edit before ``now``, or None."""
        return self._travel(now, self._past, self._future)

    def redo(self, now: Edit) -> Edit | None:
        """The edit that :meth:`undo` took back, or None."""
        return self._travel(now, self._future, self._past)

    def _travel(self, now: Edit, come_from: list[Edit], go_to: list[Edit]) -> Edit | None:
        if not come_from:
            return None
        go_to.append(now)
        self._kind = None
        return come_from.pop()

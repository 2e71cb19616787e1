"""Which toasts are still there: the same one is not shown twice at a time."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Toasts:
    """Knows those that are shown, and forgets each when its time is over."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """Begin with none; `clock` gives seconds."""
        self._clock = clock
        self._until: dict[tuple[str, str], float] = {}

    def __len__(self) -> int:
        return len(self._until)

    def admits(self, message: str, title: str, lasts: float) -> bool:
        """Whether this one is not there already; from now on it is, for so many seconds."""
        now = self._clock()
        self._until = {toast: until for toast, until in self._until.items() if until > now}
        if (message, title) in self._until:
            return False
        self._until[message, title] = now + lasts
        return True

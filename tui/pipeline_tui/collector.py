"""Keeps Python's garbage collector from stopping the UI for long: a bit at a time, all in a quiet moment."""

from __future__ import annotations

import gc
from time import thread_time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_YOUNG, _MIDDLE, _OLD = 2_000, 5, 1_000
"""Amid other work 10,000 objects at most, at 1 µs each: a large screen has 200,000."""
LOOK = 0.25
"""Seconds between two looks whether it is quiet."""
QUIET = 0.005
"""Seconds of work between two looks up to which nothing goes on: no key, no stream, nothing drawn."""
PATIENCE = 40
"""Looks after which as much work again is quiet enough: one stream may go on for hours."""
CALM = 0.025
"""Seconds of work between two looks from which on it is never quiet: many panes are drawn."""


def calm_collector() -> None:
    """Leave out of collections what is loaded by now, and have them small, the large one seldom.

    A collection of the oldest generation looks at every object: 100 ms with all the modules of Textual, a
    few times a minute under load. What was imported never goes away, so it need not be looked at. Call it
    after the start, and again when a large part of the program has been loaded; not more often, since
    what is garbage by then stays.
    """
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)


class QuietCollector:
    """Collects all garbage when nobody waits: closed screens, of tens of thousands of objects each."""

    def __init__(
        self, clock: Callable[[], float] = thread_time, collect: Callable[[], object] = gc.collect
    ) -> None:
        """`clock`: seconds for which this thread has worked."""
        self._clock = clock
        self._collect = collect
        self._worked = clock()
        self._waited = 0
        """Looks since there was something to collect."""

    def look(self) -> None:
        """Collect, if little went on since the last look and enough was made since the last collection."""
        worked = self._clock() - self._worked
        self._waited = self._waited + 1 if gc.get_count()[2] else 0
        if self._waited and worked < min(QUIET * (1 + self._waited // PATIENCE), CALM):
            self._collect()
            self._waited = 0
        self._worked = self._clock()

"""Keeps Python's garbage collector from stopping the UI for long."""

from __future__ import annotations

import gc

_YOUNG, _MIDDLE, _OLD = 10_000, 20, 50


def calm_collector() -> None:
    """Leave out of collections what is loaded by now, and have the large ones less often.

    A collection of the oldest generation looks at every object: 100 ms with all the modules of Textual, a
    few times a minute under load. What was imported never goes away, so it need not be looked at. Call it
    after the start, and again when a large part of the program has been loaded; not more often, since
    what is garbage by then stays.
    """
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)

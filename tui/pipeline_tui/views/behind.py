"""Whether the screen lags behind the run, in words: only when a person would notice."""

from __future__ import annotations

from pipeline_tui.views.format import counted

LATE = 0.2
"""Seconds by which a frame may be late without a word."""
MANY = 5_000
"""Events that may wait without a word: about 30 ms of work."""


class Behind:
    """Keeps the worst of what it is told until it is asked."""

    def __init__(self) -> None:
        self._late = 0.0
        self._waiting = 0

    def waiting(self, events: int) -> None:
        """So many events have come and are not taken in yet."""
        self._waiting = max(self._waiting, events)

    def late(self, seconds: float) -> None:
        """A frame was drawn so much later than it was due."""
        self._late = max(self._late, seconds)

    def text(self) -> str:
        """`UI behind by 12,000 events`, `UI behind by 0.4 s`, or nothing; begins anew."""
        late, waiting = self._late, self._waiting
        self._late, self._waiting = 0.0, 0
        if waiting > MANY:
            return f"UI behind by {counted(waiting, 'event')}"
        return f"UI behind by {late:.1f} s" if late > LATE else ""

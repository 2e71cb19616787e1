"""What an expression may ask that one event does not hold: a small fold over the events before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.events import AttemptStarted, Delta, FrameReceived, Lint, Unknown

if TYPE_CHECKING:
    from pipeline_runtime.events import AnyEvent

TAIL = 4_096
"""How many characters before a delta a regex on accumulated text can look at: what keeps it O(1)."""


class Facts:
    """Feed it every event of a run in order; then it knows what surrounds the last one."""

    __slots__ = ("_gaps", "_last_chunks", "_tails", "gap", "keeps_text", "tail")

    def __init__(self, *, keeps_text: bool = True) -> None:
        self.gap: int | None = None
        """Ns between the event's frame and the one before it in the attempt; `None` for an event without a
        frame, inside a burst, and for the first frame."""
        self.tail = ""
        """Of a delta: the end of its lane's text in this attempt, the delta not included."""
        self.keeps_text = keeps_text
        self._last_chunks: dict[tuple[str | None, int | None], tuple[int, int]] = {}
        self._gaps: dict[tuple[str | None, int | None], int | None] = {}
        self._tails: dict[tuple[str | None, str, int], str] = {}

    def feed(self, event: AnyEvent) -> None:
        """Take the next event."""
        if isinstance(event, FrameReceived):
            self.gap = self._gaps[event.step, event.attempt] = self._gap_before(event)
        elif isinstance(event, Delta | Lint | Unknown) and event.frame is not None:
            self.gap = self._gaps.get((event.step, event.attempt))
            if self.keeps_text and isinstance(event, Delta):
                self._take_text(event)
        else:
            self.gap = None
            if isinstance(event, Delta):
                self._take_text(event)
            elif isinstance(event, AttemptStarted) and event.why != "resume":
                self._tails = {key: tail for key, tail in self._tails.items() if key[0] != event.step}

    def _gap_before(self, frame: FrameReceived) -> int | None:
        place = (frame.step, frame.attempt)
        chunk, at = self._last_chunks.get(place, (None, 0))
        self._last_chunks[place] = (frame.chunks[1], frame.at)
        return None if chunk is None or chunk == frame.chunks[1] else frame.at - at

    def _take_text(self, delta: Delta) -> None:
        lane = (delta.step, delta.lane, delta.choice)
        self.tail = self._tails.get(lane, "")
        self._tails[lane] = (self.tail + delta.content)[-TAIL:]

"""What was handed on of a run, in that order, packed: what going back needs, whatever its length."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from typing import TYPE_CHECKING

from pipeline_runtime.events import AnyEvent, Delta, Lint, Unknown
from pipeline_runtime.runlog.index import EventBlocks
from pipeline_tui.views.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_PART, _UNIT, _TEXT_PART, _TEXT_UNIT = range(4)
"""Whether an event begins a unit (a frame with all that was made of it, or one alone); whether it is text."""


class Recording:
    """Events by place. A place counts the events before it: 0 is before the first, `len` after the last.

    About 40 bytes an event stay in memory, most of them for times and numbers.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """`folder`: where what does not stay in memory goes."""
        self._blocks = EventBlocks(folder)
        self._at = array("q")
        self._seqs = array("q")
        self._kinds = bytearray()
        self.timeline = Timeline()

    def __len__(self) -> int:
        """How many events there are."""
        return len(self._kinds)

    def extend(self, events: Sequence[AnyEvent]) -> None:
        """Take in what was handed on next."""
        self._blocks.extend(events)
        add, latest = self.timeline.add, self._at[-1] if self._at else 0
        for event in events:
            latest = max(latest, event.at)  # streams beside each other: times may cross by a little
            self._at.append(latest)
            self._seqs.append(event.seq)
            self._kinds.append(_kind(event))
            add(event)

    def read(self, start: int, stop: int) -> list[AnyEvent]:
        """The events from one place to another."""
        return self._blocks.read(start, stop)

    def close(self) -> None:
        """Give the file back."""
        self._blocks.close()

    # --- what is at a place

    def at(self, place: int) -> int:
        """When the event before this place happened, in ns since the run began; 0 at the start."""
        return self._at[place - 1] if place else 0

    def seq(self, place: int) -> int:
        """The number of the event before this place; -1 at the start."""
        return self._seqs[place - 1] if place else -1

    # --- where something is

    def behind_seq(self, seq: int) -> int:
        """The place behind the event with this number, or behind the last one before it."""
        try:
            return self._seqs.index(seq) + 1
        except ValueError:
            return sum(one <= seq for one in self._seqs)

    def at_time(self, at: int) -> int:
        """The place behind all that had happened by this time."""
        return bisect_right(self._at, at)

    def next_unit(self, place: int) -> int:
        """The place behind the frame that comes next."""
        return self._first((_UNIT, _TEXT_UNIT), place + 1)

    def unit_before(self, place: int) -> int:
        """The place before the frame that came last."""
        return max(0, *(self._kinds.rfind(kind, 0, max(0, place)) for kind in (_UNIT, _TEXT_UNIT)))

    def next_text(self, place: int) -> int:
        """The place behind the next piece of text; the end when there is none."""
        return min(len(self), self._first((_TEXT_PART, _TEXT_UNIT), place) + 1)

    def seconds_on(self, place: int, seconds: float) -> int:
        """The place so many seconds later, or earlier; at least one event away where there is one."""
        found = self.at_time(self.at(place) + round(seconds * 1e9))
        return max(found, place + 1) if seconds > 0 else min(found, place - 1)

    def _first(self, kinds: Iterable[int], start: int) -> int:
        found = [self._kinds.find(kind, start) for kind in kinds]
        return min((place for place in found if place >= 0), default=len(self))


def _kind(event: AnyEvent) -> int:
    unit = not (isinstance(event, Delta | Lint | Unknown) and event.frame is not None)
    text = isinstance(event, Delta) and event.lane == "text" and bool(event.content)
    return 2 * text + unit

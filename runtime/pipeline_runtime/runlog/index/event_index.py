"""Every row of a run by its number, though hardly anything of them is in memory."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from pipeline_runtime.events import RunFinished
from pipeline_runtime.runlog.index.blocks import EventBlocks
from pipeline_runtime.runlog.index.rows import Row, RowColumns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pipeline_runtime.events import AnyEvent


class EventIndex:
    """Takes a run's events as they are handed on, and gives them back by row.

    Those of one step come in the order of their `seq`; what a step was held with comes late.

    What costs what: adding takes about 2 µs an event; 24 bytes a row stay in memory; reading rows unpacks
    the blocks (1,024 events, 0.7 ms) that they are in, wherever that is: no decoder runs again, so that the
    middle of a long answer is as near as its beginning. Not for two threads at once.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """`folder`: where what does not stay in memory goes; by default where the system keeps such files."""
        self._folder = folder
        self.blocks = EventBlocks(folder)
        self.columns = RowColumns()
        self.last_seq = -1
        """The number of the newest event; -1: there is none."""
        self._seen: dict[str | None, int] = {}
        """Of each step, the number of its newest event."""
        self._parts = array("I")
        self._parts_seq = array("I")
        """The places at which `seq` does not go on by one, and what it is there; at all others it does."""
        self.kept = False
        """It was read from a file in which it was kept: nothing may be added."""

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.columns)

    @property
    def events(self) -> int:
        """How many events there are."""
        return self.columns.events

    @property
    def whole(self) -> bool:
        """It holds every event of a run that is over, and was not itself read from a kept index."""
        last = self.blocks.last
        return isinstance(last, RunFinished) and not self._parts and not self.kept

    def add(self, events: Sequence[AnyEvent]) -> None:
        """Take in what comes next; events that are there already (by step and `seq`) are left out."""
        seen, kept = self._seen, self.last_seq if self.kept else -1
        events = [event for event in events if event.seq > seen.get(event.step, kept)]
        if events:
            self._note_seqs(events)
            self.blocks.extend(events)
            self.columns.extend(events)

    def _note_seqs(self, events: Sequence[AnyEvent]) -> None:
        seen, last = self._seen, self.last_seq
        following = self._seq_of(self.events - 1) + 1
        for place, event in enumerate(events, self.events):
            seq = event.seq
            if seq != following:
                self._parts.append(place)
                self._parts_seq.append(seq)
            seen[event.step] = seq
            last = max(last, seq)
            following = seq + 1
        self.last_seq = last

    def _seq_of(self, place: int) -> int:
        part = bisect_right(self._parts, place) - 1
        return place if part < 0 else self._parts_seq[part] + place - self._parts[part]

    def row_of(self, seq: int) -> int:
        """The row that has the event with this number, or the nearest number below; -1: there is none."""
        best, found = -1, -1
        ends = [*self._parts, self.events]
        for start, first, end in zip((0, *self._parts), (0, *self._parts_seq), ends, strict=True):
            near = min(seq, first + end - start - 1)
            if max(first, best + 1) <= near:
                best, found = near, start + near - first
        return bisect_right(self.columns.starts, found) - 1

    def rows(self, start: int, stop: int) -> list[Row]:
        """The rows [start, stop), as far as they are there."""
        stop = min(stop, len(self))
        if start >= stop:
            return []
        columns = self.columns
        begin, end = columns.starts[start], columns.span(stop - 1)[1]
        events = self.blocks.read(begin, end)
        ends = [*columns.starts[start + 1 : stop], end]
        found = []
        place = begin
        for end, gap in zip(ends, columns.gaps[start:stop], strict=True):
            found.append(Row(events[place - begin], tuple(events[place - begin + 1 : end - begin]), gap))
            place = end
        return found

    def heads(self, group: Sequence[int]) -> list[AnyEvent]:
        """The first event of each of these rows, which are in order and near to each other."""
        starts = self.columns.starts
        begin = starts[group[0]]
        events = self.blocks.read(begin, starts[group[-1]] + 1)
        return [events[starts[row] - begin] for row in group]

    def find(self, test: Callable[[Row], bool], start: int = 0) -> int | None:
        """The first row from `start` on that passes; about 3 µs a row and what the test takes."""
        for first in range(start, len(self), _STRETCH):
            for number, row in enumerate(self.rows(first, first + _STRETCH), first):
                if test(row):
                    return number
        return None

    def groups(self, rows: Sequence[int]) -> Iterator[Sequence[int]]:
        """Row numbers, in order, parted by the block that they begin in: a group is cheap to read."""
        starts, at = self.columns.starts, 0
        while at < len(rows):
            end = bisect_left(rows, self.blocks.end_of(starts[rows[at]]), lo=at, key=starts.__getitem__)
            yield rows[at:end]
            at = end

    def may_hold(self, group: Sequence[int], needle: str) -> bool:
        """Whether any field of any event in a group of rows may hold a text; `False` is certain.

        Case is not looked at. It takes a tenth of the time of reading the rows.
        """
        sought = needle.lower().encode()
        first, last = self.columns.starts[group[0]], self.columns.span(group[-1])[1] - 1
        blocks = self.blocks
        return blocks.may_hold(first, sought) or (
            last >= blocks.end_of(first) and blocks.may_hold(last, sought)  # the last row goes on in the next
        )

    def close(self) -> None:
        """Give the file back: no row can be read any more."""
        self.blocks.close()

    def clear(self) -> None:
        """Begin anew."""
        self.blocks.close()
        self.blocks = EventBlocks(self._folder)
        self.columns = RowColumns()
        self.last_seq = -1
        self._seen.clear()
        del self._parts[:], self._parts_seq[:]


_STRETCH = 512

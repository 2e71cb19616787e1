"""How a run went in time, in as many columns as there is room for: density, silences, findings, stops.

Memory does not grow with the run: there is a fixed number of bins, and their width doubles when it must.
"""

from __future__ import annotations

from typing import NamedTuple

from pipeline_runtime.events import AnyEvent, Delta, Error, FrameReceived, Lint, Stall, Unknown

BINS = 1_024
_FIRST_BIN = 100_000  # ns
_HEIGHTS = " ▁▂▃▄▅▆▇█"

STALL, LINT, ERROR, STOP, STOP_AHEAD = 1, 2, 4, 8, 16
MARKS = ((STOP | STOP_AHEAD, "●"), (ERROR, "✖"), (LINT, "!"), (STALL, "‖"))
"""The bits of a column and the signs for them, the most important first."""
POSITION = "▲"
PRESENT = "┊"


class Scene(NamedTuple):
    """What is drawn of a run."""

    timeline: Timeline
    at: int
    """Where one stands, in ns since the run began."""
    present: int | None = None
    """Where what waits at the gate begins; `None`: nothing is shown of it."""


class Column(NamedTuple):
    """A stretch of time."""

    events: int
    """How many frames and deltas came in it."""
    marks: int
    """What happened in it: bits of `STALL`, `LINT`, `ERROR`, `STOP`, `STOP_AHEAD`."""


class Timeline:
    """Counts events by time. Adding one costs the same however many there are."""

    def __init__(self) -> None:
        self.end = 0
        """The time of the newest event, in ns since the run began."""
        self._width = _FIRST_BIN
        self._counts = [0] * BINS
        self._marks = bytearray(BINS)

    def add(self, event: AnyEvent) -> None:
        """Take in one event."""
        at = event.at
        self.end = max(self.end, at)
        while at >= self._width * BINS:
            self._halve()
        if isinstance(event, FrameReceived | Delta):
            self._counts[at // self._width] += 1
        elif isinstance(event, Lint | Unknown):
            self._marks[at // self._width] |= LINT
        elif isinstance(event, Error):
            self._marks[at // self._width] |= ERROR
        elif isinstance(event, Stall):
            for place in range(max(0, at - event.gap) // self._width, at // self._width + 1):
                self._marks[place] |= STALL

    def stop(self, at: int, mark: int = STOP) -> None:
        """A breakpoint is true here, or was; `STOP_AHEAD`: or will be."""
        self._marks[min(at // self._width, BINS - 1)] |= mark

    def clear_stops(self, marks: int = STOP | STOP_AHEAD) -> None:
        """Forget all of them: the breakpoints have changed."""
        for place, before in enumerate(self._marks):
            self._marks[place] = before & ~marks

    def take_stops(self, other: Timeline) -> None:
        """Have the stops of a timeline of the same run that is no longer than this one; those ahead stay."""
        self.clear_stops(STOP)
        for place, marks in enumerate(other._marks):
            if marks & STOP:
                self.stop(place * other._width)

    def columns(self, count: int) -> list[Column]:
        """The whole run in `count` columns of the same duration."""
        used = self.end // self._width + 1
        found = []
        for column in range(count):
            first = column * used // count
            last = max(first + 1, (column + 1) * used // count)
            marks = 0
            for one in self._marks[first:last]:
                marks |= one
            found.append(Column(sum(self._counts[first:last]), marks))
        return found

    def column_of(self, at: int, count: int) -> int:
        """The column of a moment."""
        used = self.end // self._width + 1
        return min(count - 1, at // self._width * count // used)

    def moment_of(self, column: int, count: int) -> int:
        """The moment at which a column ends, in ns: what a click on it means."""
        used = self.end // self._width + 1
        return min(self.end, (column + 1) * used * self._width // count)

    def _halve(self) -> None:
        counts, marks = self._counts, self._marks
        half = BINS // 2
        self._counts = [counts[2 * n] + counts[2 * n + 1] for n in range(half)] + [0] * half
        self._marks = bytearray(marks[2 * n] | marks[2 * n + 1] for n in range(half)) + bytearray(half)
        self._width *= 2


def density_row(columns: list[Column]) -> str:
    """How much came in each column, as bars; a silence that was a stall as a dotted line."""
    most = max((column.events for column in columns), default=0) or 1
    return "".join(_bar(column, most) for column in columns)


def marks_row(columns: list[Column], position: int | None, present: int | None = None) -> str:
    """What happened in each column, the most important sign of several, where one stands, where now is."""
    signs: list[str] = []
    before = 0
    for column in columns:
        marks = column.marks & ~(before & STALL)  # a stall has its sign where it begins
        signs.append(next((sign for bit, sign in MARKS if marks & bit), " "))
        before = column.marks
    for column_of, sign in ((present, PRESENT), (position, POSITION)):
        if column_of is not None and 0 <= column_of < len(signs):
            signs[column_of] = sign
    return "".join(signs)


def _bar(column: Column, most: int) -> str:
    if not column.events:
        return "┄" if column.marks & STALL else " "
    return _HEIGHTS[-(-column.events * (len(_HEIGHTS) - 1) // most)]

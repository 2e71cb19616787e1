"""The rows of a run: a frame with the events made of it, or an event that no frame gave; in columns."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, NamedTuple

from pipeline_runtime.events import AttemptStarted, Delta, FrameReceived, Lint, Unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.events import AnyEvent

BURST = -1
"""Gap of a frame that came in the same socket read as the one before: such gaps are not measured."""
NO_FRAME = -1
"""`n` of a row without a frame."""
OTHER = 0
"""The traits of rows that have none of their own: there is no end to the names that a server can make up."""
_MOST_TRAITS = 4096


class Row(NamedTuple):
    """One row, whole."""

    event: AnyEvent
    """The frame, or the event that no frame gave."""
    made: tuple[AnyEvent, ...]
    """What was made of the frame: deltas, lints, unknowns."""
    gap: int
    """Ns since the frame before it in the same attempt, or `BURST`."""


class Traits(NamedTuple):
    """What many rows have in common."""

    kind: str
    """The event's kind: `frame`, `stall`."""
    name: str
    """The frame's name on the wire; `comment` for a comment; empty for a row without a frame."""
    made: tuple[str, ...]
    """The kinds of the events made of it."""
    lanes: tuple[str, ...]
    """The lanes of its deltas."""


_Place = tuple[str | None, int | None]


class RowColumns:
    """Where each row begins, and what of it is asked often: 24 bytes a row, whatever is in it.

    A row is a stretch of events: its frame and what follows of that frame, or one event alone. The last row
    may still grow.
    """

    def __init__(self) -> None:
        self.starts = array("I")
        """The place of the row's first event."""
        self.gaps = array("q")
        """As `Row.gap`."""
        self.numbers = array("i")
        """The frame's number in its attempt, or `NO_FRAME`."""
        self.sizes = array("I")
        """Bytes on the wire; 0 for a row without a frame."""
        self.steps = array("H")
        """An index into `step_names`."""
        self.traits = array("H")
        """An index into `all_traits`; `OTHER`: look at the row itself."""
        self.step_names: list[str] = [""]
        self.all_traits: list[Traits | None] = [None]
        self.events = 0
        """How many events there are."""
        self._step_ids: dict[str | None, int] = {None: 0}
        self._trait_ids: dict[Traits, int] = {}
        self._quick: dict[tuple[str, str], int] = {}
        self._since: dict[_Place, int] = {}
        self._chunks: dict[_Place, int] = {}
        self._open: list[AnyEvent] = []
        """The events of the last row, when it is a frame."""

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def arrays(self) -> tuple[array[int], ...]:
        """All columns, in an order that does not change: a kept index holds them so."""
        return self.starts, self.gaps, self.numbers, self.sizes, self.steps, self.traits

    def span(self, row: int) -> tuple[int, int]:
        """The places of the row's events: [start, stop)."""
        return self.starts[row], self.starts[row + 1] if row + 1 < len(self.starts) else self.events

    # --- adding -------------------------------------------------------------------------------------------

    def extend(self, events: Sequence[AnyEvent]) -> None:
        """Take in the next events; about 1 µs each."""
        for event in events:
            if type(event) is FrameReceived:
                self._close()
                self._add_frame(event)
            elif not self._joins(event):
                self._close()
                self._add_other(event)
            self.events += 1
        self._mark()

    def _joins(self, event: AnyEvent) -> bool:
        """Whether the event belongs to the last row; then it has joined."""
        if not self._open or not isinstance(event, Delta | Lint | Unknown):
            return False
        frame = self._open[0]
        assert isinstance(frame, FrameReceived)
        if event.frame != frame.n or event.step != frame.step or event.attempt != frame.attempt:
            return False
        self._open.append(event)
        return True

    def _add_frame(self, frame: FrameReceived) -> None:
        place = (frame.step, frame.attempt)
        last_chunk = frame.chunks[1]
        burst = self._chunks.get(place) == last_chunk
        gap = BURST if burst else frame.at - self._since.get(place, frame.at)
        self._chunks[place] = last_chunk
        self._since[place] = frame.at
        self._add(frame, gap, frame.n, frame.size)
        self._open = [frame]

    def _add_other(self, event: AnyEvent) -> None:
        place = (event.step, event.attempt)
        gap = event.at - self._since.get(place, event.at)
        if isinstance(event, AttemptStarted):
            self._since[place] = event.at
        self._add(event, gap, NO_FRAME, 0)
        self.traits[-1] = self._id_of(_traits((event,)))

    def _add(self, event: AnyEvent, gap: int, number: int, size: int) -> None:
        self.starts.append(self.events)
        self.gaps.append(gap)
        self.numbers.append(number)
        self.sizes.append(size)
        step = self._step_ids.get(event.step)
        self.steps.append(self._new_step(event.step) if step is None else step)
        self.traits.append(OTHER)

    def _new_step(self, step: str | None) -> int:
        name = step or ""
        number = self._step_ids[step] = len(self.step_names)
        self.step_names.append(name)
        return number

    # --- traits -------------------------------------------------------------------------------------------

    def _close(self) -> None:
        """The last row is whole."""
        if self._open:
            self._mark()
            self._open = []

    def _mark(self) -> None:
        """Write down what the last row is, as far as it has come."""
        row = self._open
        if not row:
            return
        if len(row) == 2 and type(delta := row[1]) is Delta:  # noqa: PLR2004 - a frame with data and its delta
            frame = row[0]
            assert isinstance(frame, FrameReceived)
            key = (frame.event, delta.lane)
            known = self._quick.get(key)
            if known is None:
                known = self._id_of(_traits(row))
                if known != OTHER:
                    self._quick[key] = known
            self.traits[-1] = known
        else:
            self.traits[-1] = self._id_of(_traits(row))

    def _id_of(self, traits: Traits) -> int:
        known = self._trait_ids.get(traits)
        if known is None:
            if len(self.all_traits) >= _MOST_TRAITS:
                return OTHER
            known = self._trait_ids[traits] = len(self.all_traits)
            self.all_traits.append(traits)
        return known


def _traits(row: Sequence[AnyEvent]) -> Traits:
    event, made = row[0], row[1:]
    name = ""
    if isinstance(event, FrameReceived):
        name = "comment" if event.data is None and event.comment is not None else event.event
    kinds = tuple(dict.fromkeys(str(one.__struct_config__.tag) for one in made))
    lanes = tuple(dict.fromkeys(one.lane for one in row if isinstance(one, Delta)))
    return Traits(str(event.__struct_config__.tag), name, kinds, lanes)

"""One row of the wire: a frame with the events made of it, or an event without a frame; and how it looks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, overload

from pipeline_runtime.events import (
    AttemptStarted,
    Delta,
    Done,
    Error,
    Fallback,
    FrameReceived,
    Lint,
    ResponseOpened,
    Retry,
    Stall,
    Unknown,
)
from pipeline_runtime.runlog.index import BURST
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.failure_text import failure_head
from pipeline_tui.views.format import duration, fit, short_duration
from pipeline_tui.views.phrases import retry_outcome, sync_text

if TYPE_CHECKING:
    from pipeline_runtime.events import AnyEvent
    from pipeline_runtime.runlog.index import EventIndex

Sign: TypeAlias = Literal["", "!", "?", "✖", "‖", "↓", "↻", "…"]
Tone: TypeAlias = Literal["plain", "dim", "type", "warning", "error"]

_SUMMARY_SOURCE = 400  # characters looked at for one row's summary: frames can be megabytes
_SUMMARY_EVENTS = 5
_NARROW = 100


class FrameRow:
    """One row, made when it comes into view and forgotten when it leaves: there may be a million."""

    __slots__ = ("event", "events", "gap")

    def __init__(self, event: AnyEvent, gap: int, events: Sequence[AnyEvent] = ()) -> None:
        self.event = event
        """The frame, or the event that no frame gave."""
        self.gap = gap
        """Ns since the frame before it in the same attempt, or `BURST`."""
        self.events = list(events)
        """What was made of the frame: deltas, lints, unknowns."""

    @property
    def key(self) -> tuple[int, int]:
        """What tells it from other rows, and from itself before more was made of its frame."""
        return self.event.seq, len(self.events)

    @property
    def last_seq(self) -> int:
        """The number of the last event that was made of it."""
        return self.events[-1].seq if self.events else self.event.seq

    @property
    def frame(self) -> FrameReceived | None:
        """The frame; `None` for a row without one."""
        return self.event if isinstance(self.event, FrameReceived) else None

    @property
    def size(self) -> int:
        """Bytes on the wire; 0 for a row without a frame."""
        return self.event.size if isinstance(self.event, FrameReceived) else 0

    @property
    def kind(self) -> str:
        """The event's kind, e.g. `frame` or `stall`."""
        return str(self.event.__struct_config__.tag)

    @property
    def type(self) -> str:
        """The wire's name for the frame where it has one, else what it is."""
        frame = self.frame
        if frame is None:
            return self.kind
        if frame.data is None and frame.comment is not None:
            return "comment"
        if frame.event in {"", "message"}:
            return self.events[0].__struct_config__.tag if self.events else frame.event or "frame"  # type: ignore[return-value]
        return frame.event

    @property
    def text(self) -> str:
        """What it says: the frame's data as sent, or the words of the event."""
        return verbatim(self.event) or _words(self.event)

    @property
    def summary(self) -> str:
        """What the row says in short: the events made of a frame where there are any, else its text."""
        if not self.events:
            return self.text[:_SUMMARY_SOURCE]
        findings_first = sorted(self.events, key=lambda event: not isinstance(event, Lint | Unknown))
        return " · ".join(_event_summary(event) for event in findings_first[:_SUMMARY_EVENTS])

    @property
    def sign(self) -> Sign:
        """A mark for what should catch the eye; of several, the gravest."""
        own = _SIGNS.get(type(self.event))
        if own is not None:
            return own
        kinds = {type(event) for event in self.events}
        for kind, sign in _SIGNS.items():
            if kind in kinds:
                return sign
        return "…" if isinstance(self.event, FrameReceived) and not self.event.complete else ""


_SIGNS: dict[type[AnyEvent], Sign] = {
    Error: "✖",
    Lint: "!",
    Unknown: "?",
    Stall: "‖",
    Fallback: "↓",
    Retry: "↻",
}


def verbatim(event: AnyEvent) -> str:
    """The data of a frame or the content of a delta as sent; empty for what the runtime says itself."""
    if isinstance(event, FrameReceived):
        return event.data if event.data is not None else event.comment or ""
    return event.content if isinstance(event, Delta) else ""


def _event_summary(event: AnyEvent) -> str:
    match event:
        case Delta():
            return f'{event.lane} "{event.content[:_SUMMARY_SOURCE]}"'
        case Lint():
            return f"{event.code}: {event.message}"
        case Unknown():
            return f"unknown {event.type}: {event.data[:_SUMMARY_SOURCE]}"
        case _:
            return str(event.__struct_config__.tag)


def _words(event: AnyEvent) -> str:
    match event:
        case Stall():
            return f"{event.phase}: {duration(event.gap)} after delta {event.after}"
        case Fallback():
            return f"{sync_text(event)} · {event.evidence}"
        case Retry():
            return f"{retry_outcome(event)} · {event.evidence}"
        case Error():
            return f"{failure_head(event)}: {event.message}"
        case Lint():
            return f"{event.code}: {event.message}"
        case _:
            return _lifecycle_text(event)


def _lifecycle_text(event: AnyEvent) -> str:
    match event:
        case AttemptStarted():
            return f"{event.request.method} {event.request.url} ({event.asked}, {event.why})"
        case ResponseOpened():
            return f"HTTP {event.status}"
        case Done():
            return f"{event.response.delivery} · {event.response.finish_reason_raw or ''}"
        case _:
            return str(getattr(event, "status", ""))


class FrameRows(Sequence[FrameRow]):
    """The rows of an index; each is made when it is asked for."""

    def __init__(self, index: EventIndex) -> None:
        self._index = index

    def __len__(self) -> int:
        return len(self._index)

    @overload
    def __getitem__(self, number: int) -> FrameRow: ...
    @overload
    def __getitem__(self, number: slice) -> list[FrameRow]: ...

    def __getitem__(self, number: int | slice) -> FrameRow | list[FrameRow]:
        if isinstance(number, slice):
            start, stop, step = number.indices(len(self))
            return [self[one] for one in range(start, stop, step)]
        if not -len(self) <= number < len(self):
            raise IndexError(number)
        number %= len(self)
        ((event, made, gap),) = self._index.rows(number, number + 1)
        return FrameRow(event, gap, made)


class Columns(NamedTuple):
    """Widths of the columns; the summary takes the rest."""

    n: int
    time: int
    gap: int
    step: int
    type: int
    size: int


def columns_for(width: int) -> Columns:
    """Columns that leave the summary some room."""
    return Columns(5, 8, 7, 8, 13, 6) if width < _NARROW else Columns(6, 9, 8, 12, 22, 8)


def header_text(columns: Columns, width: int) -> str:
    """The table's own header."""
    names = ("n", "time s", "gap", "step", "type", "bytes")
    right = {"n", "time s", "gap", "bytes"}
    cells = [
        name.rjust(size) if name in right else fit(name, size)
        for name, size in zip(names, columns, strict=True)
    ]
    return fit("  " + " ".join(cells) + "  summary", width)


def row_cells(row: FrameRow, columns: Columns, width: int) -> list[tuple[str, Tone]]:
    """A row as parts with their tones, `width` cells in all."""
    event, sign = row.event, row.sign
    n = str(row.frame.n) if row.frame is not None else "-"
    gap = "burst" if row.gap == BURST else short_duration(row.gap)
    numbers = f"{n:>{columns.n}} {event.at / 1e9:>{columns.time}.3f} {gap:>{columns.gap}} "
    place = fit(sanitise_line(event.step or "-"), columns.step) + " "
    type_ = fit(sanitise_line(row.type), columns.type) + " "
    size = f"{row.size:>{columns.size}}  " if row.frame is not None else " " * (columns.size + 2)
    used = 2 + len(numbers) + columns.step + 1 + columns.type + 1 + columns.size + 2
    summary = fit(sanitise_line(row.summary), width - used)
    tone: Tone = "error" if sign == "✖" else "warning" if sign else "plain"
    return [
        (fit(sign, 1) + " ", tone),
        (numbers, "dim"),
        (place, "plain"),
        (type_, "type" if tone == "plain" else tone),
        (size, "dim"),
        (summary, tone),
    ]

"""Captures what a handler would get: from a run, from a scripted stream, from a run log."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pipeline_runtime.events import Delta, Done, Error, Event
from pipeline_runtime.handlers.kinds import RUN_KINDS
from pipeline_runtime.metrics import Meter
from pipeline_runtime.testing.differences import collapsed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import Self

    from pipeline_runtime.events import AnyEvent, Lane, Response, Timings
    from pipeline_runtime.handlers.contract import RunInfo

Kind = TypeVar("Kind", bound=Event)


class Capture:
    """A handler that keeps every event of a step."""

    kinds = "all"

    def __init__(self) -> None:
        self.events: list[AnyEvent] = []
        self.run: RunInfo | None = None
        """What `start` was told."""
        self.closed = False

    @classmethod
    def of(cls, events: Iterable[AnyEvent], step: str | None = None) -> Self:
        """A recorder that has seen these events of steps.

        Args:
            events: Of a run, a replay, or anything that tells events.
            step: Only this step's.
        """
        recorder = cls()
        for event in events:
            kind = str(event.__struct_config__.tag)
            if kind not in RUN_KINDS and event.step is not None and step in (None, event.step):
                recorder.handle_event(event)
        recorder.close()
        return recorder

    @classmethod
    def from_log(cls, path: Path, step: str | None = None) -> Self:
        """A recorder that has seen what a recorded run told its handlers.

        Raises:
            RunLogError: It cannot be read, or is no run log.
        """
        from pipeline_runtime.runlog.reader import RunLog  # noqa: PLC0415 - only for logs

        return cls.of(RunLog(path).events(), step)

    # --- as a handler -------------------------------------------------------------------------------------

    def start(self, run: RunInfo) -> None:
        """Note which run and step it is for."""
        self.run = run

    def handle_event(self, event: AnyEvent) -> None:
        """Keep it."""
        self.events.append(event)

    def close(self) -> None:
        """Note that the step is over."""
        self.closed = True

    # --- what came ----------------------------------------------------------------------------------------

    def of_kind(self, kind: type[Kind]) -> list[Kind]:
        """The events of one type, such as `Stall`."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def deltas(self) -> list[Delta]:
        """Every delta, in order."""
        return self.of_kind(Delta)

    def text_of(self, lane: Lane = "text") -> str:
        """What the deltas of a lane make when they are joined."""
        return "".join(delta.content for delta in self.deltas if delta.lane == lane)

    @property
    def text(self) -> str:
        """The answer's text, from its deltas."""
        return self.text_of()

    @property
    def lanes(self) -> list[Lane]:
        """The lanes in the order in which they began or came again."""
        found: list[Lane] = []
        for delta in self.deltas:
            if not found or found[-1] != delta.lane:
                found.append(delta.lane)
        return found

    @property
    def done(self) -> Done | None:
        """The event at the end of a step that went well."""
        return next(iter(self.of_kind(Done)), None)

    @property
    def error(self) -> Error | None:
        """The error that ended the step, if one did."""
        return next((event for event in self.of_kind(Error) if event.fatal), None)

    @property
    def response(self) -> Response:
        """The whole answer, or what had come of it before an error.

        Raises:
            AssertionError: Neither `done` nor an error with an answer came.
        """
        end = self.done or self.error
        assert end is not None, f"neither done nor error came; what came: {self.shown()}"
        assert end.response is not None, f"nothing of an answer came: {end}"
        return end.response

    @property
    def timings(self) -> Timings:
        """The times of the last attempt, measured as the runtime measures them."""
        meter = Meter()
        attempt = max((event.attempt or 0 for event in self.events), default=0)
        events = [event for event in self.events if event.attempt in (attempt, None)]
        meter.feed(events)
        return meter.timings(events[-1].at if events else 0)

    def kinds_seen(self) -> list[str]:
        """The kinds that came, deltas with their lane, and how many of each came together."""
        return collapsed([names_of(event)[-1] for event in self.events])

    def shown(self) -> str:
        """What came, on one line."""
        return ", ".join(self.kinds_seen()) or "nothing"


def names_of(event: AnyEvent) -> tuple[str, ...]:
    """What an event is called by its kind; a delta also by its kind and lane."""
    kind = str(event.__struct_config__.tag)
    return (kind, f"{kind}:{event.lane}") if isinstance(event, Delta) else (kind,)

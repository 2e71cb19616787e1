"""What a run has come to at some event: one fold for live runs, replays and scrubbing."""

from __future__ import annotations

from copy import copy, deepcopy
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

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
    RunFinished,
    RunStarted,
    Stall,
    StepFinished,
    StepStarted,
    Unknown,
)
from pipeline_runtime.metrics import Meter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.events import AnyEvent, Lane, Response

LaneKey: TypeAlias = "tuple[Lane, int, int]"
"""Lane, choice, index."""


class LaneState:
    """The text of one lane so far; in lane `tool_input`, of one tool call."""

    __slots__ = ("_parts", "tool")

    def __init__(self) -> None:
        self.tool: str | None = None
        self._parts: list[str] = []

    @property
    def text(self) -> str:
        """All of it."""
        if len(self._parts) > 1:
            self._parts = ["".join(self._parts)]
        return self._parts[0] if self._parts else ""

    def add(self, delta: Delta) -> None:
        """Take the new part."""
        self.tool = delta.tool or self.tool
        if delta.content:
            self._parts.append(delta.content)

    def copied(self) -> LaneState:
        """The same, to go on apart."""
        other = LaneState()
        other.tool = self.tool
        other._parts = [self.text]
        return other


class StepState:
    """A step so far: what its newest attempt has brought."""

    def __init__(self, step: str) -> None:
        self.step = step
        self.status = "running"
        self.attempt = 0
        self.lanes: dict[LaneKey, LaneState] = {}
        """In order of first appearance."""
        self.meter = Meter()
        self.response: Response | None = None
        """What `done`, or an error, said it came to."""
        self.counts: dict[str, int] = dict.fromkeys(_COUNTED.values(), 0)
        self.at = 0

    def text(self, lane: Lane = "text", *, choice: int = 0) -> str:
        """A lane of one choice, its indexes joined."""
        return "".join(
            state.text for (name, which, _), state in self.lanes.items() if name == lane and which == choice
        )

    def feed(self, event: AnyEvent) -> None:
        """Take the step's next event."""
        self.at = event.at
        counted = _COUNTED.get(type(event))
        if counted is not None:
            self.counts[counted] += 1
        if isinstance(event, AttemptStarted):
            self._begin(event)
        elif isinstance(event, Delta):
            key = (event.lane, event.choice, event.index)
            lane = self.lanes.get(key)
            if lane is None:
                lane = self.lanes[key] = LaneState()
            lane.add(event)
        elif isinstance(event, Done | Error):
            self.response = event.response or self.response
        elif isinstance(event, StepFinished):
            self.status = event.status
        if event.attempt is not None:
            self.meter.feed((event,))

    def _begin(self, event: AttemptStarted) -> None:
        self.attempt = event.attempt or 0
        if event.why != "resume":
            self.lanes = {}
            self.meter = Meter()
            self.response = None

    def copied(self) -> StepState:
        """The same, to go on apart."""
        other = copy(self)
        other.lanes = {key: lane.copied() for key, lane in self.lanes.items()}
        other.meter = deepcopy(self.meter)
        other.counts = dict(self.counts)
        return other

    def as_json(self) -> dict[str, Any]:
        """For `--break` and for watches: lanes by name, tool calls, usage, timings in ns."""
        usage = self.response.usage if self.response else None
        return {
            "status": self.status,
            "attempt": self.attempt,
            "text": self.text("text"),
            "thinking": self.text("thinking"),
            "refusal": self.text("refusal"),
            "tool_input": [
                {"tool": lane.tool, "index": key[2], "arguments": lane.text}
                for key, lane in self.lanes.items()
                if key[0] == "tool_input"
            ],
            "usage": msgspec.to_builtins(usage),
            "counts": dict(self.counts),
            "timings": msgspec.to_builtins(self.meter.timings(self.at)),
        }


class RunState:
    """A run so far."""

    def __init__(self) -> None:
        self.run = ""
        self.workflow = ""
        self.status = "running"
        self.seq = -1
        """Of the last event that was taken; -1 before the first."""
        self.at = 0
        self.steps: dict[str, StepState] = {}

    def feed(self, event: AnyEvent) -> None:
        """Take the run's next event."""
        self.seq, self.at = event.seq, event.at
        if isinstance(event, RunStarted):
            self.run, self.workflow = event.run, event.workflow
        elif isinstance(event, RunFinished):
            self.status = event.status
        elif event.step is not None:
            step = self.steps.get(event.step)
            if step is None:
                step = self.steps[event.step] = StepState(event.step)
            step.feed(event)

    def copied(self) -> RunState:
        """The same, to go on apart."""
        other = copy(self)
        other.steps = {name: step.copied() for name, step in self.steps.items()}
        return other

    def as_json(self) -> dict[str, Any]:
        """The whole state as JSON values."""
        return {
            "run": self.run,
            "workflow": self.workflow,
            "status": self.status,
            "seq": self.seq,
            "at": self.at,
            "steps": {name: step.as_json() for name, step in self.steps.items()},
        }


class Scrubber:
    """The state at any event of a run, without folding from the beginning each time.

    Going on by one costs one event; a jump folds from the checkpoint before it, at most `spacing` events.
    """

    CHECKPOINTS = 64

    def __init__(self, events: Sequence[AnyEvent]) -> None:
        """Look at events; the sequence may grow at its end."""
        self._events = events
        self._state = RunState()
        self._taken = 0
        self._spacing = 256
        self._checkpoints: dict[int, RunState] = {0: RunState()}

    def after(self, count: int) -> RunState:
        """The state after the first `count` events; it is valid until the next call."""
        count = max(0, min(count, len(self._events)))
        if count < self._taken or count - self._taken > self._spacing:
            nearest = max(number for number in self._checkpoints if number <= count)
            if not nearest <= self._taken <= count:
                self._taken, self._state = nearest, self._checkpoints[nearest].copied()
        while self._taken < count:
            self._state.feed(self._events[self._taken])
            self._taken += 1
            if self._taken % self._spacing == 0 and self._taken not in self._checkpoints:
                self._keep()
        return self._state

    def _keep(self) -> None:
        self._checkpoints[self._taken] = self._state.copied()
        if len(self._checkpoints) > self.CHECKPOINTS:
            self._spacing *= 2
            self._checkpoints = {
                number: state for number, state in self._checkpoints.items() if number % self._spacing == 0
            }


_COUNTED: dict[type, str] = {
    FrameReceived: "frames",
    Delta: "deltas",
    Lint: "lints",
    Unknown: "unknowns",
    Stall: "stalls",
    Retry: "retries",
    Fallback: "fallbacks",
    Error: "errors",
    ResponseOpened: "responses",
    StepStarted: "starts",
}

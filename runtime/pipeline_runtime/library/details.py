"""A recorded run, told step by step and attempt by attempt: a fold over its events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, structs

from pipeline_runtime.debugging.state import RunState
from pipeline_runtime.events import (
    AttemptStarted,
    Done,
    Error,
    Fallback,
    Lint,
    Request,
    Response,
    ResponseOpened,
    Retry,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    Timings,
)
from pipeline_runtime.metrics import Meter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_runtime.events import AnyEvent


class LintCount(Struct, frozen=True):
    """A finding, and how often it was made."""

    code: str
    message: str
    cure: str
    count: int = 1


class AttemptDetails(Struct, frozen=True):
    """One try at a step."""

    number: int
    asked: str
    """`stream` or `sync`."""
    why: str
    """`first`, `retry`, `fallback`, `restart` or `resume`."""
    request: Request
    """As sent, secrets masked."""
    began: int
    """Ns since the run began."""
    ended: int
    """Its last event."""
    opened: ResponseOpened | None
    """`None`: no response came."""
    timings: Timings
    ending: str
    """`done`, `error`, `retry`, `fallback`; empty when the recording ends before."""
    reason: str
    """Why it failed, or was followed by another one."""
    response: Response | None
    """The answer; the partial one of an error."""
    lints: tuple[LintCount, ...]
    unknowns: int


class StepDetails(Struct, frozen=True):
    """One step."""

    step: str
    started: StepStarted | None
    """`None`: it was skipped."""
    finished: StepFinished | None
    attempts: tuple[AttemptDetails, ...]
    text: str
    """What its last attempt said, as far as it came."""
    thinking: str
    errors: tuple[Error, ...]
    """Also those with which it went on."""


class RunDetails(Struct, frozen=True):
    """One run."""

    started: RunStarted | None
    finished: RunFinished | None
    """`None`: it did not end in order, or is still going."""
    steps: tuple[StepDetails, ...]
    """In the order in which they began."""
    errors: tuple[Error, ...]
    """Of the run itself."""
    events: int

    def step(self, name: str) -> StepDetails | None:
        """A step by its name."""
        return next((step for step in self.steps if step.step == name), None)


class _Attempt:
    """An attempt so far."""

    def __init__(self, began: AttemptStarted) -> None:
        self.began = began
        self.at = began.at
        self.opened: ResponseOpened | None = None
        self.meter = Meter()
        self.ending = self.reason = ""
        self.response: Response | None = None
        self.lints: dict[str, LintCount] = {}

    def feed(self, event: AnyEvent) -> None:
        self.at = event.at
        self.meter.feed((event,))
        match event:
            case ResponseOpened():
                self.opened = event
            case Lint():
                known = self.lints.get(event.code)
                self.lints[event.code] = (
                    structs.replace(known, count=known.count + 1)
                    if known
                    else LintCount(event.code, event.message, event.cure)
                )
            case Done():
                self.ending, self.response = "done", event.response
            case Error(fatal=True):
                self.ending, self.reason, self.response = "error", event.message, event.response
            case Retry():
                self.ending, self.reason = "retry", event.reason
            case Fallback():
                self.ending, self.reason = "fallback", event.reason
            case _:
                pass

    def details(self) -> AttemptDetails:
        began = self.began
        return AttemptDetails(
            number=began.attempt or 0,
            asked=began.asked,
            why=began.why,
            request=began.request,
            began=began.at,
            ended=self.at,
            opened=self.opened,
            timings=self.response.timings if self.response else self.meter.timings(self.at),
            ending=self.ending,
            reason=self.reason,
            response=self.response,
            lints=tuple(self.lints.values()),
            unknowns=self.meter.unknowns,
        )


class _Step:
    def __init__(self) -> None:
        self.started: StepStarted | None = None
        self.finished: StepFinished | None = None
        self.attempts: dict[int, _Attempt] = {}
        self.errors: list[Error] = []

    def feed(self, event: AnyEvent) -> None:
        match event:
            case StepStarted():
                self.started = event
            case StepFinished():
                self.finished = event
            case AttemptStarted():
                self.attempts[event.attempt or 0] = _Attempt(event)
            case Error():
                self.errors.append(event)
            case _:
                pass
        attempt = self.attempts.get(event.attempt) if event.attempt is not None else None
        if attempt is not None:
            attempt.feed(event)


def read_details(events: Iterable[AnyEvent]) -> RunDetails:
    """Tell a run by its events; memory is that of its texts."""
    state = RunState()
    steps: dict[str, _Step] = {}
    started: RunStarted | None = None
    finished: RunFinished | None = None
    errors: list[Error] = []
    count = 0
    for event in events:
        count += 1
        state.feed(event)
        if event.step is not None:
            steps.setdefault(event.step, _Step()).feed(event)
        elif isinstance(event, RunStarted):
            started = event
        elif isinstance(event, RunFinished):
            finished = event
        elif isinstance(event, Error):
            errors.append(event)
    told = tuple(_step_details(name, step, state) for name, step in steps.items())
    return RunDetails(started, finished, told, tuple(errors), count)


def _step_details(name: str, step: _Step, state: RunState) -> StepDetails:
    so_far = state.steps[name]
    return StepDetails(
        step=name,
        started=step.started,
        finished=step.finished,
        attempts=tuple(attempt.details() for attempt in step.attempts.values()),
        text=so_far.text("text"),
        thinking=so_far.text("thinking"),
        errors=tuple(step.errors),
    )


__all__ = ["AttemptDetails", "LintCount", "RunDetails", "StepDetails", "read_details"]

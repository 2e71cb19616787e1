"""What `run` writes: the answers on stdout, notes on stderr; or events as JSON lines."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

import msgspec

from pipeline_runtime.events import (
    Delta,
    Done,
    Error,
    Fallback,
    FrameReceived,
    Lint,
    Retry,
    RunFinished,
    RunStarted,
    Stall,
    StepFinished,
    StepStarted,
    Timings,
    Unknown,
)
from pipeline_runtime.handlers.console import ConsoleHandler
from pipeline_runtime.metrics import MILLISECOND, SECOND

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.events import AnyEvent, Response


class JsonPrinter:
    """One event a line, each line written whole, nothing else."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = (out or sys.stdout).buffer
        self._encode = msgspec.json.Encoder().encode

    def take(self, events: Sequence[AnyEvent]) -> None:
        """Write these events."""
        self._out.write(b"".join(self._encode(event) + b"\n" for event in events))
        self._out.flush()


class TextPrinter:
    """The text of one step at a time: steps that run beside it wait for their turn."""

    def __init__(self, out: TextIO | None = None, notes: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._notes = notes or sys.stderr
        self._console = ConsoleHandler(self._out)
        self._current: str | None = None
        self._waiting: dict[str, list[AnyEvent]] = {}

    def take(self, events: Sequence[AnyEvent]) -> None:
        """Write what these events say, now or when their step's turn comes."""
        for event in events:
            if event.step is None:
                self._run_note(event)
            elif self._current in (None, event.step):
                self._write(event)
            else:
                self._waiting.setdefault(event.step, []).append(event)

    def _write(self, event: AnyEvent) -> None:
        self._current = event.step
        if isinstance(event, Delta | Done | Error):
            self._console.handle_event(event)
        note = step_note(event)
        if note is not None:
            self._note(note)
        if isinstance(event, StepFinished):
            self._turn()

    def _turn(self) -> None:
        """The current step is over: let the next one speak, from its first word."""
        self._current = None
        while self._current is None and self._waiting:
            step = next(iter(self._waiting))
            self._current = step
            for event in self._waiting.pop(step):
                self._write(event)

    def _run_note(self, event: AnyEvent) -> None:
        if isinstance(event, RunStarted) and event.note:
            self._note(f"mode {event.mode}: {event.note}")
        elif isinstance(event, Error):
            self._note(f"{event.message} ({event.cure})")
        elif isinstance(event, RunFinished):
            self._note(f"run {event.status} in {seconds(event.elapsed)}")
            if event.log:
                self._note(f"run log: {event.log}")

    def _note(self, text: str) -> None:
        self._out.flush()
        self._notes.write(f"{text}\n")
        self._notes.flush()


class FramePrinter:
    """Raw frames as they came, on stderr: `--debug` and PIPELINE_STREAM_DEBUG=1."""

    def __init__(self, notes: TextIO | None = None) -> None:
        self._notes = notes or sys.stderr
        self._last: dict[tuple[str | None, int | None], int] = {}

    def take(self, events: Sequence[AnyEvent]) -> None:
        """Write a line for each frame, lint and unknown event."""
        for event in events:
            if isinstance(event, FrameReceived):
                self._notes.write(self._line(event))
            elif isinstance(event, Lint | Unknown):
                text = event.message if isinstance(event, Lint) else event.data
                label = event.code if isinstance(event, Lint) else event.type
                self._notes.write(f"{'':>21}! {event.step}#{event.attempt} {label}: {text!r}\n")
        self._notes.flush()

    def _line(self, frame: FrameReceived) -> str:
        place = (frame.step, frame.attempt)
        gap = frame.at - self._last.get(place, frame.at)
        self._last[place] = frame.at
        data = frame.data if frame.data is not None else f": {frame.comment or ''}"
        return (
            f"{frame.at / SECOND:9.3f}s {gap / MILLISECOND:+8.1f}ms {frame.step}#{frame.attempt} "
            f"frame {frame.n} {frame.event} {frame.size}B {data!r}\n"
        )


def step_note(event: AnyEvent) -> str | None:
    """The line that a step's event is worth; `None` for most."""
    note: str | None = None
    match event:
        case StepStarted():
            note = f"── {event.step} · {event.provider}/{event.model}"
        case Fallback():
            note = f"{event.step}: SYNC: {event.reason} ({event.source}: {event.evidence})"
        case Retry():
            note = f"{event.step}: trying again in {seconds(event.delay)}: {event.reason}"
        case Stall(phase="began"):
            note = f"{event.step}: stalled after delta {event.after}, no event for {seconds(event.gap)}"
        case Lint():
            note = f"{event.step}: {event.message}"
        case Error():
            note = _error_note(event)
        case Done():
            note = f"{event.step}: {summarise(event.response)}"
        case StepFinished(status="skipped"):
            note = f"── {event.step} · skipped: {event.reason}"
    return note


def summarise(response: Response) -> str:
    """Delivery, timing and stalls of an answer in one line."""
    parts = [response.delivery.upper()]
    if response.fallback is not None:
        parts[0] += f" ({response.fallback.reason})"
    timings = response.timings
    if timings.first_delta is not None:
        parts.append(f"first delta {seconds(timings.first_delta)}")
    parts.append(f"total {seconds(timings.total)}")
    if response.usage is not None and response.usage.output is not None:
        parts.append(f"{response.usage.output} tokens")
    if timings.tokens_per_second is not None:
        parts.append(f"{timings.tokens_per_second:g} tokens/s")
    parts.append(f"finish {response.finish_reason}")
    return " · ".join([*parts, *_stalls(timings)])


def _stalls(timings: Timings) -> list[str]:
    return [f"stalled {seconds(stall.duration)} after delta {stall.after}" for stall in timings.stalls]


def _error_note(error: Error) -> str:
    facts = [
        f"status {error.status}" if error.status else "",
        f"request {error.request_id}" if error.request_id else "",
    ]
    known = ", ".join(fact for fact in facts if fact)
    kept = ""
    if error.response is not None:
        kept = f"; {error.response.timings.deltas} deltas kept"
    cure = f"\n  {error.cure}" if error.cure else ""
    return f"{error.step}: {error.type}: {error.message}{f' ({known})' if known else ''}{kept}{cure}"


def seconds(nanoseconds: int) -> str:
    """A duration for people."""
    value = nanoseconds / SECOND
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"

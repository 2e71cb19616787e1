"""The lines on stderr that events are worth: pure, and safe for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.events import (
    Done,
    Error,
    Fallback,
    Lint,
    Retry,
    RunFinished,
    RunStarted,
    Stall,
    StepFinished,
    StepStarted,
)
from pipeline_runtime.sanitise import sanitise_line
from pipeline_runtime.wording import counted, seconds, summarise

if TYPE_CHECKING:
    from pipeline_runtime.events import AnyEvent, Response

AGAIN = {
    "none": "trying again",
    "drop_stream_options": "asking again without stream_options",
    "stream": "asking again as a stream",
    "resume": "asking for the rest",
}


def run_note(event: AnyEvent) -> str | None:
    """The lines that an event of the run itself is worth; `None` for most."""
    if isinstance(event, RunStarted):
        mode = [f"mode {event.mode}: {event.note}"] if event.note else []
        told = not event.faults or "faults are injected" in (event.note or "")
        faults = [] if told else [f"faults were injected: {', '.join(event.faults)}"]
        return "\n".join(sanitise_line(line) for line in [*event.notices, *mode, *faults]) or None
    if isinstance(event, Error):
        return sanitise_line(f"{event.message} ({event.cure})")
    if isinstance(event, RunFinished):
        log = f"\nrun log: {event.log}" if event.log else ""
        kept = ", what had come is kept" if event.status == "cancelled" and event.log else ""
        return f"run {event.status} in {seconds(event.elapsed)}{kept}{log}"
    return None


def step_note(event: AnyEvent) -> str | None:
    """The line that a step's event is worth, safe for a terminal; `None` for most."""
    note = _step_note(event)
    return None if note is None else "\n  ".join(sanitise_line(line) for line in note)


def _step_note(event: AnyEvent) -> list[str] | None:
    note: str | None = None
    match event:
        case StepStarted():
            note = f"── {event.step} · {event.provider}/{event.model}"
        case Fallback():
            note = f"{event.step}: SYNC: {event.reason} ({event.source}: {event.evidence})"
        case Retry():
            note = f"{event.step}: {AGAIN[event.change]}{_pause(event.delay)}: {event.reason}"
        case Stall(phase="began"):
            note = f"{event.step}: stalled after delta {event.after}, no event for {seconds(event.gap)}"
        case Lint():
            note = f"{event.step}: {event.message}"
        case Error():
            return _error_note(event)
        case Done():
            return [f"{event.step}: {summarise(event.response)}", *_tool_calls(event.response)]
        case StepFinished(saved=str() as path):
            note = f"{event.step}: written to {path}"
        case StepFinished(status="skipped"):
            note = f"── {event.step} · skipped: {event.reason}"
    return None if note is None else [note]


def _pause(delay: int) -> str:
    return f" in {seconds(delay)}" if delay else ""


def _tool_calls(response: Response) -> list[str]:
    return [
        f"tool {call.name or '?'} {call.arguments}{'' if call.complete else ' (cut)'}"
        for call in response.tool_calls
    ]


def _error_note(error: Error) -> list[str]:
    facts = [
        f"status {error.status}" if error.status else "",
        f"request {error.request_id}" if error.request_id else "",
    ]
    known = ", ".join(fact for fact in facts if fact)
    kept = ""
    if error.response is not None and not error.message.startswith("cancelled"):
        kept = f"; {counted(error.response.timings.deltas, 'delta')} kept"
    line = f"{error.step}: {error.type}: {error.message}{f' ({known})' if known else ''}{kept}"
    return [line, error.cure] if error.cure else [line]

"""Prints every event, a line for each."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TextIO

import msgspec

from pipeline_runtime.events import (
    AttemptStarted,
    Delta,
    Done,
    Error,
    FrameReceived,
    ResponseOpened,
    StepStarted,
)
from pipeline_runtime.handlers.kinds import STEP_KINDS
from pipeline_runtime.handlers.options import at_least
from pipeline_runtime.handlers.terminal import DIM, GREEN, RED, YELLOW, Paper
from pipeline_runtime.sanitise import sanitise_line
from pipeline_runtime.wording import NANOSECONDS, counted, seconds, summarise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.events import AnyEvent

COLOURS = {"frame": DIM, "done": GREEN, "error": RED, "lint": YELLOW, "unknown": YELLOW, "stall": YELLOW}
COMMON = frozenset({"kind", "run", "step", "attempt", "seq", "at"})
NARROWEST = 20


class DebugHandler:
    """Prints every event of the step on standard error: when, after what gap, and what is in it.

    Args:
        stream: Where to write; the standard error when not given.
        kinds: The kinds to print; all when not given.
        width: The longest text of an event that is printed; what is cut ends in `…`.
        colour: Print in colours. Not set: on a terminal, unless NO_COLOR is set.
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        kinds: Sequence[str] | None = None,
        width: int = 120,
        colour: bool | None = None,
    ) -> None:
        at_least("width", width, NARROWEST)
        self._paper = Paper(stream or sys.stderr, colour=colour)
        self._width = width
        self._last: int | None = None
        self._events = 0
        self.kinds = STEP_KINDS if kinds is None else tuple(kinds)

    def handle_event(self, event: AnyEvent) -> None:
        """Print it."""
        self._events += 1
        kind = str(event.__struct_config__.tag)
        gap = (event.at - self._last) if self._last is not None else 0
        self._last = event.at
        place = event.step if event.attempt is None else f"{event.step}#{event.attempt}"
        when = f"{event.at / NANOSECONDS:9.3f}s {gap / 1e6:+9.1f}ms"
        line = f"{when} {event.seq:>5} {place} {kind:<16} {self._cut(describe(event))}"
        self._paper.write(self._paper.paint(sanitise_line(line), COLOURS.get(kind, "0")) + "\n")

    def close(self) -> None:
        """Tell how many there were."""
        self._paper.write(f"{counted(self._events, 'event')}\n")

    def _cut(self, text: str) -> str:
        return text if len(text) <= self._width else f"{text[: self._width - 1]}…"


def describe(event: AnyEvent) -> str:
    """What is in an event, in one line."""
    match event:
        case Delta():
            tool = f" {event.tool}" if event.tool else ""
            text = f"{event.lane}[{event.index}]{tool} {event.content!r}"
        case FrameReceived():
            data = event.data if event.data is not None else f": {event.comment or ''}"
            text = f"{event.n} {event.event} {event.size} B {data!r}"
        case Done():
            text = summarise(event.response)
        case Error():
            text = f"{event.type}: {event.message}" + (f" ({event.cure})" if event.cure else "")
        case AttemptStarted():
            text = f"{event.why}, {event.asked}: {event.request.method} {event.request.url}"
        case ResponseOpened():
            text = f"{event.status} {event.http_version}, {counted(len(event.headers), 'header')}"
        case StepStarted():
            text = f"{event.provider} {event.model} {'stream' if event.stream else 'sync'} {event.prompt!r}"
        case _:
            text = _fields(event)
    return text


def _fields(event: AnyEvent) -> str:
    """The fields that are its own and say something; durations in words."""
    fields: dict[str, Any] = msgspec.to_builtins(event)
    words = []
    for name, value in fields.items():
        if name not in COMMON and value not in (None, "", [], ()):
            shown = seconds(value) if name in {"gap", "median", "delay"} else value
            words.append(f"{name}={shown}")
    return " ".join(words)

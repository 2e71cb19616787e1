"""What `run` writes: the answers on stdout, notes on stderr; or events as JSON lines."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TextIO

import msgspec

from pipeline_runtime.cli.notes import run_note, step_note
from pipeline_runtime.events import (
    AttemptStarted,
    Delta,
    Done,
    Error,
    FrameReceived,
    Lint,
    ResponseOpened,
    RunFinished,
    StepFinished,
    Unknown,
)
from pipeline_runtime.handlers.console import ConsoleHandler
from pipeline_runtime.metrics import MILLISECOND, SECOND

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.events import AnyEvent

WIRE = (FrameReceived, AttemptStarted, ResponseOpened)
"""Events that are no text and no note: never kept waiting for a step's turn."""


class JsonPrinter:
    """One event a line, each line written whole, nothing else."""

    def __init__(self, out: TextIO | None = None, notes: TextIO | None = None) -> None:
        self._out = (out or sys.stdout).buffer
        self._notes = notes or sys.stderr
        self._encode = msgspec.json.Encoder().encode

    def take(self, events: Sequence[AnyEvent]) -> None:
        """Write these events, and on stderr why the run is not live and where it was cut short."""
        self._out.write(b"".join(self._encode(event) + b"\n" for event in events))
        self._out.flush()
        for event in events:
            if event.step is None and (note := run_note(event)) and _is_needed(event):
                self._notes.write(f"{note}\n")
                self._notes.flush()


class TextPrinter:
    """The text of one step at a time: steps that run beside it wait for their turn."""

    def __init__(self, out: TextIO | None = None, notes: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._notes = notes or sys.stderr
        self._shared = _same_file(self._out, self._notes)
        self._console = ConsoleHandler(self._out)
        self._current: str | None = None
        self._waiting: dict[str, list[AnyEvent]] = {}

    def take(self, events: Sequence[AnyEvent]) -> None:
        """Write what these events say, now or when their step's turn comes."""
        for event in events:
            if isinstance(event, WIRE):
                continue
            if event.step is None:
                self._note(run_note(event))
            elif self._current in (None, event.step):
                self._write(event)
            else:
                self._waiting.setdefault(event.step, []).append(event)

    def _write(self, event: AnyEvent) -> None:
        self._current = event.step
        if isinstance(event, Delta | Done | Error):
            self._console.handle_event(event)
        self._note(step_note(event))
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

    def _note(self, text: str | None) -> None:
        if text is None:
            return
        self._out.flush()
        own_line = "\n" if self._shared and self._console.inside_line else ""
        self._notes.write(f"{own_line}{text}\n")
        self._notes.flush()
        if own_line:
            self._console.inside_line = False


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


def _same_file(one: TextIO, other: TextIO) -> bool:
    """Whether both end up in one place: a terminal, or a file or pipe after `2>&1`."""
    if one is other:
        return True
    try:
        return os.path.sameopenfile(one.fileno(), other.fileno())
    except (OSError, ValueError):  # closed, or in memory
        return False


def _is_needed(event: AnyEvent) -> bool:
    """Whether a note is said beside JSON too: everything but the end of a run that ended by itself."""
    return not isinstance(event, RunFinished) or event.status == "cancelled"

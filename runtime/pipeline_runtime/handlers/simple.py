"""Prints what is whole, a line for each: for logs and narrow pipes, where text in pieces is no use."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from pipeline_runtime.events import Delta, Done, Error
from pipeline_runtime.handlers.terminal import Paper, clock
from pipeline_runtime.wording import counted, seconds

if TYPE_CHECKING:
    from pipeline_runtime.events import AnyEvent

NAMES = {"text": "ASSISTANT", "refusal": "REFUSAL", "tool_input": "TOOL"}


class SimpleHandler:
    """Prints each text and each tool call when it is whole, then one line on how the step ended.

    Args:
        stream: Where to write; the standard output when not given.
        timestamps: Begin each line with the time of day.
    """

    kinds = frozenset({"delta", "done", "error"})

    def __init__(self, stream: TextIO | None = None, *, timestamps: bool = True) -> None:
        self._paper = Paper(stream, colour=False)
        self._timestamps = timestamps
        self._part: tuple[int | None, str, int] | None = None
        self._tool = ""
        self._pieces: list[str] = []
        self._told = 0

    def handle_event(self, event: AnyEvent) -> None:
        """Collect deltas; print what another part, or the end, shows to be whole."""
        if isinstance(event, Delta):
            if event.lane in NAMES and event.choice == 0:
                self._collect(event)
        elif isinstance(event, Done):
            self._tell_part()
            total = seconds(event.response.timings.total)
            self._tell(f"done: {counted(self._told, 'message')} in {total} ({event.response.delivery})")
        elif isinstance(event, Error) and event.fatal:
            self._tell_part()
            self._tell(f"failed: {event.type}: {event.message}")

    def _collect(self, delta: Delta) -> None:
        part = (delta.attempt, delta.lane, delta.index)
        if part != self._part:
            self._tell_part()
            self._part, self._tool = part, delta.tool or "?"
        self._pieces.append(delta.content)

    def _tell_part(self) -> None:
        if self._part is None:
            return
        lane, text = self._part[1], "".join(self._pieces)
        self._part, self._pieces = None, []
        if lane == "tool_input":
            text = f"{self._tool} {text}"
        if text.strip():
            self._told += 1
            self._tell(f"{NAMES[lane]}: {text.strip()}")

    def _tell(self, text: str) -> None:
        stamp = f"[{clock()}] " if self._timestamps else ""
        self._paper.write(f"{stamp}{self._paper.clean(text)}\n")

"""Prints a step's text as it streams: the guide's ConsoleHandler."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TextIO

from pipeline_runtime.events import Delta, Done, Error, StepStarted
from pipeline_runtime.handlers.terminal import CYAN, DIM, GREEN, RED, YELLOW, Paper, clock
from pipeline_runtime.wording import summarise

if TYPE_CHECKING:
    from pipeline_runtime.events import AnyEvent

COLOURS = {"thinking": DIM, "tool_input": CYAN, "refusal": YELLOW}
"""The text itself keeps the terminal's colour. Colour is never the only sign: these lanes have a label."""
_LINES = re.compile(r"[^\n]*\n|[^\n]+")


class ConsoleHandler:
    """Prints the text as it streams, on request with thinking, tool calls, times and a summary.

    On a terminal, escape sequences in the text are shown, not obeyed; a pipe gets the text as it came.

    Args:
        stream: Where to write; the standard output when not given.
        thinking: Print the thinking lane too.
        tools: Print tool calls too, their arguments as they stream.
        timestamps: Begin each line with the time of day.
        header: Begin with the step, its model and provider.
        summary: End with delivery, times and tokens, or with the error.
        colour: Print in colours. Not set: on a terminal, unless NO_COLOR is set.
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        thinking: bool = False,
        tools: bool = False,
        timestamps: bool = False,
        header: bool = False,
        summary: bool = False,
        colour: bool | None = None,
    ) -> None:
        self._paper = Paper(stream, colour=colour)
        extra = {"thinking": thinking, "tool_input": tools}
        self._lanes = frozenset({"text", "refusal"} | {lane for lane, wanted in extra.items() if wanted})
        self._timestamps = timestamps
        self._summary = summary
        self._part: tuple[str, int] | None = None
        self.kinds = frozenset({"delta", "done", "error"} | ({"step_started"} if header else set()))
        self.inside_line = False
        """What was written last did not end its line."""

    def handle_event(self, event: AnyEvent) -> None:
        """Write a delta's text; end the line when the step is over."""
        if isinstance(event, Delta):
            if event.lane in self._lanes and event.choice == 0:
                self._write_delta(event)
        elif isinstance(event, Done):
            self._end(summarise(event.response), GREEN)
        elif isinstance(event, Error) and event.fatal:
            self._end(f"{event.type}: {event.message}", RED)
        elif isinstance(event, StepStarted):
            title = f"── {event.step} · {event.model} ({event.provider})"
            self._paper.write(self._paper.paint(self._paper.clean(title), CYAN) + "\n")

    def _write_delta(self, delta: Delta) -> None:
        part = (delta.lane, delta.index if delta.lane == "tool_input" else 0)
        if part != self._part and (delta.content or delta.tool):
            self._begin_part(delta)
            self._part = part
        if delta.content:
            self._write(self._paper.clean(delta.content), COLOURS.get(delta.lane))

    def _begin_part(self, delta: Delta) -> None:
        """Lanes do not share a line, and all but the text say what they are."""
        if self._part is not None:
            self._end_line()
        if delta.lane == "tool_input":
            self._write(self._paper.clean(f"[tool {delta.tool or '?'}] "), CYAN)
        elif delta.lane != "text":
            self._write(f"[{delta.lane}] ", COLOURS[delta.lane])

    def _write(self, text: str, colour: str | None) -> None:
        if colour is None and not self._timestamps:
            self._paper.write(text)
        else:
            self._paper.write("".join(self._dressed(line, colour) for line in _LINES.findall(text)))
        self.inside_line = not text.endswith("\n")

    def _dressed(self, line: str, colour: str | None) -> str:
        words = line.removesuffix("\n")
        painted = self._paper.paint(words, colour) if colour and words else words
        stamp = ""
        if self._timestamps and not self.inside_line:
            stamp = self._paper.paint(f"[{clock()}] ", DIM)
        self.inside_line = not line.endswith("\n")
        return f"{stamp}{painted}{line[len(words) :]}"

    def _end(self, summary: str, colour: str) -> None:
        self._end_line()
        if self._summary:
            self._write(self._paper.clean(f"── {summary}").replace("\n", " "), colour)
            self._end_line()

    def _end_line(self) -> None:
        if self.inside_line:
            self._paper.write("\n")
            self.inside_line = False

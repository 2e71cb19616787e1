"""Prints a step's text as it streams: the guide's ConsoleHandler."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from pipeline_runtime.events import Delta, Done, Error

if TYPE_CHECKING:
    from pipeline_runtime.events import AnyEvent


class ConsoleHandler:
    """Writes the text lane to a stream, and ends it with a line break.

    Args:
        stream: Where to write; the standard output when not given.
        thinking: Write the thinking lane too.
    """

    kinds = frozenset({"delta", "done", "error"})

    def __init__(self, stream: TextIO | None = None, *, thinking: bool = False) -> None:
        self._stream = stream or sys.stdout
        self._lanes = {"text", "refusal", "thinking"} if thinking else {"text", "refusal"}
        self._at_line_start = True

    def handle_event(self, event: AnyEvent) -> None:
        """Write a delta's text; end the line when the step is over."""
        if isinstance(event, Delta):
            if event.lane in self._lanes and event.content and event.choice == 0:
                self._stream.write(event.content)
                self._stream.flush()
                self._at_line_start = event.content.endswith("\n")
        elif isinstance(event, Done | Error):
            self._end_line()

    def _end_line(self) -> None:
        if not self._at_line_start:
            self._stream.write("\n")
            self._stream.flush()
            self._at_line_start = True

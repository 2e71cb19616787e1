"""Prints a step's text as it streams: the guide's ConsoleHandler."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from pipeline_runtime.events import Delta, Done, Error
from pipeline_runtime.sanitise import sanitise

if TYPE_CHECKING:
    from pipeline_runtime.events import AnyEvent


class ConsoleHandler:
    """Writes the text lane to a stream, and ends it with a line break.

    On a terminal, escape sequences in the text are shown, not obeyed; a pipe gets the text as it came.

    Args:
        stream: Where to write; the standard output when not given.
        thinking: Write the thinking lane too.
    """

    kinds = frozenset({"delta", "done", "error"})

    def __init__(self, stream: TextIO | None = None, *, thinking: bool = False) -> None:
        self._stream = stream or sys.stdout
        self._lanes = {"text", "refusal", "thinking"} if thinking else {"text", "refusal"}
        self._clean = sanitise if self._stream.isatty() else str
        self.inside_line = False
        """What was written last did not end its line."""

    def handle_event(self, event: AnyEvent) -> None:
        """Write a delta's text; end the line when the step is over."""
        if isinstance(event, Delta):
            if event.lane in self._lanes and event.content and event.choice == 0:
                self._stream.write(self._clean(event.content))
                self._stream.flush()
                self.inside_line = not event.content.endswith("\n")
        elif isinstance(event, Done) or (isinstance(event, Error) and event.fatal):
            self._end_line()

    def _end_line(self) -> None:
        if self.inside_line:
            self._stream.write("\n")
            self._stream.flush()
            self.inside_line = False

"""Reads a run log in slices, and reads on while it grows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.runlog.derivation import Derivation
from pipeline_runtime.runlog.holding import is_held
from pipeline_runtime.runlog.reader import LineReader, read_header

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_runtime.events import AnyEvent

SLICE = 1 << 18
"""Bytes of the log that are read in one go: about 5 ms of work."""


class LogFollower:
    """The events of a log from the beginning on, as far as they have been written."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            RunLogError: It cannot be read, is no run log, or was written by a newer version.
        """
        self.path = path
        self.header = read_header(path)
        self._lines = LineReader(path)
        self._derivation = Derivation(self.header.run)
        self.ended = False
        """Nothing more will be read."""

    @property
    def torn(self) -> str | None:
        """What is wrong with the line at which reading ended."""
        return self._lines.torn

    @property
    def offset(self) -> int:
        """How many bytes have been read."""
        return self._lines.offset

    def read(self, size: int = SLICE) -> list[AnyEvent]:
        """The next events of the log; empty: nothing more has been written yet.

        Raises:
            RunLogError: A step speaks a protocol that this version does not know.
            OSError: The log cannot be read any more.
        """
        events: list[AnyEvent] = []
        while not events and not self.ended:
            lines = self._lines.read(size)
            if not lines:
                break
            for line in lines:
                events += self._derivation.feed(line)
        return events

    def follow(self) -> list[AnyEvent]:
        """As `read`; when nobody writes the log any more, also what is left of it: then it has `ended`.

        Raises:
            RunLogError: As `read`.
            OSError: As `read`.
        """
        events = self.read()
        if events or self.ended or is_held(self.path):
            return events
        return self.read() or self.rest()  # it may have been written, and let go of, in between

    def rest(self) -> list[AnyEvent]:
        """What is left of a log that is over: a last line without its end, and what is in open bodies."""
        if self.ended:
            return []
        self.ended = True
        events = [event for line in self._lines.rest() for event in self._derivation.feed(line)]
        return events + self._derivation.rest()

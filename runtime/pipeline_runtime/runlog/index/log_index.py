"""The index of a run log: read in slices, followed while the run goes on, and kept beside a large log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.runlog.derivation import Derivation
from pipeline_runtime.runlog.index.event_index import EventIndex
from pipeline_runtime.runlog.index.kept import load_kept
from pipeline_runtime.runlog.reader import LineReader, read_header

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_runtime.events import AnyEvent

SLICE = 1 << 18
"""Bytes of the log that are read in one go: about 5 ms of work."""


class LogIndex(EventIndex):
    """A run log's events by row, read from the beginning on as far as asked.

    The first rows are there after the first slice, whatever the log's size. Reading on takes about 6 µs an
    event, decoding included. What was read to its end can be kept (`keep_index`) and is there at once the
    next time.
    """

    def __init__(self, path: Path) -> None:
        """As `open`, but without looking for a kept index."""
        super().__init__(path.parent)
        self.path = path
        self.header = read_header(path)
        self._lines = LineReader(path)
        self._derivation = Derivation(self.header.run)
        self.ended = False
        """Nothing more will be read: `finish` was called, the log is damaged, or a kept index was found."""

    @classmethod
    def open(cls, path: Path) -> LogIndex:
        """The index of a log, whole when it was kept, else still empty: `follow` it.

        Raises:
            RunLogError: The log cannot be read, is no run log, or was written by a newer version.
        """
        index = cls(path)
        load_kept(index, path)
        index.ended = index.kept
        return index

    @property
    def torn(self) -> str | None:
        """What is wrong with the line at which reading ended."""
        return self._lines.torn

    def read(self, size: int = SLICE) -> list[AnyEvent]:
        """The next events of the log, to be given to `add`: another thread may read, while one shows rows.

        Empty: nothing more has been written yet.

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

    def follow(self) -> int:
        """Take in all that has been written since; gives the number of new events."""
        before = self.events
        while events := self.read():
            self.add(events)
        return self.events - before

    def rest(self) -> list[AnyEvent]:
        """What is left of a log that is over: a last line without its end, and what is in open bodies."""
        if self.ended:
            return []
        self.ended = True
        events = [event for line in self._lines.rest() for event in self._derivation.feed(line)]
        return events + self._derivation.rest()

    def finish(self) -> None:
        """Read to the end of a log to which nothing is added any more."""
        self.follow()
        self.add(self.rest())

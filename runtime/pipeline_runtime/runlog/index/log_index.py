"""The index of a run log: read in slices, followed while the run goes on, and kept beside a large log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.runlog.following import SLICE, LogFollower
from pipeline_runtime.runlog.index.event_index import EventIndex
from pipeline_runtime.runlog.index.kept import load_kept

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_runtime.events import AnyEvent


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
        self._log = LogFollower(path)
        self.header = self._log.header

    @classmethod
    def open(cls, path: Path) -> LogIndex:
        """The index of a log, whole when it was kept, else still empty: `follow` it.

        Raises:
            RunLogError: The log cannot be read, is no run log, or was written by a newer version.
        """
        index = cls(path)
        load_kept(index, path)
        index._log.ended = index.kept
        return index

    @property
    def ended(self) -> bool:
        """Nothing more will be read: `finish` was called, or a kept index was found."""
        return self._log.ended

    @property
    def torn(self) -> str | None:
        """What is wrong with the line at which reading ended."""
        return self._log.torn

    def read(self, size: int = SLICE) -> list[AnyEvent]:
        """The next events of the log, to be given to `add`: another thread may read, while one shows rows.

        Empty: nothing more has been written yet.

        Raises:
            RunLogError: A step speaks a protocol that this version does not know.
            OSError: The log cannot be read any more.
        """
        return self._log.read(size)

    def follow(self) -> int:
        """Take in all that has been written since; gives the number of new events."""
        before = self.events
        while events := self.read():
            self.add(events)
        return self.events - before

    def rest(self) -> list[AnyEvent]:
        """What is left of a log that is over: a last line without its end, and what is in open bodies."""
        return self._log.rest()

    def finish(self) -> None:
        """Read to the end of a log to which nothing is added any more."""
        self.follow()
        self.add(self.rest())

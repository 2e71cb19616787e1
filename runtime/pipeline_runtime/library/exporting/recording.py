"""A run log read whole: what happened, and the bytes of every attempt with their times."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from pipeline_runtime.events import FrameReceived
from pipeline_runtime.library.details import RunDetails, read_details
from pipeline_runtime.runlog.derivation import Derivation
from pipeline_runtime.runlog.lines import BodyEndLine, ChunkLine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_runtime.events import AnyEvent
    from pipeline_runtime.runlog.reader import RunLog
    from pipeline_runtime.wire.frames import Chunk

Place: TypeAlias = tuple[str, int]
"""Step and attempt."""


class RecordedBody:
    """The body of one attempt."""

    def __init__(self) -> None:
        self.chunks: list[Chunk] = []
        """One for each socket read."""
        self.frames: list[FrameReceived] = []
        self.ended: int | None = None
        """Ns since the run began; `None`: the recording ends before."""

    @property
    def data(self) -> bytes:
        """All of it."""
        return b"".join(chunk.data for chunk in self.chunks)


class Recording:
    """A run with its bodies, all in memory."""

    def __init__(self, log: RunLog) -> None:
        """Read it.

        Raises:
            RunLogError: A step speaks a protocol that this version does not know.
            OSError: It cannot be read any more.
        """
        self.header = log.header
        self.bodies: dict[Place, RecordedBody] = {}
        self.details: RunDetails = read_details(self._events(log))
        self.torn = log.torn

    def body(self, step: str, attempt: int) -> RecordedBody:
        """The body of an attempt; an empty one where nothing came."""
        return self.bodies.setdefault((step, attempt), RecordedBody())

    def _events(self, log: RunLog) -> Iterator[AnyEvent]:
        derivation = Derivation(log.header.run)
        for line in log.lines():
            if isinstance(line, ChunkLine):
                self.body(line.step, line.attempt).chunks.append(line.chunk())
            elif isinstance(line, BodyEndLine):
                self.body(line.step, line.attempt).ended = line.at
            for event in derivation.feed(line):
                yield self._noted(event)
        for event in derivation.rest():
            yield self._noted(event)

    def _noted(self, event: AnyEvent) -> AnyEvent:
        if isinstance(event, FrameReceived):
            self.body(event.step or "", event.attempt or 0).frames.append(event)
        return event

"""The exchanges that a run log holds, step by step: what was asked, what came, when, and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pipeline_runtime.errors import Disconnected, TransportError
from pipeline_runtime.events import AttemptStarted, Error, Fallback, FallbackInfo, Lint, ResponseOpened, Retry
from pipeline_runtime.runlog.lines import BodyEndLine, ChunkLine
from pipeline_runtime.runlog.reader import RunLog

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_runtime.events import Request
    from pipeline_runtime.runlog.lines import Line
    from pipeline_runtime.wire.frames import Chunk

_KINDS = {kind.type: kind for kind in TransportError.__subclasses__()}


class Failure(msgspec.Struct, frozen=True):
    """How a connection failed."""

    type: str
    """A word of `TransportError`'s family."""
    message: str

    def error(self) -> TransportError:
        """The same error again."""
        return _KINDS[self.type](self.message)


CUT = Failure(Disconnected.type, "the recording ends here: the run was cancelled, killed, or its log was cut")


class Exchange:
    """One request and what answered it. All times in ns since the recorded run began."""

    def __init__(self, began: AttemptStarted, fallback: FallbackInfo | None = None) -> None:
        self.request: Request = began.request
        self.asked = began.asked
        self.fallback = fallback
        """Why it asks for no stream, where that was known before it was sent."""
        self.sent_at = began.at
        self.opened: ResponseOpened | None = None
        self.chunks: list[Chunk] = []
        self.ended_at = began.at
        self.ended = False
        """The body's end was recorded, or a failure."""
        self.left_open = False
        """The server kept the body open after the answer's end; it was closed from this side."""
        self.failure: Failure | None = None

    def feed(self, line: Line) -> None:
        """Take the next line of this attempt."""
        if isinstance(line, ResponseOpened):
            self.opened = line
            self.ended_at = line.at
        elif isinstance(line, ChunkLine):
            self.chunks.append(line.chunk())
            self.ended_at = line.at
        elif isinstance(line, BodyEndLine):
            self.ended, self.ended_at = not line.given_up, line.at
        elif isinstance(line, Retry):
            self._fail(line.reason.partition(":")[0], line.evidence, line.at)
        elif isinstance(line, Error):
            self._fail(line.type, line.message, line.at)
        elif isinstance(line, Lint) and line.code == "dropped_after_end":
            self._fail(Disconnected.type, line.message, line.at)
        elif isinstance(line, Lint) and line.code == "body_not_ended":
            self.left_open = True

    def _fail(self, kind: str, message: str, at: int) -> None:
        if kind in _KINDS:
            self.failure, self.ended = Failure(kind, message), True
            self.ended_at = max(self.ended_at, at) if self.opened is None else self.ended_at

    def close(self) -> Exchange:
        """The log has no more of it: one that never ended was cut."""
        if not self.ended and self.failure is None:
            self.failure = CUT
        return self


def read_exchanges(path: Path) -> dict[str, list[Exchange]]:
    """Every exchange of a run log, by step, in order. All of it is held in memory.

    Raises:
        RunLogError: It cannot be read, is no run log, or was written by a newer version.
    """
    steps: dict[str, list[Exchange]] = {}
    attempts: dict[tuple[str, int], Exchange] = {}
    known: dict[str, FallbackInfo] = {}
    for line in RunLog(path).lines():
        step, attempt = getattr(line, "step", None), getattr(line, "attempt", None) or 0
        if step is None:
            continue
        if isinstance(line, Fallback):
            known[step] = FallbackInfo(line.reason, line.source, line.evidence)
        elif isinstance(line, AttemptStarted):
            exchange = attempts[step, attempt] = Exchange(line, known.pop(step, None))
            steps.setdefault(step, []).append(exchange)
        elif (step, attempt) in attempts:
            attempts[step, attempt].feed(line)
    return {step: [exchange.close() for exchange in exchanges] for step, exchanges in steps.items()}

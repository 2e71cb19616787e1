"""From the lines of a run log to the events of the run: sans-I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.errors import FrameTooLarge, RunLogError
from pipeline_runtime.events import AttemptStarted, Event, ResponseOpened, StepFinished, StepStarted
from pipeline_runtime.origin import Origin
from pipeline_runtime.protocols import PROTOCOL_NAMES, RAW, get_protocol
from pipeline_runtime.runlog.lines import BodyEndLine, ChunkLine
from pipeline_runtime.stream.body import Body

if TYPE_CHECKING:
    from pipeline_runtime.events import AnyEvent
    from pipeline_runtime.protocols.base import Decoder, WireProtocol
    from pipeline_runtime.runlog.lines import Line
    from pipeline_runtime.wire.frames import Chunk


class Derivation:
    """Turns lines into events: recorded ones as they are, the others decoded from the bytes again."""

    def __init__(self, run: str) -> None:
        self._next = 0
        self._origin = Origin(run, None, None, self._take_seq)
        self._started: dict[str, StepStarted] = {}
        self._bodies: dict[tuple[str, int], Body] = {}
        self._decoders: dict[str, Decoder] = {}
        """Each step's last one: an attempt that resumes goes on with it."""
        self._last_at = 0

    @property
    def next_seq(self) -> int:
        """The number of the next event."""
        return self._next

    def feed(self, line: Line) -> list[AnyEvent]:
        """The events of the next line.

        Raises:
            RunLogError: A step speaks a protocol that this version does not know.
        """
        if isinstance(line, ChunkLine):
            self._last_at = line.at
            body = self._bodies.get((line.step, line.attempt))
            return _feed(body, line.chunk()) if body else []
        if isinstance(line, BodyEndLine):
            body = self._bodies.pop((line.step, line.attempt), None)
            return body.close(line.at, given_up=line.given_up)[1] if body else []
        if isinstance(line, Event):
            self._note(line)
            return [line]
        return []

    def rest(self) -> list[AnyEvent]:
        """What an interrupted run left inside its bodies."""
        return [event for body in self._bodies.values() for event in body.close(self._last_at)[1]]

    def _take_seq(self) -> int:
        self._next += 1
        return self._next - 1

    def _note(self, event: AnyEvent) -> None:
        self._next = event.seq + 1
        self._last_at = event.at
        if event.step is None:
            return
        if isinstance(event, StepStarted):
            self._started[event.step] = event
        elif isinstance(event, StepFinished) or (isinstance(event, AttemptStarted) and event.why != "resume"):
            self._decoders.pop(event.step, None)
        elif isinstance(event, ResponseOpened) and event.attempt is not None:
            origin = self._origin.of_step(event.step).of_attempt(event.attempt)
            content_type = next((value for name, value in event.headers if name == "content-type"), "")
            protocol = self._protocol_of(event.step)
            decoder = self._decoders.get(event.step)
            body = Body(protocol, origin, status=event.status, content_type=content_type, decoder=decoder)
            self._decoders[event.step] = body.decoder
            self._bodies[event.step, event.attempt] = body

    def _protocol_of(self, step: str) -> WireProtocol:
        started = self._started.get(step)
        name = started.protocol if started else ""
        if name not in (*PROTOCOL_NAMES, RAW):
            raise RunLogError(
                f"the run log's step '{step}' speaks the protocol '{name}', which is not known here",
                cure="update pipeline-tui to read it",
            )
        return get_protocol(name, think_tags=started is not None and started.think_tags)


def _feed(body: Body, chunk: Chunk) -> list[AnyEvent]:
    """The chunk's events; a frame that was too large gave none, and its error is in the log."""
    try:
        return body.feed(chunk)
    except FrameTooLarge:
        return []

"""Reads a run log back into the very events that the run emitted, with the same numbers and times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pipeline_runtime.errors import FrameTooLarge, RunLogError
from pipeline_runtime.events import (
    AttemptStarted,
    Event,
    ResponseOpened,
    RunFinished,
    StepFinished,
    StepStarted,
)
from pipeline_runtime.origin import Origin
from pipeline_runtime.protocols import PROTOCOL_NAMES, get_protocol
from pipeline_runtime.runlog.lines import SCHEMA, BodyEndLine, ChunkLine, Line, LogHeader
from pipeline_runtime.stream.body import Body

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline_runtime.events import AnyEvent
    from pipeline_runtime.protocols.base import Decoder, WireProtocol
    from pipeline_runtime.wire.frames import Chunk

_decode_line = msgspec.json.Decoder(Line).decode


class RunLog:
    """One run log file. A log cut anywhere gives all that was written whole."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            RunLogError: It cannot be read, is no run log, or was written by a newer version.
        """
        self.path = path
        self.header = _read_header(path)
        self.torn: str | None = None
        """What was wrong with the line at which reading ended, after `events` has been read through."""

    def lines(self) -> Iterator[Line]:
        """Every whole line after the header; ends at the first torn one."""
        with self.path.open("rb") as file:
            next(file, None)
            for number, data in enumerate(file, start=2):
                try:
                    yield _decode_line(data)
                except (ValueError, RecursionError) as error:
                    self.torn = f"line {number}: {error}"
                    return

    def events(self, *, close: bool = True) -> Iterator[AnyEvent]:
        """Every event of the run, in order.

        Args:
            close: Give also what bodies that never ended hold, with numbers that follow the last one; not for
                a log that still grows.

        Raises:
            RunLogError: A step speaks a protocol that this version does not know.
        """
        derivation = _Derivation(self.header.run)
        for line in self.lines():
            yield from derivation.feed(line)
        if close:
            yield from derivation.rest()

    @property
    def finished(self) -> RunFinished | None:
        """The run's last event, read from the file's end; `None` when the run did not end in order."""
        return _read_finished(self.path)


class _Derivation:
    """Turns lines into events: recorded ones as they are, the others decoded from the bytes again."""

    def __init__(self, run: str) -> None:
        self._next = 0
        self._origin = Origin(run, None, None, self._take_seq)
        self._started: dict[str, StepStarted] = {}
        self._bodies: dict[tuple[str, int], Body] = {}
        self._decoders: dict[str, Decoder] = {}
        """Each step's last one: an attempt that resumes goes on with it."""
        self._last_at = 0

    def feed(self, line: Line) -> list[AnyEvent]:
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
        if name not in PROTOCOL_NAMES:
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


def _read_header(path: Path) -> LogHeader:
    try:
        with path.open("rb") as file:
            first = file.readline()
    except OSError as error:
        raise RunLogError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        probe = msgspec.json.decode(first, type=_Probe)
        if probe.kind == "log" and probe.schema > SCHEMA:
            raise RunLogError(
                f"{path}: written by a newer version ({probe.writer})", cure="update pipeline-tui to read it"
            )
        return msgspec.json.decode(first, type=LogHeader)
    except (ValueError, RecursionError) as error:
        raise RunLogError(f"{path}: not a run log ({error})", cure="run logs end in .jsonl") from error


class _Probe(msgspec.Struct):
    kind: str
    schema: int = 0
    writer: str = ""


TAIL_BYTES = 1 << 16


def _read_finished(path: Path) -> RunFinished | None:
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - TAIL_BYTES))
        tail = file.read().rstrip(b"\n")
    try:
        return msgspec.json.decode(tail.rpartition(b"\n")[2], type=RunFinished)
    except (ValueError, RecursionError):
        return None

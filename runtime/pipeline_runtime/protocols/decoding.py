"""What all decoders share: every frame becomes an event, findings become lints, and all are stamped."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from pipeline_runtime.events import Delta, FrameReceived, Unknown
from pipeline_runtime.lint import lint_event
from pipeline_runtime.protocols.assembly import Assembly
from pipeline_runtime.protocols.jsontext import as_text, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.events import AnyEvent, Lane, Verdict
    from pipeline_runtime.origin import Origin
    from pipeline_runtime.protocols.base import WireFailure
    from pipeline_runtime.protocols.jsontext import JsonObject
    from pipeline_runtime.wire.frames import Frame

COMPACT_FRAMES = 4096
"""Data frames after which pieces of text are joined: a small text costs ten times its characters."""
_JSON_TYPES = {list: "array", str: "string", bool: "boolean", type(None): "null"}


def kind_of(name: str, event: JsonObject) -> str:
    """The type of an event that tells its own; one that is named `error` is one, whatever its data calls it.

    Args:
        name: the SSE event's name, `message` when it has none.
        event: its data.
    """
    if name == "error":
        return name
    return as_text(event.get("type")) or ("error" if event.get("error") else name)


class FrameDecoder(ABC):
    """The frame-by-frame part of `base.Decoder`; a protocol adds `interpret`, `finish` and `decode_sync`.

    While a frame is decoded, events are appended to `self.out`, stamped with the frame's number and arrival.
    """

    def __init__(self, origin: Origin) -> None:
        self.assembly = Assembly()
        self.failure: WireFailure | None = None
        self.terminated = False
        self.out: list[AnyEvent] = []
        self.data_frames = 0
        self.keepalives = 0
        """How many of `data_frames` only kept the connection alive."""
        self.is_sync = False
        self._at = 0
        self._frame: int | None = None
        self._told: set[str] = set()
        self._compact_at = COMPACT_FRAMES
        self._stamp_from(origin)

    @property
    def progress(self) -> int:
        """How many frames of this attempt brought something of the answer: keepalives bring nothing."""
        return self.data_frames - self.keepalives

    @property
    def sequence(self) -> int | None:
        """The number of the last event: `None` in a protocol that does not number them."""
        return None

    def continue_as(self, origin: Origin) -> None:
        """The answer goes on in another attempt: what was put together stays, events are stamped anew."""
        self.data_frames = self.keepalives = 0
        self._compact_at = COMPACT_FRAMES
        self._told.clear()
        self._stamp_from(origin)

    def _stamp_from(self, origin: Origin) -> None:
        self._origin = origin
        self._run = origin.run
        self._step = origin.step
        self._attempt = origin.attempt
        self._next_seq = origin.next_seq

    def decode(self, frame: Frame) -> list[AnyEvent]:
        """The frame's own event, then what it means."""
        return self.decode_all((frame,))

    def decode_all(self, frames: Sequence[Frame]) -> list[AnyEvent]:
        """The events of frames that came together, in order."""
        out = self.out = []
        run, step, attempt, next_seq = self._run, self._step, self._attempt, self._next_seq
        for frame in frames:
            self._at = at = frame.at
            self._frame = n = frame.n
            data = frame.data
            # fmt: off
            out.append(
                FrameReceived(
                    run, step, attempt, next_seq(), at, n, frame.event, data, frame.offset, frame.size,
                    frame.chunks, frame.id, frame.retry, frame.comment, frame.complete,
                )
            )
            # fmt: on
            if data is None or frame.flaws or not frame.complete:
                self._look_at(frame)
            if data is not None:
                self.data_frames += 1
                self.interpret(frame, data)
        if self.data_frames > self._compact_at:
            self._compact_at = self.data_frames + COMPACT_FRAMES
            self.assembly.compact()
        return out

    def _look_at(self, frame: Frame) -> None:
        for flaw in frame.flaws:
            self.lint(flaw)
        if not frame.complete:
            self.lint("incomplete_frame")
        elif frame.data is None:
            self._look_at_dataless(frame)

    def _look_at_dataless(self, frame: Frame) -> None:
        """Comments are for everybody; other blocks without data break a client that reads each one's JSON."""
        there = (
            ("event", frame.event not in ("", "message")),
            ("id", frame.id is not None),
            ("retry", frame.retry is not None),
        )
        fields = [f"`{name}:`" for name, given in there if given]
        if fields:
            only = "only " if len(fields) == 1 else ""
            self.lint("block_without_data", fields=only + " and ".join(fields))

    @abstractmethod
    def interpret(self, frame: Frame, data: str) -> None:
        """What the frame's data means."""

    def finish(self, at: int) -> tuple[Verdict, list[AnyEvent]]:
        """The body has ended: how, and the lints that only show now."""
        out = self._begin(at)
        if not self.data_frames and not self.is_sync:
            self.lint("empty_stream")
        for code, call in self.assembly.flawed_tools():
            self.lint(code, tool=call.name or call.id or call.index)
        return self.judge(), out

    @abstractmethod
    def judge(self) -> Verdict:
        """How the answer ended; emits the lints that tell why."""

    def decode_sync(self, body: bytes, at: int) -> list[AnyEvent]:
        """A whole sync body: one delta a lane and block, with `frame` null."""
        out = self._begin(at)
        self.is_sync = True
        value, flaw = parse(body.decode("utf-8-sig", "replace"))
        if flaw is not None:
            self.lint(flaw)
        if isinstance(value, dict):
            self.data_frames += 1
            self.interpret_sync(value)
        elif flaw != "malformed_json":
            self.unknown_value(value)
        return out

    @abstractmethod
    def interpret_sync(self, message: JsonObject) -> None:
        """What a sync answer means."""

    def _begin(self, at: int) -> list[AnyEvent]:
        """What follows belongs to no frame."""
        self._at = at
        self._frame = None
        self.out = []
        return self.out

    def read_object(self, frame: Frame, data: str) -> JsonObject | None:
        """The data's JSON object; anything else becomes a lint or an unknown event."""
        value, flaw = parse(data)
        if flaw is not None and (frame.complete or flaw != "malformed_json"):
            self.lint(flaw)
        if isinstance(value, dict):
            return value
        if flaw != "malformed_json":
            self.unknown_value(value)
        return None

    def delta(self, content: str, lane: Lane, index: int, choice: int = 0, tool: str | None = None) -> None:
        """Emits the new part of a lane."""
        self.out.append(
            Delta(
                self._run,
                self._step,
                self._attempt,
                self._next_seq(),
                self._at,
                content,
                lane,
                index,
                self._frame,
                choice,
                tool,
            )
        )

    def fail(self, failure: WireFailure) -> None:
        """Notes an error that came inside the answer; the first one counts."""
        self.failure = self.failure or failure

    def lint(self, code: str, **facts: object) -> None:
        """Emits a finding about this frame."""
        self.out.append(lint_event(self._origin, self._at, code, self._frame, **facts))

    def lint_once(self, code: str, **facts: object) -> None:
        """Emits a finding that every further frame would repeat."""
        if code not in self._told:
            self._told.add(code)
            self.lint(code, **facts)

    def unknown(self, kind: str, data: str) -> None:
        """Emits what the protocol does not know, as it came."""
        self.out.append(
            Unknown(self._run, self._step, self._attempt, self._next_seq(), self._at, kind, data, self._frame)
        )

    def unknown_value(self, value: object) -> None:
        """Emits JSON that is no object."""
        self.unknown(_JSON_TYPES.get(type(value), "number"), str(value))

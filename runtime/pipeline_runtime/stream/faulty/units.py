"""A body taken apart into the units that faults count, by the decoder that reads it anyway. Sans-I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.events import Delta, FrameReceived
from pipeline_runtime.faults import Unit
from pipeline_runtime.origin import Origin
from pipeline_runtime.stream.body import Body

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.events import AnyEvent
    from pipeline_runtime.protocols.base import WireProtocol
    from pipeline_runtime.wire.frames import Chunk


class Units:
    """Takes chunks, gives units; a frame is given when it is whole."""

    def __init__(self, protocol: WireProtocol, *, status: int, content_type: str) -> None:
        origin = Origin.of_run("fault").of_step("fault")
        self._by_reason = protocol.ends_by_reason
        self._body = Body(protocol, origin, status=status, content_type=content_type)
        self._rest = bytearray()
        self._given = 0
        self._ended = False

    @property
    def whole(self) -> bool:
        """The body is no stream: its bytes are in `rest`."""
        return self._body.kind not in {"stream", None}

    def feed(self, chunk: Chunk) -> list[Unit]:
        """The units that this chunk completes.

        Raises:
            FrameTooLarge: one frame passed the size limit.
        """
        self._rest += chunk.data
        return self._cut(self._body.feed(chunk))

    def rest(self) -> bytes:
        """What belongs to no unit yet, given away."""
        rest = bytes(self._rest)
        self._rest.clear()
        return rest

    def _is_over(self) -> bool:
        decoder = self._body.decoder
        if decoder.terminated or not self._by_reason:
            return decoder.terminated
        choices = decoder.assembly.choices.values()
        return bool(choices) and all(choice.finish_reason for choice in choices)

    def _cut(self, events: Sequence[AnyEvent]) -> list[Unit]:
        speaking = {event.frame for event in events if isinstance(event, Delta) and event.content}
        frames = [event for event in events if isinstance(event, FrameReceived)]
        ends = self._is_over() and not self._ended
        self._ended = self._ended or ends
        units: list[Unit] = []
        for place, frame in enumerate(frames):
            size = frame.offset + frame.size - self._given
            last = ends and place == len(frames) - 1
            units.append(Unit(bytes(self._rest[:size]), frame.n in speaking, last))
            del self._rest[:size]
            self._given += size
        return units

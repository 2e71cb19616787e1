"""The lines of a run log: a header, the bytes as they came, and the events that the bytes do not hold.

Line 1 is the header (`kind: log`). Then, in the order in which things happened: `chunk` (the bytes of one
socket read), `body_end`, and every event that cannot be derived from the bytes, in its own JSON form.
`frame`, `delta`, `unknown` and the decoder's `lint` events are not stored: reading derives them again.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from pipeline_runtime.events import AnyEvent, Mode
from pipeline_runtime.wire.frames import Chunk

if TYPE_CHECKING:
    from pipeline_runtime.origin import Origin

SCHEMA = 1


class LogHeader(Struct, frozen=True, tag_field="kind", tag="log"):
    """The first line."""

    run: str
    workflow: str
    mode: Mode
    started_at: str
    """Wall clock, ISO 8601 with offset."""
    writer: str
    path: str | None = None
    schema: int = SCHEMA


class ChunkLine(Struct, frozen=True, tag_field="kind", tag="chunk", omit_defaults=True, gc=False):
    """The body bytes of one socket read: `text` where they are UTF-8, `base64` where not."""

    step: str
    attempt: int
    at: int
    offset: int
    text: str | None = None
    base64: str | None = None

    @classmethod
    def of(cls, origin: Origin, chunk: Chunk) -> ChunkLine:
        """The line for a chunk of this attempt."""
        step, attempt = origin.step or "", origin.attempt or 0
        try:
            return cls(step, attempt, chunk.at, chunk.offset, chunk.data.decode())
        except UnicodeDecodeError:
            return cls(step, attempt, chunk.at, chunk.offset, None, b64encode(chunk.data).decode())

    def chunk(self) -> Chunk:
        """The chunk, byte for byte."""
        data = self.text.encode() if self.text is not None else b64decode(self.base64 or "")
        return Chunk(data, self.at, self.offset)


class BodyEndLine(Struct, frozen=True, tag_field="kind", tag="body_end", omit_defaults=True):
    """A body has ended."""

    step: str
    attempt: int
    at: int
    given_up: bool = False
    """It was closed from here (a cancel, a timeout), whatever the server may have had to say."""


Line: TypeAlias = LogHeader | ChunkLine | BodyEndLine | AnyEvent

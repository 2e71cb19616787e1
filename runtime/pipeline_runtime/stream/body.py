"""The body of one attempt, from chunks to events: sans-I/O, shared by live runs and by the run log's reader.

What a body is, is decided by looking at it, not by its Content-Type alone: servers send SSE without a type,
and JSON errors labelled as an event stream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from pipeline_runtime.protocols.failures import names_error
from pipeline_runtime.protocols.jsontext import parse, parse_object

if TYPE_CHECKING:
    from pipeline_runtime.events import AnyEvent, Verdict
    from pipeline_runtime.origin import Origin
    from pipeline_runtime.protocols.base import Decoder, WireProtocol
    from pipeline_runtime.wire.frames import Chunk

BodyKind: TypeAlias = Literal["stream", "json", "html", "binary", "error"]
BOM = b"\xef\xbb\xbf"
WHITESPACE = b" \t\r\n"
SCALARS = b'"tfn-0123456789'
"""How JSON begins that is no object and no array; no field of an SSE event begins so."""
AWS_EVENT_STREAM = "application/vnd.amazon.eventstream"
HTTP_ERROR = 400


class Body:
    """Takes one response's chunks and gives the events they hold.

    An error response (status 400 or more) gives no events: its bytes are kept in `whole` for the protocol's
    `read_failure`.
    """

    def __init__(
        self,
        protocol: WireProtocol,
        origin: Origin,
        *,
        status: int,
        content_type: str,
        max_whole: int = 64 << 20,
        decoder: Decoder | None = None,
    ) -> None:
        """`decoder`: an earlier attempt's, whose answer this body goes on with."""
        self._protocol = protocol
        self._framing = protocol.framing()
        if decoder is not None:
            decoder.continue_as(origin)
        self.decoder: Decoder = decoder or protocol.decoder(origin)
        self._content_type = content_type.lower()
        self._max_whole = max_whole
        self._held: list[Chunk] = []
        self._head = b""
        self._parts: list[bytes] = []
        self.kind: BodyKind | None = "error" if status >= HTTP_ERROR else None
        self.size = 0

    @property
    def whole(self) -> bytes:
        """All bytes of a body that is not a stream."""
        return b"".join(self._parts)

    @property
    def overflowed(self) -> bool:
        """The body is not a stream and passed the size that is kept."""
        return self.kind != "stream" and self.size > self._max_whole

    @property
    def limit(self) -> int:
        """How many bytes of a body that is not a stream are kept."""
        return self._max_whole

    def feed(self, chunk: Chunk) -> list[AnyEvent]:
        """The events of the frames that this chunk completes.

        Raises:
            FrameTooLarge: one frame passed the size limit.
        """
        self.size += len(chunk.data)
        if self.kind == "stream":
            return self._decode(chunk)
        if self.kind is None:
            self._held.append(chunk)
            head = self._head + chunk.data
            self.kind = self._look(head)
            if self.kind is None:
                self._head = head if head.strip(WHITESPACE) else b""  # whitespace need not be looked at again
                return []
            held, self._held = self._held, []
            if self.kind == "stream":
                return [event for one in held for event in self._decode(one)]
            self._parts = [one.data for one in held]
            return []
        if self.size <= self._max_whole:
            self._parts.append(chunk.data)
        return []

    def close(self, at: int, *, given_up: bool = False) -> tuple[Verdict, list[AnyEvent]]:
        """The body has ended at `at`: how it ended, and the events that only show now.

        `given_up`: it was closed from here (a cancel, a timeout), so that nothing can be said of its end.
        """
        if given_up:
            return "truncated", self._leftovers(at)
        if self.kind is None and sniff(self._head, self._content_type) == "json":
            self.kind, self._parts, self._held = "json", [one.data for one in self._held], []
        if self.kind == "json":
            events = self.decoder.decode_sync(self.whole, at)
            verdict, rest = self.decoder.finish(at)
            return verdict, [*events, *rest]
        if self.kind in ("html", "binary", "error"):
            return "error", []
        events = self._leftovers(at)
        verdict, rest = self.decoder.finish(at)
        return verdict, [*events, *rest]

    def _leftovers(self, at: int) -> list[AnyEvent]:
        """What is left inside the framing when the body ends."""
        if self.kind not in (None, "stream"):
            return []
        events = [event for held in self._held for event in self._decode(held)]
        return events + self.decoder.decode_all(self._framing.close(at))

    def _look(self, head: bytes) -> BodyKind | None:
        """What the body is; of one that begins with JSON the protocol says whether it is a stream."""
        kind = sniff(head, self._content_type)
        if kind != "json":
            return kind
        found = self._protocol.framing_of_json(head.removeprefix(BOM).lstrip(WHITESPACE), self._content_type)
        if found is None or isinstance(found, str):
            return None if found is None else "json"
        self._framing = found
        return "stream"

    def _decode(self, chunk: Chunk) -> list[AnyEvent]:
        return self.decoder.decode_all(self._framing.feed(chunk))


def holds_error(body: bytes) -> bool:
    """Whether a JSON body is an error envelope rather than an answer."""
    value = parse_object(body.removeprefix(BOM))
    return value is not None and names_error(value)


def is_json(body: bytes) -> bool:
    """Whether a body is whole JSON, be it an answer or not."""
    return parse(body.removeprefix(BOM))[1] != "malformed_json"


def sniff(head: bytes, content_type: str) -> BodyKind | None:
    """What a body is by its first bytes; `None` while they could still be anything.

    Source: PROTOCOLS.md, section 0: a first byte of `{`, `[` or `<` is not SSE.
    """
    if content_type.startswith(AWS_EVENT_STREAM):
        return "binary"
    if head and BOM.startswith(head[:3]) and len(head) < len(BOM):
        return None
    text = head.removeprefix(BOM).lstrip(WHITESPACE)
    if not text:
        return None
    if text[0] in b"{[" or (text[0] in SCALARS and content_type.startswith("application/json")):
        return "json"
    if text[0] in b"<":
        return "html"
    return "binary" if b"\x00" in text[:64] else "stream"

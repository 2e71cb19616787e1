"""What a protocol is: how a request is built and how frames become events. Sans-I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol

from msgspec import Struct

from pipeline_runtime.wire.block import error_as_data
from pipeline_runtime.wire.sse import SSEParser

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.events import AnyEvent, Verdict
    from pipeline_runtime.origin import Origin
    from pipeline_runtime.protocols.assembly import Assembly
    from pipeline_runtime.wire.frames import Frame, Framing


class Tool(Struct, frozen=True):
    """A tool that the model may call; `input_schema` is a JSON Schema."""

    name: str
    description: str
    input_schema: dict[str, Any]


class Message(Struct, frozen=True):
    """One turn of the conversation."""

    role: str
    content: Any


class ModelRequest(Struct, frozen=True):
    """What is asked of a model, whatever protocol it speaks."""

    model: str
    messages: tuple[Message, ...]
    stream: bool
    system: str | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    tools: tuple[Tool, ...] = ()
    thinking: int | str | None = None
    """A budget in tokens (`anthropic`) or an effort word (`openai-chat`)."""
    include_usage: bool = True
    """openai-chat: send `stream_options.include_usage` with a stream."""
    params: dict[str, Any] = {}
    """Further body fields, sent as they are; they win over the ones above."""


class Endpoint(Struct, frozen=True):
    """Where a provider answers."""

    provider: str
    protocol: str
    base_url: str
    api_key: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    api_key_header: str | None = None
    """The header that carries the key alone, as Azure's `api-key`; `None`: the protocol's own way."""
    think_tags: bool = False
    """openai-chat: `<think>…</think>` at the beginning of a text is thinking."""

    def __repr__(self) -> str:
        """Never shows the key."""
        return f"Endpoint({self.provider!r}, {self.protocol!r}, {self.base_url!r})"


class HttpRequest(Struct, frozen=True):
    """One HTTP request, ready to send. Holds the key: mask it before it is shown or stored."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def __repr__(self) -> str:
        """Never shows the headers."""
        return f"HttpRequest({self.method} {self.url})"


class WireFailure(Struct, frozen=True):
    """An error in the server's words, from an error body or from inside a stream."""

    type: str
    message: str
    code: str | None = None
    param: str | None = None
    retryable: bool = False
    retry_after: float | None = None
    """Seconds that the server asks to wait, when it says so in its words and not in a header."""


class Decoder(Protocol):
    """Turns the frames of one attempt into events. Holds state, does no I/O, never raises on bad input."""

    assembly: Assembly
    """The answer as far as it has come."""
    failure: WireFailure | None
    """An error that came inside the stream, or in a sync body."""
    terminated: bool
    """The protocol's own end of stream has been seen (`message_stop`, `[DONE]`)."""

    @property
    def progress(self) -> int:
        """How many frames of this attempt brought something of the answer: keepalives bring nothing."""
        ...

    @property
    def sequence(self) -> int | None:
        """The number of the last event that came, where the protocol numbers them and it can be told."""
        ...

    def continue_as(self, origin: Origin) -> None:
        """The answer goes on in another attempt: what was put together stays, events are stamped anew."""
        ...

    def decode(self, frame: Frame) -> list[AnyEvent]:
        """The frame's own event, then what it means: deltas, lints, unknown."""
        ...

    def decode_all(self, frames: Sequence[Frame]) -> list[AnyEvent]:
        """The same for frames that came together."""
        ...

    def finish(self, at: int) -> tuple[Verdict, list[AnyEvent]]:
        """The body has ended: how, and the lints that only show now (a missing terminator)."""
        ...

    def decode_sync(self, body: bytes, at: int) -> list[AnyEvent]:
        """A whole sync body: one delta a lane and block, the same `assembly` as a stream would leave."""
        ...


class WireProtocol(Protocol):
    """One wire format, e.g. `anthropic`."""

    name: str
    usage_on_request: bool = False
    """Whether a stream tells its usage only where `include_usage` asks for it."""
    ends_by_reason: bool = False
    """No frame of its own ends a stream: it is whole when each choice has its finish reason."""

    def build(self, request: ModelRequest, endpoint: Endpoint) -> HttpRequest:
        """The HTTP request, in its stream or its sync form."""
        ...

    def framing(self) -> Framing:
        """A parser for one streamed body: by default of server-sent events, with errors that are none."""
        return SSEParser(mend=error_as_data)

    def framing_of_json(
        self,
        head: bytes,  # noqa: ARG002  # what a protocol that overrides this looks at
        content_type: str,  # noqa: ARG002
    ) -> Framing | Literal["whole"] | None:
        """How a body that begins with JSON is cut into frames: by default not at all.

        Args:
            head: what has come of the body, which begins with `{` or `[`.
            content_type: in lower case; empty when there is none.

        Returns:
            A parser when it is a stream of this protocol, `whole` when it is one answer or error, `None`
            while that cannot be told.
        """
        return "whole"

    def decoder(self, origin: Origin) -> Decoder:
        """A decoder for one attempt."""
        ...

    def resume(
        self,
        request: ModelRequest,  # noqa: ARG002  # what a protocol that overrides this looks at
        decoder: Decoder,  # noqa: ARG002
        endpoint: Endpoint,  # noqa: ARG002
    ) -> HttpRequest | None:
        """Asks for the rest of a stream that broke off: by default that cannot be had.

        Args:
            request: what was asked.
            decoder: what has come of the answer.
            endpoint: where it was asked.

        Returns:
            The request whose stream the same decoder goes on with; `None` when the protocol has none.
        """
        return None

    def read_failure(self, status: int, body: bytes) -> WireFailure:
        """What an error response says; never raises, whatever the body is."""
        ...

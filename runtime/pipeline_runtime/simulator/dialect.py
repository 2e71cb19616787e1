"""What a protocol is to the simulator: how it reads requests and how it writes answers. No I/O."""

from __future__ import annotations

import string
from abc import abstractmethod
from random import Random
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from pipeline_runtime.simulator.answer import Answer
    from pipeline_runtime.simulator.ask import Ask
    from pipeline_runtime.simulator.frames import Frame

Headers: TypeAlias = tuple[tuple[str, str], ...]

SSE_HEADERS: Headers = (("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache"))
"""What a stream of OpenAI's and Anthropic's announces of itself."""

_RETRYABLE = frozenset({408, 409, 429})
_BASE62 = string.ascii_letters + string.digits


class Failure(Struct, frozen=True):
    """An HTTP failure to answer with."""

    status: int
    message: str | None = None
    """Null: what the provider says to this status."""
    param: str | None = None
    code: str | None = None
    retry_after: float | None = None
    """Seconds that the client is asked to wait, for protocols that say it in the body."""


class Identity:
    """The random parts of one response (ids, padding), the same for the same seed."""

    def __init__(self, seed: str, created: int) -> None:
        self.random = Random(seed)  # noqa: S311 - ids of a simulator, not secrets
        self.created = created
        """Unix seconds."""
        self._lasting: dict[str, str] = {}

    def token(self, prefix: str, length: int) -> str:
        """An id such as `msg_01AbC`."""
        return prefix + "".join(self.random.choices(_BASE62, k=length))

    def lasting(self, prefix: str, length: int) -> str:
        """A hexadecimal id that all frames of the response share."""
        if prefix not in self._lasting:
            self._lasting[prefix] = prefix + self.hex(length)
        return self._lasting[prefix]

    def hex(self, length: int) -> str:
        """Hexadecimal digits."""
        return "".join(self.random.choices("0123456789abcdef", k=length))


class Dialect(Protocol):
    """One protocol as a server speaks it."""

    name: str
    stream_headers: Headers
    """What a stream announces of itself, its content type first."""
    json_type: str
    """The content type of a whole answer."""
    failure_type: str
    """The content type of an HTTP failure."""

    @abstractmethod
    def read(self, body: Any) -> Ask:
        """What the parsed request body asks.

        Raises:
            BadRequest: the provider would answer 400.
        """

    @abstractmethod
    def tool_json(self, arguments: Any) -> str:
        """A tool's input as the protocol streams it."""

    @abstractmethod
    def frames(self, answers: tuple[Answer, ...], ask: Ask, ids: Identity, *, whole: bool) -> list[Frame]:
        """The answer as a stream. `whole`: not piece by piece, but as few frames as the protocol allows."""

    @abstractmethod
    def message(self, answers: tuple[Answer, ...], ask: Ask, ids: Identity) -> bytes:
        """The answer as one JSON body."""

    @abstractmethod
    def error_frames(self, error_type: str, ask: Ask, ids: Identity) -> list[Frame]:
        """An error inside a stream, after which nothing follows."""

    @abstractmethod
    def unknown_frame(self, ids: Identity) -> Frame:
        """An event that clients do not know, and should survive."""

    @abstractmethod
    def keepalive(self) -> bytes:
        """What is sent to say that the connection is alive; empty when the protocol has no such thing."""

    @abstractmethod
    def headers(self, ids: Identity, *, exhausted: bool) -> Headers:
        """The provider's own headers; `exhausted`: no request is left in the rate limit."""

    @abstractmethod
    def advice(self, status: int, given: Headers) -> Headers:
        """The headers of a failure that speak of retrying; `given`: those that the fault names."""

    @abstractmethod
    def failure(self, failure: Failure, ids: Identity) -> bytes:
        """The body of an HTTP failure."""


def stainless_advice(status: int, given: Headers) -> Headers:
    """`Dialect.advice` of the servers whose SDKs look at `x-should-retry` (anthropic, openai)."""
    if any(name == "x-should-retry" for name, _ in given):
        return given
    again = status in _RETRYABLE or status >= 500  # noqa: PLR2004 - HTTP
    return (*given, ("x-should-retry", "true" if again else "false"))
